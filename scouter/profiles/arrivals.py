"""How many records a profile usually gets, and when the last ones came: shown, and no reason for a message."""

from __future__ import annotations

from statistics import median

from scouter.policy.usual_hours import usual_hours_a_week
from scouter.postgres.connections.backend_sessions import database_time
from scouter.postgres.statements import Connection
from scouter.postgres.tables.profile_activity import arrivals_of_profile
from scouter.postgres.tables.runs import recent_counts
from scouter.wire.judgements import ProfileArrivals

_WINDOWS = 30


def arrivals_of(connection: Connection, entity_id: int) -> ProfileArrivals:
    """By arrivals, and by the records that checks have counted in their windows."""
    seen, now = arrivals_of_profile(connection, entity_id), database_time(connection)
    counts = [each for each in recent_counts(connection, entity_id, _WINDOWS) if each.seconds > 0]
    held = [each.an_hour for each in counts if each.row_count]
    return ProfileArrivals(
        last_at=None if seen is None else seen.moved_at,
        usual_hours_a_week=0 if seen is None else usual_hours_a_week(seen.received, seen.first_at, now),
        usual_records_an_hour=median(held) if held else None,
        present_records_an_hour=counts[0].an_hour if counts else None,
    )
