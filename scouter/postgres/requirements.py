"""What a database has to be so that this server can work with it, and what to do about one that is not."""

from __future__ import annotations

from dataclasses import dataclass

from scouter.errors import StartRefused
from scouter.postgres.connections.session import Session
from scouter.postgres.statements import Connection, named_statements

OLDEST_POSTGRES = 14  # date_bin, and partitions that detach without a fuss
# SQL_ASCII takes whatever bytes it is given; we give it UTF-8 and get it back.
_ENCODINGS = ("UTF8", "SQL_ASCII")

_sql = named_statements("requirements")


@dataclass(frozen=True, slots=True)
class _State:
    name: str
    role: str
    encoding: str
    is_standby: bool
    is_read_only: bool


def passing_obstacle(connection: Connection) -> str | None:
    """Why nothing can be stored there now: it may be otherwise in a moment."""
    state = _state(connection)
    if state.is_standby:
        return (
            "it is a standby, which only answers questions: name the primary, or all hosts of it and "
            "target_session_attrs=read-write"
        )
    if state.is_read_only:
        return f"its transactions are read only, by default_transaction_read_only: {_remedy(connection, state)}"
    return None


def require_fit(connection: Session) -> None:
    """Raises `StartRefused` for what only its owner can change."""
    problem = _version_problem(connection) or _encoding_problem(_state(connection)) or _owner_problem(connection)
    if problem is not None:
        raise StartRefused([problem])


def _version_problem(connection: Session) -> str | None:
    version = connection.info.server_version
    if version >= OLDEST_POSTGRES * 10_000:
        return None
    return f"the database is PostgreSQL {version // 10_000}; PostgreSQL {OLDEST_POSTGRES} or later is needed"


def _encoding_problem(state: _State) -> str | None:
    if state.encoding in _ENCODINGS:
        return None
    return (
        f"the database {state.name!r} is in {state.encoding}, which cannot hold every name; make one that can: "
        f"CREATE DATABASE {state.name}_utf8 ENCODING 'UTF8' TEMPLATE template0"
    )


def _owner_problem(connection: Connection) -> str | None:
    owners = _sql["foreign_owners"].values(connection)
    if not owners:
        return None
    role = _state(connection).role
    return (
        f"tables of the schema scouter_py belong to {owners[0]!r}, and {role!r} may not add partitions to them; "
        f'use that role, or let this one be a member of it: GRANT "{owners[0]}" TO "{role}"'
    )


def _remedy(connection: Connection, state: _State) -> str:
    """What undoes it. The server does not: whoever has set it may be moving the database, or out of disk."""
    source = _sql["source_of_read_only"].values(connection)[0]
    remedies = {
        "user": f'ALTER ROLE "{state.role}" RESET default_transaction_read_only',
        "database": f'ALTER DATABASE "{state.name}" RESET default_transaction_read_only',
        "database user": f'ALTER ROLE "{state.role}" IN DATABASE "{state.name}" RESET default_transaction_read_only',
        "client": "leave it out of DATABASE_URI and PGOPTIONS",
    }
    return remedies.get(source, f"it is set in the server's configuration ({source})")


def _state(connection: Connection) -> _State:
    state = _sql["database_state"].one(connection, _State)
    assert state is not None  # noqa: S101  # we are connected to it
    return state
