"""Profiles with checks that were not made by a server: their runs are written down by the hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from scouter.postgres.connections.pool import Pool
from scouter.postgres.statements import Connection
from scouter.postgres.tables.profile_standings import NewestCheck
from scouter.postgres.tables.runs import CheckOutcome, add_run
from scouter.postgres.tables.windows import Window
from scouter.profiles.standings import record_standing, refresh_standing
from scouter.profiles.states import profile_state
from scouter.wire.alerts import Alert, PsiAlert
from scouter.wire.check_results import CheckResult, NotChecked, Obstacle, PsiObservation
from scouter.wire.profile_states import ProfileStateItem
from tests.http_client import HttpClient
from tests.profile_documents import registration, spc_profile

HOUR = timedelta(hours=1)
BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
NOTHING = CheckResult((), (), (NotChecked("f0", Obstacle.no_data, 0, "no observations in the window"),))


def at(hour: int) -> datetime:
    return BEGIN + hour * HOUR


def register(admin: HttpClient, name: str, space: str = "s", *, active: bool = True) -> str:
    reply = admin.post("/scouter/profile", registration(spc_profile(space=space, name=name), active=active))
    assert reply.status == 200, reply
    return str(reply.body["uid"])


def entity_id(pool: Pool, uid: str) -> int:
    with pool.connection() as connection:
        row = connection.execute("SELECT id FROM entity WHERE uid = %s", (uid,)).fetchone()
    assert row is not None
    return int(row[0])


def seen(drift: float) -> CheckResult:
    alerts = (Alert(psi=PsiAlert("f0", drift, 0.2)),) if drift > 0.2 else ()
    observed = PsiObservation("f0", samples=100, unknown=0, bins=10, drift=drift, threshold=0.2)
    return CheckResult(alerts, (observed,), ())


def run(
    pool: Pool,
    uid: str,
    hour: int,
    outcome: CheckOutcome,
    result: CheckResult | None,
    *,
    attempt: int = 1,
    known: bool = True,
) -> int:
    """A check of the window that ends at that hour; `known`: its server kept where the profile stands."""
    owner, row_count = entity_id(pool, uid), 0 if outcome in ("no_data", "failed") else 100
    with pool.connection() as connection:
        run_id = add_run(
            connection,
            owner,
            Window(at(hour - 1), at(hour)),
            attempt=attempt,
            outcome=outcome,
            row_count=row_count,
            started_at=at(hour),
            result=None if result is None else msgspec.json.encode(result).decode(),
            late=attempt > 1,
        )
        if known:
            _keep_standing(connection, owner, NewestCheck(run_id, at(hour), outcome, row_count), result, attempt)
    return run_id


def _keep_standing(
    connection: Connection, owner: int, newest: NewestCheck, result: CheckResult | None, attempt: int
) -> None:
    """As the checker does, or as whoever checks a window again."""
    if attempt > 1:
        refresh_standing(connection, owner)
    else:
        record_standing(connection, owner, newest, result)


def state_of(pool: Pool, uid: str) -> ProfileStateItem:
    owner = entity_id(pool, uid)
    with pool.connection() as connection:
        found = profile_state(connection, owner)
    assert found is not None
    return found
