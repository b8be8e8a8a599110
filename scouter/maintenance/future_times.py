"""What waits for a time that was stored while a clock was ahead: found, and set back to where it would be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from scouter.drift.schedules import Schedule
from scouter.errors import InvalidInput
from scouter.metrics import TIMES_SET_BACK
from scouter.postgres.statements import Connection
from scouter.postgres.tables.set_back import (
    RunToCome,
    runs_to_come,
    set_back_checks,
    set_back_deliveries,
    set_back_groups,
    set_back_leases,
    set_back_next_run,
    set_back_problems,
    set_back_retries,
)

# Registrations carry the time of the server that took them.
_LEAST_TOLERANCE = timedelta(seconds=5)

Counts = Mapping[str, int]  # by matter, those that are not 0


@dataclass(frozen=True, slots=True)
class FutureTimes:
    """`grace`: how long a check waits for the last records of its window. The leases are those of this server."""

    grace: timedelta
    check_lease: timedelta
    delivery_lease: timedelta

    def set_back_checks(self, connection: Connection) -> Counts:
        """Profiles that were checked later than now. Nothing but a clock that was ahead makes any."""
        tolerance = max(self.grace, _LEAST_TOLERANCE)
        return _counted({"checks": set_back_checks(connection, tolerance=tolerance, grace=self.grace)})

    def set_back_next_runs(self, connection: Connection) -> Counts:
        """Profiles that are to be checked later than their schedule says. Reads the schedules of all."""
        return _counted({"next_runs": sum(_set_back(connection, run) for run in runs_to_come(connection))})

    def set_back_waits(self, connection: Connection) -> Counts:
        """What has to wait for a while, when it is known that the clock was ahead: it is tried now."""
        return _counted(
            {
                "leases": set_back_leases(connection, self.check_lease),
                "retries": set_back_retries(connection),
                "deliveries": set_back_deliveries(connection, self.delivery_lease),
                "problems": set_back_problems(connection, max(self.grace, _LEAST_TOLERANCE)),
                "message_groups": set_back_groups(connection, _LEAST_TOLERANCE),
            }
        )


def _set_back(connection: Connection, run: RunToCome) -> int:
    try:
        right = Schedule.parse(run.schedule).next_after(run.now)
    except InvalidInput:
        return 0  # the check says so
    return set_back_next_run(connection, run, right) if right is not None and right < run.next_run else 0


def _counted(counts: Counts) -> Counts:
    for matter, count in counts.items():
        TIMES_SET_BACK.labels(matter).inc(count)
    return {matter: count for matter, count in counts.items() if count}
