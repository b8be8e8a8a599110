"""A clock that was ahead by a day for a while: what was stored then is set back, and nothing has gone for its age."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scouter.postgres.connections.pool import Pool, open_pool
from tests.alert_service import AlertService
from tests.alert_service import Answer as Told
from tests.availability import cannot_run
from tests.conditions import eventually, probe
from tests.http_client import HttpClient
from tests.integration.away import Away
from tests.integration.old_data import add_days, add_rows, attached, counts
from tests.metrics_page import sample, samples_at
from tests.profile_documents import custom_profile, registration
from tests.server_process import PreparedServer, ServerProcess
from tests.shifted_clock import NoShiftedClock, ShiftedClock

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SETTLED_SECONDS = 20  # the clocks are looked at every five


@pytest.fixture
def clock(tmp_path: Path) -> ShiftedClock:
    try:
        return ShiftedClock(tmp_path / "clock")
    except NoShiftedClock as problem:
        cannot_run(str(problem))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Away]]:
    started: list[Away] = []

    def make(**how: Any) -> Away:
        environment = {"SCOUTER_WINDOW_GRACE_SECONDS": "1", **how}
        started.append(Away(tmp_path, **environment))
        return started[-1]

    yield make
    for each in started:
        each.close()


def register(client: HttpClient, schedule: str = "* * * * * *", name: str = "watched") -> str:
    profile = custom_profile(name=name)
    profile["config"]["alert_config"]["schedule"] = schedule
    answer = client.post("/scouter/profile", registration(profile, active=True))
    assert answer.status == 200, answer
    return str(answer.body["uid"])


def send(away: Away, uid: str, value: float) -> None:
    record = {"created_at": datetime.now(UTC).isoformat(), "uid": uid, "metric": "mae", "value": value}
    answer = away.client.post("/scouter/message", {"records": [{"Custom": record}]})
    assert answer.status == 200, answer
    assert answer.body["stored"] == 1, answer


def runs_until(away: Away, moment: datetime) -> int:
    """How many windows were checked that end by then."""
    found = away.query(f"SELECT count(*) FROM check_run WHERE window_end <= '{moment.isoformat()}'")
    return int(found[0][0])


def clock_part(server: ServerProcess) -> dict[str, Any]:
    part: dict[str, Any] = probe(server.url).body["parts"]["clock"]
    return part


def metric(server: ServerProcess, name: str, **labels: str) -> float:
    return sample(samples_at(f"http://127.0.0.1:{server.port + 1}"), name, **labels)


def test_checks_and_alerts_go_on_when_the_clock_is_right_again(clock: ShiftedClock, start: Callable[..., Away]) -> None:
    with AlertService() as service:
        service.behave("/hook", Told(500), Told(500), Told(200))
        away = start(clock=clock, SCOUTER_WEBHOOK_URL=service.url + "/hook", SCOUTER_MESSAGES="every_alert")
        uid = register(away.client)
        register(away.client, "0 0 0 * * *", "daily")
        send(away, uid, 1.0)
        eventually(lambda: runs_until(away, datetime.now(UTC)) > 1)
        with clock.ahead(DAY):
            send(away, uid, 9.0)
            tomorrow = datetime.now(UTC) + DAY - HOUR
            eventually(lambda: away.query(f"SELECT 1 FROM check_run WHERE window_end > '{tomorrow}'") != [])
            eventually(lambda: away.query("SELECT 1 FROM alert_delivery WHERE attempts > 0") != [])
            # It looks every five seconds: what it never saw it cannot count.
            eventually(lambda: metric(away.server, "scouter_clock_jumps_total", direction="ahead") >= 1)
        right_since = datetime.now(UTC)
        send(away, uid, 1.5)
        eventually(
            lambda: runs_until(away, datetime.now(UTC)) > runs_until(away, right_since) + 2, seconds=SETTLED_SECONDS
        )
        eventually(lambda: len(service.requests("/hook")) >= 3, seconds=SETTLED_SECONDS)
        eventually(
            lambda: away.query("SELECT 1 FROM alert_delivery WHERE state = 'pending'") == [], seconds=SETTLED_SECONDS
        )
    wrong = "SELECT count(*) FROM profile WHERE previous_run > now() OR next_run > now() + interval '1 day'"
    assert away.query(wrong) == [(0,)]
    assert away.query("SELECT 1 FROM check_run WHERE window_end > now()") == [], "those windows are yet to come"
    # Every record was seen by a check of a window that is over.
    seen = "SELECT sum(row_count)::int FROM check_run WHERE NOT set_back"
    eventually(lambda: away.query(seen) >= [(3,)])
    part = clock_part(away.server)
    assert not part["ok"]
    assert "set back" in part["says"]
    assert metric(away.server, "scouter_times_set_back_total", matter="checks") >= 1
    assert metric(away.server, "scouter_clock_jumps_total", direction="back") >= 1
    assert "a clock was ahead; set back:" in away.server.log
    assert probe(away.server.url).status == 200


def test_nothing_goes_for_its_age_while_the_clock_is_ahead(
    clock: ShiftedClock, start: Callable[..., Away], tmp_path: Path
) -> None:
    away = start(
        clock=clock,
        DATA_RETENTION_PERIOD="10",
        SCOUTER_ARCHIVE_DAYS="400",
        SCOUTER_STORAGE_URI=str(tmp_path / "archive"),
    )
    now = datetime.now(UTC)
    almost = {
        "alerts": 365,
        "alert_deliveries": 90,
        "check_runs": 90,
        "problems": 90,
        "problem_events": 90,
        "silences": 365,
        "late_arrivals": 8,
        "batch_receipts": 2,
        "idempotency_keys": 2,
        "rabbitmq_deliveries": 7,
        "ended_sessions": 2,
    }
    with open_pool(away.conninfo, name="tests", smallest=1, largest=2, acquire_seconds=5) as pool:
        before = fill(pool, now, almost)
        assert away.server.stop() == 0
        with clock.ahead(DAY):
            away.server.start()
            eventually(lambda: probe(away.server.url).body["parts"]["last maintenance"]["says"].startswith("done at "))
            eventually(lambda: metric(away.server, "scouter_archive_last_pass_seconds") > 0)
            assert present(pool) == before
        away.server.stop()
        away.server.start()
        eventually(lambda: probe(away.server.url).body["parts"]["last maintenance"]["says"].startswith("done at "))
        eventually(lambda: metric(away.server, "scouter_archive_last_pass_seconds") > 0)
        assert present(pool) == before


def fill(pool: Pool, now: datetime, periods: dict[str, int]) -> tuple[dict[str, int], set[str], int]:
    """Rows and days that go within the next hours, and not now."""
    for task, days in periods.items():
        add_rows(pool, task, now - timedelta(days=days) + HOUR, 3)
    add_days(pool, "observability_record", (now - timedelta(days=60)).date())
    add_days(pool, "spc_record", (now - timedelta(days=10)).date())
    with pool.connection() as connection:
        connection.execute(
            "INSERT INTO quarantine (id, received_at, quarantined_at, transport, reason, detail, username, size, raw) "
            "SELECT gen_random_uuid(), now(), now() - interval '29 days 23 hours', 'http', 'invalid', '', 'u', 1, 'x'"
        )
    return present(pool)


def present(pool: Pool) -> tuple[dict[str, int], set[str], int]:
    with pool.connection() as connection:
        kept = connection.execute("SELECT count(*) FROM quarantine").fetchone()
        stored = connection.execute("SELECT count(*) FROM batch_receipt").fetchone()
    assert kept is not None and stored is not None
    old = {name for name in attached(pool) if name < f"{name[:-8]}{datetime.now(UTC) - timedelta(days=5):%Y%m%d}"}
    return counts(pool), old, int(kept[0])


def test_a_profile_that_was_registered_by_a_server_that_was_ahead_is_checked(
    clock: ShiftedClock, start: Callable[..., Away], tmp_path: Path
) -> None:
    """The database's clock is right all the time."""
    away = start()
    environment = {
        **clock.environment,
        "DATABASE_URI": away.conninfo,
        "SCOUTER_SERVER_HOST": "127.0.0.1",
        "SCOUTER_DEFAULT_PASSWORD": "admin",
    }
    with PreparedServer(tmp_path / "other", environment) as other:
        with clock.ahead(DAY):
            register(HttpClient(other.url).login())
            eventually(lambda: not clock_part(other)["ok"], seconds=SETTLED_SECONDS)
            assert "ahead of the database's" in clock_part(other)["says"]
            assert metric(other, "scouter_clock_ahead_seconds") > 80_000
        eventually(lambda: runs_until(away, datetime.now(UTC)) > 1, seconds=SETTLED_SECONDS)
    assert "set back" in away.server.log + other.log
