"""Where profiles stand after their checks: columns of the profile that lists are made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scouter.drift.standing import Standing
from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("profile_standings")


@dataclass(frozen=True, slots=True)
class NewestRun:
    """The last check of a profile's newest window. `result` is JSON text; null when it failed."""

    id: int
    result: str | None


@dataclass(frozen=True, slots=True)
class NewestCheck:
    """How the check of the newest window ended."""

    run_id: int
    window_end: datetime
    outcome: str
    row_count: int


def newest_run(connection: Connection, entity_id: int) -> NewestRun | None:
    return _sql["newest_run"].one(connection, NewestRun, entity_id=entity_id)


def advance_standing(connection: Connection, entity_id: int, newest: NewestCheck, standing: Standing) -> None:
    """By a check of a window that is newer than all that were checked."""
    _sql["advance_standing"].run(
        connection,
        entity_id=entity_id,
        run_id=newest.run_id,
        window_end=newest.window_end,
        outcome=newest.outcome,
        row_count=newest.row_count,
        **_columns(standing),
    )


def put_standing(connection: Connection, entity_id: int, standing: Standing) -> None:
    """That of the newest run; how it ended, and since when, is taken from the runs."""
    _sql["put_standing"].run(connection, entity_id=entity_id, **_columns(standing))


def profiles_behind(connection: Connection, *, after: int, maximum: int) -> list[int]:
    """Entities above `after`, in order, of whose newest run the profile knows nothing."""
    return _sql["profiles_behind"].values(connection, after=after, maximum=maximum)


def count_behind(connection: Connection) -> int:
    count: int = _sql["count_behind"].values(connection)[0]
    return count


def lock_profile(connection: Connection, entity_id: int) -> bool:
    """Until the end of the transaction. False: it is gone."""
    return bool(_sql["lock_profile"].values(connection, entity_id=entity_id))


def _columns(standing: Standing) -> dict[str, object]:
    return {
        "checked": standing.checked,
        "outside": standing.outside,
        "alerting": list(standing.alerting),
        "furthest_name": standing.furthest_name,
        "furthest_distance": standing.furthest_distance,
        "furthest_beyond": standing.furthest_beyond,
    }
