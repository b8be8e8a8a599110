"""Setting back times, for a server that is to look as if it had been running for a while."""

from __future__ import annotations

from datetime import datetime

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("past_times")


def set_back_profile(
    connection: Connection, entity_id: int, *, registered_at: datetime, previous_run: datetime, next_run: datetime
) -> None:
    """Its next window is (previous_run, next_run]."""
    _sql["set_back_profile"].run(
        connection, entity_id=entity_id, registered_at=registered_at, previous_run=previous_run, next_run=next_run
    )


def set_back_runs(connection: Connection) -> None:
    """All of them were over a moment after they began."""
    _sql["set_back_runs"].run(connection)


def set_back_deliveries(connection: Connection) -> None:
    """What was delivered, was so a moment after it was raised."""
    _sql["set_back_deliveries"].run(connection)


def set_back_problems(connection: Connection) -> None:
    """Of checks that were set back before."""
    _sql["set_back_problems"].run(connection)


def pending_deliveries(connection: Connection) -> int:
    count: int = _sql["pending_deliveries"].values(connection)[0]
    return count
