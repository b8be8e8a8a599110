"""How many connections the role, the database and the server let us have, and what that leaves for requests."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from scouter.errors import StartRefused
from scouter.postgres.connections.session import Session
from scouter.postgres.statements import Connection, named_statements

log = logging.getLogger(__name__)

_sql = named_statements("requirements")

FEWEST = 12  # with which a server works: few requests at a time, but nothing is in the way of messages


@dataclass(frozen=True, slots=True)
class _Limits:
    role: str
    of_role: int | None
    of_database: int | None
    of_server: int

    def smallest(self) -> tuple[int, str]:
        """The number, and what it is."""
        known = [
            (self.of_role, f"CONNECTION LIMIT of the role {self.role!r}"),
            (self.of_database, "CONNECTION LIMIT of the database"),
            (self.of_server, "max_connections of the server"),
        ]
        return min((number, name) for number, name in known if number is not None)


def room_for_requests(connection: Session, *, wanted: int, beside: int, fewest: int) -> int:
    """How many connections the pool may have, of the `wanted` ones, so that `beside` of them stay for everything else.

    A pool that takes what there is leaves none to those that store messages. Says so in the log when there are fewer
    than it takes. Raises `StartRefused` when they are too few to work with. A pooler keeps its limits to itself.
    """
    if connection.is_pooled:
        return wanted
    there, whose = _limits(connection).smallest()
    if there < FEWEST:
        raise StartRefused([f"{there} connections to the database are too few ({whose}): {FEWEST} at least are needed, "
                            f"and {wanted + beside} with MAX_POOL_SIZE={wanted}"])  # fmt: skip
    if there >= wanted + beside:
        return wanted
    room = max(there - beside, fewest)
    log.warning(
        "this server may have %d connections to the database (%s) and uses up to %d: requests share %d of them. "
        "Allow more, or set MAX_POOL_SIZE to that; other servers and programs of that role need theirs besides",
        *(there, whose, wanted + beside, room),
    )
    return room


def _limits(connection: Connection) -> _Limits:
    limits = _sql["connection_limits"].one(connection, _Limits)
    assert limits is not None  # noqa: S101  # we are that role
    return limits
