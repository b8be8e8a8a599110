"""Which Postgres: the one that `DATABASE_URI` names, or one of our own."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict

from scouter.errors import StartRefused
from scouter.postgres.connections.errors import first_line
from scouter.postgres.connections.pool import connect
from scouter.postgres.embedded.server import EmbeddedPostgres, running_conninfo
from scouter.postgres.embedded.shell_variables import forget_shell_variables
from scouter.postgres.requirements import passing_obstacle
from scouter.runtime.progress import progress
from scouter.settings.database import DOCUMENTED_DATABASE_URI, DatabaseSettings

log = logging.getLogger(__name__)

EMBEDDED = "embedded"
_CONNECT_SECONDS = 3
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Database:
    """A Postgres to use, and the embedded server behind it, if it is ours to start and stop."""

    conninfo: str
    embedded: EmbeddedPostgres | None = None

    @property
    def is_embedded(self) -> bool:
        return self.embedded is not None

    @property
    def place(self) -> str:
        """For people: what it is and where. No secrets."""
        if self.embedded is None:
            return f"Postgres at {address_of(self.conninfo)}"
        return f"embedded Postgres {self.embedded.version} in {self.embedded.directory}"

    def stop(self) -> None:
        if self.embedded is not None:
            self.embedded.stop()


def chosen_uri(settings: DatabaseSettings) -> str:
    """`DATABASE_URI`; unset, the documented default if it lets us in, else `embedded`.

    What the shell says to libpq counts only beside a `DATABASE_URI` that names a Postgres.
    """
    if settings.uri is None or settings.uri == EMBEDDED:
        forget_shell_variables()
    if settings.uri is not None:
        return settings.uri
    return EMBEDDED if _refusal(DOCUMENTED_DATABASE_URI) else DOCUMENTED_DATABASE_URI


def unset_uri(uri: str, settings: DatabaseSettings) -> str | None:
    """A sentence about what was chosen because `DATABASE_URI` is not set; None when it is set."""
    if settings.uri is not None:
        return None
    if uri == EMBEDDED:
        return f"DATABASE_URI is not set: using an embedded Postgres in {settings.data_dir}, for this server alone"
    return f"DATABASE_URI is not set: using the database at {address_of(uri)}, which let us in"


def open_database(uri: str, settings: DatabaseSettings) -> Database:
    """Start the embedded server (from the main thread), or wait for the one that is named.

    Raises `StartRefused` when there is no database to be had.
    """
    if uri == EMBEDDED:
        embedded = EmbeddedPostgres(settings.data_dir)
        return Database(embedded.start(), embedded)
    _wait_for(uri, settings.wait_seconds)
    return Database(uri)


def present_database(settings: DatabaseSettings) -> Database:
    """The database for a command beside the server: joins an embedded Postgres that is running already."""
    uri = chosen_uri(settings)
    if said := unset_uri(uri, settings):
        log.warning(said)
    running = running_conninfo(settings.data_dir) if uri == EMBEDDED else None
    return Database(running) if running else open_database(uri, settings)


def address_of(uri: str) -> str:
    """Host, port and database of a URI, without any secret."""
    parts = conninfo_to_dict(uri)
    host, port, name = parts.get("host", "local socket"), parts.get("port", 5432), parts.get("dbname", "")
    return f"{host}:{port}/{name}"


def _wait_for(uri: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    waiting = f"waiting up to {seconds:g} s for the database at {address_of(uri)}"
    with progress(log, waiting, level=logging.WARNING) as step:
        while (hindrance := _hindrance(uri)) is not None:
            if time.monotonic() > deadline:
                address = address_of(uri)
                raise StartRefused([f"the database at {address} {hindrance}, for {seconds:g} s; see DATABASE_URI"])
            step.detail = f"it {hindrance}"
            time.sleep(_PAUSE_SECONDS)


def _hindrance(uri: str) -> str | None:
    """Why it cannot be used now, which may be otherwise in a moment."""
    refusal = _refusal(uri)
    if refusal is not None:
        return f"did not let us in ({refusal})"
    try:
        with connect(uri, purpose="start", connect_timeout=_CONNECT_SECONDS) as connection:
            obstacle = passing_obstacle(connection)
    except psycopg.Error as problem:
        return f"does not answer ({first_line(problem)})"
    return obstacle and f"takes no changes: {obstacle}"


def _refusal(uri: str) -> str | None:
    """Why there is no connection to be had, in one line; None when there is."""
    try:
        psycopg.connect(uri, connect_timeout=_CONNECT_SECONDS).close()
    except psycopg.ProgrammingError:
        raise StartRefused(["DATABASE_URI is no usable address; expected postgresql://user@host:5432/name"]) from None
    except psycopg.OperationalError as problem:
        return str(problem).strip().replace("\n", " ") or type(problem).__name__
    return None
