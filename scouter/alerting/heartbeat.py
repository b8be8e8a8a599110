"""Who watches the server? Something outside, which calls when it has heard nothing for a while.

A request goes there every minute as long as checks and messages are on time, and none when they are not, or when
nobody can tell. What was given up is said at /readyz.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from scouter.alerting.channels.http_post import Answer, Post, Poster
from scouter.policy.durations import spoken_duration
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.errors import AWAY
from scouter.postgres.tables.vital_signs import VitalSigns, vital_signs
from scouter.runtime.health import HealthCheck, HealthState
from scouter.runtime.part import ThreadPart
from scouter.runtime.polling_thread import PollingThread
from scouter.settings.alerting import AlertingSettings
from scouter.settings.checks import CheckSettings

log = logging.getLogger(__name__)

_EVERY_SECONDS = 60.0
_LONGEST_REQUEST_SECONDS = 5.0
_GROUP_LATE_SECONDS = 120.0
_MESSAGE_LATE_SECONDS = 3600.0
_NOT_LOOKED = HealthState(True, "not looked yet")


class Heartbeat(ThreadPart):
    """Owns the thread `heartbeat`. Without an address it only looks."""

    def __init__(
        self,
        connections: ConnectionSource,
        checks: CheckSettings,
        alerting: AlertingSettings,
        group_clock_runs: Callable[[], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._connections = connections
        self._grace = timedelta(seconds=checks.window_grace_seconds)
        self._check_late_seconds = 2 * checks.lease_seconds
        self._url = alerting.heartbeat_url
        self._poster = Poster(min(alerting.timeout_seconds, _LONGEST_REQUEST_SECONDS))
        self._group_clock_runs = group_clock_runs
        self._now = now
        self._beat = self._messages = _NOT_LOOKED
        self._thread = PollingThread("heartbeat", self._pass, retry_seconds=_EVERY_SECONDS)
        super().__init__("heartbeat", [self._thread], check_name="heartbeat thread")

    def health_checks(self) -> Iterable[HealthCheck]:
        yield from super().health_checks()
        yield HealthCheck("messages", lambda: self._messages)
        if self._url is not None:
            yield HealthCheck("heartbeat", lambda: self._beat)

    def look(self) -> None:
        """Once: at what is late, and with an address the request, if nothing is."""
        try:
            with self._connections.connection() as connection:
                signs = vital_signs(connection, self._grace)
        except AWAY as problem:
            self._is(HealthState(False, f"not sent: the database does not answer ({type(problem).__name__})"))
            return
        self._messages = messages_state(signs)
        faults = what_is_late(signs, self._check_late_seconds, group_clock_runs=self._group_clock_runs())
        if faults:
            self._is(HealthState(False, f"not sent: {'; '.join(faults)}"))
        elif self._url is not None:
            self._is(self._send(self._url))

    def _pass(self) -> float:
        self.look()
        return _EVERY_SECONDS

    def _send(self, url: str) -> HealthState:
        answer = self._poster.post(Post(url, b"", {}, method="GET"), self._now())
        if isinstance(answer, Answer):
            return HealthState(True, "sent every minute")
        return HealthState(False, f"not heard: {answer.reason}")

    def _is(self, state: HealthState) -> None:
        if self._url is not None and not state.ok and state != self._beat:
            log.warning("heartbeat %s", state.detail)
        self._beat = state


def what_is_late(signs: VitalSigns, check_late_seconds: float, *, group_clock_runs: bool) -> list[str]:
    """For which no request is sent; empty: all is on time."""
    late = []
    if (signs.check_seconds or 0.0) > check_late_seconds:
        late.append("a check is overdue")
    if not group_clock_runs or (signs.group_seconds or 0.0) > _GROUP_LATE_SECONDS:
        late.append("messages about problems are not written")
    if (signs.message_seconds or 0.0) > _MESSAGE_LATE_SECONDS:
        late.append("a message is not delivered after an hour")
    return late


def messages_state(signs: VitalSigns) -> HealthState:
    """For information: nothing depends on it."""
    said = []
    if signs.given_up:
        said.append(f"{signs.given_up} of the last day were given up; the log says why")
    if (signs.message_seconds or 0.0) > _MESSAGE_LATE_SECONDS:
        said.append(f"the oldest waits for {spoken_duration(timedelta(seconds=signs.message_seconds or 0.0))}")
    return HealthState(not said, "; ".join(said) or "delivered, as far as they are due")
