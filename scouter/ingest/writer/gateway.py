"""Where every message of a waiting sender enters: judged at once if that is possible, then handed to the writer."""

from __future__ import annotations

import logging

import psycopg

from scouter.errors import PermissionDenied, ScouterError
from scouter.ingest.ledger.ledger import Ledger
from scouter.ingest.messages import outcomes
from scouter.ingest.messages.inbound import Incoming
from scouter.ingest.messages.pending import Submission
from scouter.ingest.messages.results import Good, Verdict, poison
from scouter.ingest.storage.batch_metrics import count_skipped
from scouter.ingest.validation.validator import Judge, is_verdict
from scouter.ingest.writer.write_queue import Inlet

log = logging.getLogger(__name__)


class Intake:
    """Counts every message that it is shown exactly once."""

    def __init__(self, judge: Judge, inlet: Inlet, ledger: Ledger) -> None:
        self._judge = judge
        self._inlet = inlet
        self._ledger = ledger

    def accept(self, incoming: Incoming) -> Submission:
        """A message on its way; `wait` on it. Raises what its sender is to be told when it is refused at once."""
        try:
            submission = Submission(incoming, self._verdict(incoming))
            if isinstance(submission.verdict, Good) and submission.verdict.is_empty:
                outcome = outcomes.empty(submission.verdict.skipped)
                self._ledger.note(incoming.transport, outcome)
                count_skipped(outcome)
                submission.finish(outcome)
                return submission
            self._inlet.submit(submission)
        except ScouterError as problem:
            self.refuse(incoming.transport, problem)
            raise
        return submission

    def refuse(self, transport: str, problem: ScouterError) -> None:
        """Count a message that is not kept."""
        self._ledger.note(transport, outcomes.refused(problem))

    def _verdict(self, incoming: Incoming) -> Verdict | None:
        """None when the database cannot be asked now. Raises `PermissionDenied`."""
        try:
            return self._judge.judge(incoming)
        except PermissionDenied:
            raise
        except ScouterError as problem:
            return poison(problem) if is_verdict(problem) else None
        except psycopg.Error as problem:
            log.warning("judging a message failed, it is kept and judged again: %s", problem)
            return None
        except Exception:  # whatever it is, the message is kept
            log.exception("judging a message failed in an unforeseen way")
            return poison(ScouterError("the server failed on this message; its log says why"))
