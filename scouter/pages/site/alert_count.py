"""The number beside "Alerts" on every page: counted now and then, and never a reason for a page to fail."""

from __future__ import annotations

import logging

import psycopg

from scouter.auth.permissions import Caller
from scouter.errors import DatabaseAway
from scouter.pages.site.quick_reads import QuickReads
from scouter.postgres.connections.errors import AWAY
from scouter.postgres.connections.stale_on_error_cache import StaleOnErrorCache
from scouter.postgres.tables.open_alert_count import count_profiles_with_open_alerts

log = logging.getLogger(__name__)

_SECONDS = 5.0
_Spaces = frozenset[str] | None


class AlertCount:
    def __init__(self, reads: QuickReads) -> None:
        self._reads = reads
        self._counts: StaleOnErrorCache[_Spaces, int] = StaleOnErrorCache(self._count, seconds=_SECONDS, maximum=1000)

    def of(self, caller: Caller) -> int:
        """Profiles with open alerts in the spaces that he may read; 0 while nobody knows."""
        try:
            return self._counts.get(caller.spaces("read")) or 0
        except (*AWAY, DatabaseAway, psycopg.errors.QueryCanceled) as problem:
            log.debug("open alerts could not be counted: %s", type(problem).__name__)
            return 0

    def forget(self) -> None:
        """Something was just acknowledged here."""
        self._counts.clear()

    def _count(self, spaces: _Spaces) -> int:
        with self._reads.connection() as connection:
            return count_profiles_with_open_alerts(connection, spaces)
