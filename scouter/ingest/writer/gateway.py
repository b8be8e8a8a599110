"""Where every message of a waiting sender enters: validated at once if that is possible, then handed to the writer."""

from __future__ import annotations

import logging

import psycopg

from scouter.errors import PermissionDenied, ScouterError
from scouter.ingest.ledger.ledger import Ledger
from scouter.ingest.messages.inbound import InboundMessage
from scouter.ingest.messages.outcomes import Outcome
from scouter.ingest.messages.pending import PendingMessage
from scouter.ingest.messages.results import Accepted, ValidationResult, rejected
from scouter.ingest.storage.batch_metrics import count_skipped
from scouter.ingest.validation.validator import Validator, is_rejection
from scouter.ingest.writer.write_queue import WriteQueue

log = logging.getLogger(__name__)


class Gateway:
    """Counts every message that it is shown exactly once."""

    def __init__(self, validator: Validator, write_queue: WriteQueue, ledger: Ledger) -> None:
        self._validator = validator
        self._write_queue = write_queue
        self._ledger = ledger

    def accept(self, inbound: InboundMessage, unreadable: ScouterError | None = None) -> PendingMessage:
        """A message on its way; `wait` on it. Raises what its sender is to be told when it is refused at once.

        `unreadable`: why it is bad, if whoever received it knows that already.
        """
        try:
            inbound.caller.require_any("write")  # of others nothing is kept, neither in quarantine nor in the spool
            result = self._result(inbound) if unreadable is None else rejected(unreadable)
            pending = PendingMessage(inbound, result)
            if isinstance(pending.result, Accepted) and pending.result.is_empty:
                outcome = Outcome.empty(pending.result.skipped)
                self._ledger.add_unwritten(inbound.transport, outcome)
                count_skipped(outcome)
                pending.finish(outcome)
                return pending
            self._write_queue.submit(pending)
        except Exception as problem:
            told = problem if isinstance(problem, ScouterError) else ScouterError("the server failed on this message")
            self.refuse(inbound.transport, told)
            raise
        return pending

    def refuse(self, transport: str, problem: ScouterError) -> None:
        """Count a message that is not kept."""
        self._ledger.add_unwritten(transport, Outcome.refused(problem))

    def _result(self, inbound: InboundMessage) -> ValidationResult | None:
        """None when the database cannot be asked now. Raises `PermissionDenied`."""
        try:
            return self._validator.validate(inbound)
        except PermissionDenied:
            raise
        except ScouterError as problem:
            return rejected(problem) if is_rejection(problem) else None
        except psycopg.Error as problem:
            log.warning("validating a message failed, it is kept and validated again: %s", problem)
            return None
        except Exception:  # whatever it is, the message is kept
            log.exception("validating a message failed in an unforeseen way")
            return rejected(ScouterError("the server failed on this message; its log says why"))
