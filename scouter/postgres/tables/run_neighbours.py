"""The checks before and after a check."""

from __future__ import annotations

from dataclasses import dataclass

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("run_neighbours")


@dataclass(frozen=True, slots=True)
class RunNeighbours:
    """Ids of checks of the same profile, in the order in which they were made; None: there is none."""

    previous: int | None
    next: int | None


def neighbours_of_run(connection: Connection, run_id: int) -> RunNeighbours:
    return _sql["run_neighbours"].one(connection, RunNeighbours, id=run_id) or RunNeighbours(None, None)
