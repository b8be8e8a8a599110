"""Which Postgres: the one that `DATABASE_URI` names, or one of our own."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict

from scouter.errors import StartRefused
from scouter.postgres.embedded.server import EmbeddedPostgres, running_conninfo
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

    def stop(self) -> None:
        if self.embedded is not None:
            self.embedded.stop()


def chosen_uri(settings: DatabaseSettings) -> str:
    """`DATABASE_URI`; unset, the documented default if it lets us in, else `embedded`."""
    if settings.uri is not None:
        return settings.uri
    refusal = _refusal(DOCUMENTED_DATABASE_URI)
    if refusal is None:
        log.warning("DATABASE_URI is not set; using the database at %s", address_of(DOCUMENTED_DATABASE_URI))
        return DOCUMENTED_DATABASE_URI
    log.warning("DATABASE_URI is not set: using an embedded Postgres in %s", settings.data_dir)
    return EMBEDDED


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
    running = running_conninfo(settings.data_dir) if uri == EMBEDDED else None
    return Database(running) if running else open_database(uri, settings)


def address_of(uri: str) -> str:
    """Host, port and database of a URI, without any secret."""
    parts = conninfo_to_dict(uri)
    host, port, name = parts.get("host", "local socket"), parts.get("port", 5432), parts.get("dbname", "")
    return f"{host}:{port}/{name}"


def _wait_for(uri: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (refusal := _refusal(uri)) is not None:
        if time.monotonic() > deadline:
            address = address_of(uri)
            raise StartRefused(
                [f"the database at {address} did not let us in within {seconds:g} s ({refusal}); see DATABASE_URI"]
            )
        log.warning("waiting for the database at %s: %s", address_of(uri), refusal)
        time.sleep(_PAUSE_SECONDS)


def _refusal(uri: str) -> str | None:
    """Why there is no connection to be had, in one line; None when there is."""
    try:
        psycopg.connect(uri, connect_timeout=_CONNECT_SECONDS).close()
    except psycopg.ProgrammingError:
        raise StartRefused(["DATABASE_URI is no usable address; expected postgresql://user@host:5432/name"]) from None
    except psycopg.OperationalError as problem:
        return str(problem).strip().replace("\n", " ") or type(problem).__name__
    return None
