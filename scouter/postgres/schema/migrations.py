"""Brings the schema up to date. Forward only; safe with several servers starting at once."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import psycopg

from scouter.errors import StartRefused
from scouter.postgres.connections.blocking_sessions import hindrance, session_number
from scouter.postgres.connections.pool import connect
from scouter.postgres.connections.session_settings import SCHEMA
from scouter.postgres.requirements import require_fit
from scouter.postgres.statements import SQL_DIRECTORY, Connection
from scouter.runtime.progress import Progress, progress

log = logging.getLogger(__name__)

_WHAT = "bringing the schema up to date"
_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    path: Path


def known_migrations() -> list[Migration]:
    """Every file of `sql/migrations`, in order: `0001_entities.sql` is number 1."""
    files = sorted((SQL_DIRECTORY / "migrations").glob("[0-9]*.sql"))
    return [Migration(int(file.stem.split("_")[0]), file.stem, file) for file in files]


def migrate(conninfo: str) -> list[str]:
    """Apply what is missing, all of it in one transaction. The names of what was applied.

    Raises `StartRefused` when the database is not fit for it, or the role may not create the schema.
    """
    with progress(log, _WHAT, unit="migrations") as step, connect(conninfo, purpose="migrate") as connection:
        require_fit(connection)
        try:
            number = session_number(connection)
            step.waits_for = lambda: hindrance(conninfo, number)
            return _migrate_locked(connection, step)
        except psycopg.errors.InsufficientPrivilege as problem:
            raise StartRefused([_privilege_problem(connection, problem)]) from problem


def _migrate_locked(connection: Connection, step: Progress) -> list[str]:
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('scouter_py.migrate'))")
    _make_schema(connection)
    applied = {row[0] for row in connection.execute("SELECT number FROM migration").fetchall()}
    known = known_migrations()
    if newer := sorted(applied - {migration.number for migration in known}):
        log.warning("the schema is newer than this program (migrations %s); going on", newer)
    missing = [migration for migration in known if migration.number not in applied]
    step.total = len(missing) or None
    for migration in missing:
        step.detail = migration.name
        _apply(connection, migration)
        step.advance()
    step.result = _applied(missing)
    return [migration.name for migration in missing]


def _applied(migrations: list[Migration]) -> str:
    """For the log; empty when there were none."""
    names = [migration.name for migration in migrations]
    if len(names) < _SEVERAL:
        return "".join(f"applied migration {name}" for name in names)
    return f"applied {len(names)} migrations, {names[0]} to {names[-1]}"


def _make_schema(connection: Connection) -> None:
    # Asked first: CREATE SCHEMA IF NOT EXISTS wants the right to create even where there is nothing to do.
    exists = connection.execute("SELECT to_regnamespace(%s) IS NOT NULL", (SCHEMA,)).fetchone()
    if exists != (True,):
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migration"
        " (number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )


def _apply(connection: Connection, migration: Migration) -> None:
    connection.execute(migration.path.read_bytes())
    connection.execute("INSERT INTO migration (number, name) VALUES (%s, %s)", (migration.number, migration.name))
    log.debug("applied migration %s", migration.name)


def _privilege_problem(connection: Connection, problem: psycopg.Error) -> str:
    user, database = connection.info.user, connection.info.dbname
    reason = problem.diag.message_primary
    return (
        f"the role {user!r} may not set up the schema {SCHEMA!r} in database {database!r} ({reason}); "
        f'grant it: GRANT CREATE ON DATABASE "{database}" TO "{user}"'
    )
