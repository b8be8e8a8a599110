"""Watches the clocks of the server and of its database, and has set back what was stored while one was ahead."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from scouter.maintenance.future_times import Counts, FutureTimes
from scouter.metrics import CLOCK_AHEAD, CLOCK_JUMPS
from scouter.postgres.connections.backend_sessions import database_time
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.errors import AWAY
from scouter.postgres.settled_time import read_clock
from scouter.postgres.statements import Connection
from scouter.postgres.tables.clock import ClockHistory, put_clock_history
from scouter.runtime.health import HealthCheck, HealthState
from scouter.runtime.metrics_collector import Gauge, gauge
from scouter.runtime.part import ThreadPart
from scouter.runtime.polling_thread import PollingThread

log = logging.getLogger(__name__)

_EVERY_SECONDS = 5.0
_SCHEDULES_SECONDS = 3600.0  # between two looks at every schedule
_TOLERANCE = timedelta(seconds=30)  # between clocks that are set by the same time
_TOLD_SECONDS = 600.0  # for how long /readyz is not content with what has happened
# It goes on while a machine sleeps, which time.monotonic() does not.
_STEADY_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Both clocks at one moment of a clock that never jumps."""

    server: datetime
    database: datetime
    moment: float

    @property
    def skew(self) -> timedelta:
        """The server's clock less the database's."""
        return self.server - self.database

    @property
    def is_skewed(self) -> bool:
        return abs(self.skew) > _TOLERANCE

    def jump_since(self, before: _Reading) -> timedelta:
        """By how much more than time did the database's clock has gone on."""
        return self.database - before.database - timedelta(seconds=self.moment - before.moment)


class ClockWatch(ThreadPart):
    """Owns the thread `clock`."""

    def __init__(self, connections: ConnectionSource, times: FutureTimes, now: Callable[[], datetime]) -> None:
        self._connections = connections
        self._times = times
        self._now = now
        self._last: _Reading | None = None
        self._is_ahead = False  # the database's clock has jumped, and has not come back
        self._story = "right, as far as can be told"
        self._told_until = float("-inf")  # on the steady clock, as the next one
        self._schedules_at = float("-inf")
        self._thread = PollingThread("clock", self._pass, retry_seconds=_EVERY_SECONDS)
        super().__init__("clock", [self._thread], check_name="clock thread")

    def look(self) -> None:
        """Read the clocks, say what has become of them, and set back what they have done."""
        with self._connections.connection() as connection:
            history = read_clock(connection)
            reading = _Reading(self._now(), database_time(connection), _steady_seconds())
            came_back = self._note(reading, history)
            set_back = self._set_back(connection, history, reading, came_back=came_back)
        if set_back:
            words = ", ".join(f"{count} {matter.replace('_', ' ')}" for matter, count in set_back.items())
            self._tell(f"a clock was ahead; set back: {words}", reading)

    def state(self) -> HealthState:
        """What is wrong, and for a while what was."""
        last = self._last
        if last is not None and last.is_skewed:
            return HealthState(False, f"the server's is {_beside_the_database(last.skew)}")
        is_told = _steady_seconds() >= self._told_until
        return HealthState(is_told and not self._is_ahead, self._story)

    def health_checks(self) -> Iterable[HealthCheck]:
        yield from super().health_checks()
        yield HealthCheck("clock", self.state)

    def metrics(self) -> Iterable[Gauge]:
        yield gauge(CLOCK_AHEAD, lambda: self._last.skew.total_seconds() if self._last else 0.0)

    def _pass(self) -> float:
        try:
            self.look()
        except AWAY as problem:
            log.warning("the clocks are looked at again in %g s: %s", _EVERY_SECONDS, type(problem).__name__)
        return _EVERY_SECONDS

    def _note(self, reading: _Reading, history: ClockHistory) -> bool:
        """Whether a clock that was ahead is right again."""
        before, self._last = self._last, reading
        was_skewed = before is not None and before.is_skewed
        if reading.is_skewed and not was_skewed:
            self._tell(f"the server's clock is {_beside_the_database(reading.skew)}", reading)
        jump = timedelta(0) if before is None else reading.jump_since(before)
        came_back = history.was_ahead_by is not None or jump < -_TOLERANCE
        if jump > _TOLERANCE:
            CLOCK_JUMPS.labels("ahead").inc()
            self._is_ahead = True
            self._tell(f"the database's clock jumped {_words(jump)}; what is old is judged by it in an hour", reading)
        elif came_back:
            CLOCK_JUMPS.labels("back").inc()
            self._tell(f"the database's clock was ahead by {history.was_ahead_by or -jump} and went back", reading)
        if came_back or history.settled_at == history.seen_at:
            self._is_ahead = False
        return came_back or (was_skewed and not reading.is_skewed)

    def _set_back(self, connection: Connection, history: ClockHistory, reading: _Reading, *, came_back: bool) -> Counts:
        counts = Counter(self._times.set_back_checks(connection))
        if came_back:
            counts.update(self._times.set_back_waits(connection))
        if came_back or reading.moment >= self._schedules_at:
            self._schedules_at = reading.moment + _SCHEDULES_SECONDS
            counts.update(self._times.set_back_next_runs(connection))
        if history.was_ahead_by is not None:
            put_clock_history(connection, replace(history, was_ahead_by=None))
        return counts

    def _tell(self, story: str, reading: _Reading) -> None:
        log.warning("%s", story)
        self._story = f"{story} ({reading.database:%Y-%m-%d %H:%M:%S} UTC)"
        self._told_until = reading.moment + _TOLD_SECONDS


def _steady_seconds() -> float:
    return time.clock_gettime(_STEADY_CLOCK)


def _beside_the_database(skew: timedelta) -> str:
    return f"{_words(skew)}{' of' if skew > timedelta(0) else ''} the database's"


def _words(difference: timedelta) -> str:
    seconds = difference.total_seconds()
    return f"{abs(seconds):.0f} s {'ahead' if seconds > 0 else 'behind'}"
