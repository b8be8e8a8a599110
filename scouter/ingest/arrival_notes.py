"""Writes down once a minute for which profiles records arrived, and whether this server can take more of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from uuid import UUID

from scouter.ingest.arrivals import Arrivals
from scouter.postgres.connections.errors import AWAY
from scouter.postgres.connections.ingest_connection import IngestConnection
from scouter.postgres.tables.profile_activity import note_arrivals
from scouter.postgres.tables.reception import WayIn, report_receivers
from scouter.runtime.part import ThreadPart
from scouter.runtime.polling_thread import PollingThread

log = logging.getLogger(__name__)

_EVERY_SECONDS = 60.0
_AWAY_SECONDS = 5.0
_MOST_AT_ONCE = 1000
WRITE_SECONDS = 10.0  # for a transaction; nobody waits for it


class ArrivalNotes(ThreadPart):
    """Owns the thread `arrivals`. It stops after those that store, and writes down what they have left."""

    def __init__(
        self,
        connection: IngestConnection,
        arrivals: Arrivals,
        instance: UUID,
        ways_in: Callable[[], Sequence[WayIn]],
    ) -> None:
        """`connection` is closed at the end. `ways_in`: those of this server, as they are now."""
        self._connection = connection
        self._arrivals = arrivals
        self._instance = instance
        self._ways_in = ways_in
        self._thread = PollingThread("arrivals", self._pass, retry_seconds=_AWAY_SECONDS)
        super().__init__("arrivals", [self._thread])

    def join(self, deadline: float) -> bool:
        """After the last ones have been stored."""
        if not super().join(deadline):
            return False
        if time.monotonic() < deadline:
            self._try(self._write_arrivals)
        self._connection.close()
        return True

    def write(self) -> None:
        """What has come since the last time, then what this server can take. Raises when Postgres is away."""
        self._write_arrivals()
        ways = self._ways_in()
        with self._connection.use(WRITE_SECONDS) as connection:
            report_receivers(connection, self._instance, ways)

    def _pass(self) -> float:
        return _EVERY_SECONDS if self._try(self.write) else _AWAY_SECONDS

    def _try(self, write: Callable[[], None]) -> bool:
        try:
            write()
        except AWAY as problem:
            log.info("in which hour records arrived is written down later: %s", type(problem).__name__)
            return False
        return True

    def _write_arrivals(self) -> None:
        taken = self._arrivals.take()
        try:
            while taken:
                hour, moments = taken[0]
                while some := dict(islice(moments.items(), _MOST_AT_ONCE)):
                    with self._connection.use(WRITE_SECONDS) as connection:
                        note_arrivals(connection, hour, some)
                    for entity_id in some:
                        del moments[entity_id]
                taken.pop(0)
        finally:
            for hour, moments in taken:
                self._arrivals.give_back(hour, moments)


class BrokerLag:
    """Whether consumers are behind: at two looks in a row more waits for them than they have stored in between.

    A single look at a broker always finds something that has just come.
    """

    def __init__(self) -> None:
        self._stored: Mapping[str, int] = {}
        self._waited: Mapping[str, bool] = {}

    def look(self, lag: Mapping[str, int], stored: Mapping[str, int]) -> dict[str, bool]:
        """Both by transport: messages that wait, and messages stored since the start."""
        waits = {each: lag[each] > stored.get(each, 0) - self._stored.get(each, 0) for each in lag}
        behind = {each: waits[each] and self._waited.get(each, False) for each in lag}
        self._stored, self._waited = stored, waits
        return behind
