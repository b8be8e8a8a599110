"""Profiles that have stopped sending, or never began: looked for once a minute, by one server at a time.

What is decided about a profile is decided in one transaction, which holds it as a check does: the problem, its history
and when it is told.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from scouter.checks.decide_silence import decide_silence, is_changed
from scouter.metrics import PROFILES_SILENT
from scouter.policy.reception import Reception, after_look
from scouter.postgres.connections.backend_sessions import try_lock_for_transaction
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.contention import retried
from scouter.postgres.connections.errors import AWAY
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_policies import policies_of_profiles
from scouter.postgres.tables.profile_activity import WatchedProfile, silent_profiles, watched_profiles
from scouter.postgres.tables.reception import put_reception, receives, reception
from scouter.runtime.metrics_collector import Gauge, gauge
from scouter.runtime.part import ThreadPart
from scouter.runtime.polling_thread import PollingThread
from scouter.settings.alerting import AlertingSettings

log = logging.getLogger(__name__)

_EVERY_SECONDS = 60.0
_AWAY_SECONDS = 5.0
_LOCK = "scouter_py.silence_sweep"


class SilenceSweep(ThreadPart):
    """Owns the thread `silence sweep`."""

    def __init__(self, connections: ConnectionSource, alerting: AlertingSettings) -> None:
        self._connections = connections
        self._alerting = alerting
        self._silent = 0
        self._thread = PollingThread("silence sweep", self._pass, retry_seconds=_AWAY_SECONDS)
        super().__init__("silence sweep", [self._thread])

    def metrics(self) -> Iterable[Gauge]:
        yield gauge(PROFILES_SILENT, lambda: self._silent)

    def sweep(self) -> int:
        """Look once at everything. How many profiles went silent, or are heard again."""
        changed = 0
        for entity_id in retried(self._look):
            if self._thread.is_stopping:
                break
            try:
                changed += retried(partial(self._decide, entity_id))
            except AWAY:
                raise
            except Exception:  # one profile's trouble must not keep the others from being looked at
                log.exception("whether entity %d is silent could not be decided", entity_id)
        with self._connections.connection() as connection:
            self._silent = silent_profiles(connection)
        return changed

    def _pass(self) -> float:
        try:
            self.sweep()
        except AWAY as problem:
            log.warning("the sweep for silent profiles waits for the database: %s", type(problem).__name__)
            return _AWAY_SECONDS
        return _EVERY_SECONDS

    def _look(self) -> list[int]:
        """What is to be decided about. Another server looks: nothing."""
        with self._connections.connection() as connection:
            if not try_lock_for_transaction(connection, _LOCK):
                return []
            before = reception(connection)
            seen = after_look(before.reception, before.now, receives=receives(connection))
            put_reception(connection, seen)
            return _changed(connection, watched_profiles(connection), seen, before.now)

    def _decide(self, entity_id: int) -> bool:
        with self._connections.connection() as connection:
            return decide_silence(connection, entity_id, self._alerting)


def _changed(connection: Connection, profiles: Sequence[WatchedProfile], seen: Reception, now: datetime) -> list[int]:
    layers = policies_of_profiles(connection, {each.entity_id: each.space for each in profiles})
    return [each.entity_id for each in profiles if is_changed(each, layers[each.entity_id].policy(), seen, now)]
