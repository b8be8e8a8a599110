"""One line an hour about messages of kinds that this server does not keep: a tracer alone sends thousands."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from scouter.errors import Unsupported
from scouter.ingest.messages.results import Rejected
from scouter.runtime.hourly_counts import HourlyCounts, in_words
from scouter.wire.quarantine import Reason

log = logging.getLogger(__name__)


class UnsupportedMessages:
    """Those that went into quarantine, of all transports of this process."""

    def __init__(self) -> None:
        self._counts = HourlyCounts()

    def count(self, rejected: Iterable[Rejected]) -> None:
        """After the commit."""
        for each in rejected:
            if each.reason is Reason.UNSUPPORTED:
                self._counts.add(_kind(each))
        self.say()

    def say(self, *, last: bool = False) -> None:
        """If there is something to say and the hour is over, or if it is the last time."""
        counts = self._counts.rest() if last else self._counts.due()
        if counts:
            log.warning(
                "%d messages of kinds that this server does not keep went into quarantine as unsupported: %s. The next "
                "line about such messages comes in an hour",
                *(sum(counts.values()), in_words(counts)),
            )


def _kind(rejected: Rejected) -> str:
    """What the spool keeps of a rejection is its text."""
    error = rejected.error
    return error.kind if isinstance(error, Unsupported) else "kinds that came while the database was away"
