"""The limits of quarantine: what is too old or too much goes, is counted, and is said in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

import psycopg
from psycopg_pool import PoolTimeout

from scouter.ingest.quarantine.removal import Limit, expire
from scouter.metrics import (
    QUARANTINE_BYTES,
    QUARANTINE_DROPPED,
    QUARANTINE_MESSAGES,
    UNSUPPORTED_BYTES,
    UNSUPPORTED_MESSAGES,
)
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.tables.quarantine import QuarantineTotal, quarantine_totals
from scouter.runtime.hourly_counts import HourlyCounts
from scouter.runtime.metrics_collector import Gauge, gauge, labelled
from scouter.runtime.part import ThreadPart
from scouter.runtime.polling_thread import PollingThread
from scouter.wire.quarantine import Reason

log = logging.getLogger(__name__)

_EVERY_SECONDS = 30.0
_WHY: dict[Limit, str] = {
    "age": "older than SCOUTER_QUARANTINE_DAYS",
    "size": "over SCOUTER_QUARANTINE_MAX_BYTES",
    "unsupported": "of kinds that are not kept, over SCOUTER_QUARANTINE_UNSUPPORTED_MAX_BYTES",
}
_MAX_TRANSACTIONS = 5  # a pass; a stop does not wait for more


class QuarantineLimits(ThreadPart):
    """Owns the thread `quarantine limits`. Of several servers one at a time enforces them; each reads the totals."""

    def __init__(self, connections: ConnectionSource, *, days: int, max_bytes: int, max_unsupported_bytes: int) -> None:
        self._connections = connections
        self._limits: dict[Limit, int] = {"age": days, "unsupported": max_unsupported_bytes, "size": max_bytes}
        self._unsupported = HourlyCounts()  # a tracer fills them again and again
        self._totals: Sequence[QuarantineTotal] = ()
        self._thread = PollingThread("quarantine limits", self._pass, retry_seconds=_EVERY_SECONDS)
        super().__init__("quarantine limits", [self._thread])

    def enforce(self) -> bool:
        """Drop what is over the limits, and look at what is left. Whether there may be more to drop."""
        dropped = [self._drop(limit, maximum) for limit, maximum in self._limits.items()]
        with self._connections.connection() as connection:
            self._totals = quarantine_totals(connection)
        return any(dropped)

    def metrics(self) -> Iterable[Gauge]:
        yield labelled(QUARANTINE_MESSAGES, self.messages)
        yield labelled(QUARANTINE_BYTES, self.bytes)
        yield gauge(UNSUPPORTED_MESSAGES, lambda: self._unsupported_figure(lambda total: total.messages))
        yield gauge(UNSUPPORTED_BYTES, lambda: self._unsupported_figure(lambda total: total.bytes))

    def messages(self) -> Iterable[tuple[str, float]]:
        """By reason, as of the last look."""
        return self._by_reason(lambda total: total.messages)

    def bytes(self) -> Iterable[tuple[str, float]]:
        return self._by_reason(lambda total: total.bytes)

    def _pass(self) -> float:
        try:
            return 0.0 if self.enforce() else _EVERY_SECONDS
        except (psycopg.Error, PoolTimeout) as problem:
            log.warning("the limits of quarantine are looked at again in %g s: %s", _EVERY_SECONDS, problem)
            return _EVERY_SECONDS

    def _drop(self, limit: Limit, maximum: int) -> int:
        dropped = 0
        for _ in range(_MAX_TRANSACTIONS):
            with self._connections.connection() as connection:
                gone = expire(connection, limit, maximum)
            QUARANTINE_DROPPED.labels(limit).inc(gone)
            dropped += gone
            if not gone:
                break
        self._say(limit, maximum, dropped)
        return dropped

    def _say(self, limit: Limit, maximum: int, dropped: int) -> None:
        if limit == "unsupported":
            if dropped:
                self._unsupported.add(limit, dropped)
            dropped = self._unsupported.due().get(limit, 0)
        if dropped:
            log.warning("%d messages left quarantine unstored: %s (%d)", dropped, _WHY[limit], maximum)

    def _by_reason(self, figure: Callable[[QuarantineTotal], int]) -> Iterable[tuple[str, float]]:
        sums = dict.fromkeys([reason.value for reason in Reason], 0.0)
        for total in self._totals:
            sums[total.reason] = sums.get(total.reason, 0.0) + figure(total)
        del sums[Reason.UNSUPPORTED]  # thousands of spans would hide what somebody should look at
        return sums.items()

    def _unsupported_figure(self, figure: Callable[[QuarantineTotal], int]) -> float:
        return sum(figure(total) for total in self._totals if total.reason == Reason.UNSUPPORTED)
