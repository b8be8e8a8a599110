"""The database as a part of the server: there before everybody else, gone after everybody else."""

from __future__ import annotations

import logging
import time

from scouter.errors import StartRefused
from scouter.postgres.database import Database, open_database
from scouter.postgres.embedded.server import EmbeddedPostgres
from scouter.postgres.schema.migrations import migrate
from scouter.runtime.part import PassivePart
from scouter.settings.database import DatabaseSettings

log = logging.getLogger(__name__)

_LAST_SECONDS = 0.5  # to end in order: else the next start has to replay its log
_RESTART_SECONDS = 5.0  # between tries to start an embedded database that will not start


class DatabaseServer(PassivePart):
    """The Postgres that `DATABASE_URI` names, or one of our own, with the schema of this version."""

    def __init__(self, uri: str, settings: DatabaseSettings) -> None:
        super().__init__("database server")
        self._uri = uri
        self._settings = settings
        self._database: Database | None = None
        self._supervise_from = 0.0  # on time.monotonic()

    @property
    def conninfo(self) -> str:
        """Once it has started."""
        return self._running.conninfo

    @property
    def embedded(self) -> EmbeddedPostgres | None:
        return self._running.embedded

    @property
    def is_embedded(self) -> bool:
        return self.embedded is not None

    @property
    def place(self) -> str:
        """For people: what it is and where. No secrets."""
        return self._running.place

    def start(self) -> None:
        """From the main thread. Raises `StartRefused` when there is no database to be had."""
        self._database = open_database(self._uri, self._settings)
        migrate(self._database.conninfo)

    def join(self, deadline: float) -> bool:
        """An embedded Postgres that takes longer goes on ending when this process is gone."""
        if self._database is None or self._database.embedded is None:
            return True
        return self._database.embedded.stop_until(max(deadline, time.monotonic() + _LAST_SECONDS))

    def supervise(self) -> None:
        """Start the embedded database again when it has died. Call it now and then, from the main thread."""
        embedded = self.embedded
        if embedded is None or embedded.running or time.monotonic() < self._supervise_from:
            return
        log.error("the embedded database has ended; starting it again")
        self._supervise_from = time.monotonic() + _RESTART_SECONDS
        try:
            conninfo = embedded.start()
        except StartRefused as refused:
            log.error("it did not start: %s", refused)
            return
        except Exception:  # it may have died again meanwhile; the server goes on, and accepts into the spool
            log.exception("it did not start")
            return
        self._supervise_from = 0.0
        if conninfo != self.conninfo:
            raise StartRefused(["the embedded database came back under another address: start the server again"])

    @property
    def _running(self) -> Database:
        assert self._database is not None  # noqa: S101  # nobody is given it before it has started
        return self._database
