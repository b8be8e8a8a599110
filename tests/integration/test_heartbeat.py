"""The heartbeat goes out while all is on time, and not while anything is late."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scouter.alerting.heartbeat import Heartbeat, messages_state, what_is_late
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.vital_signs import VitalSigns
from scouter.settings.alerting import AlertingSettings
from scouter.settings.checks import CheckSettings
from tests.alert_service import AlertService, Answer
from tests.conditions import eventually, probe
from tests.integration.conftest import running_server, settings_for

PATH = "/ping/6f0c"
WELL = VitalSigns(None, None, None, 0)


@pytest.fixture
def service() -> Iterator[AlertService]:
    with AlertService() as running:
        yield running


def heartbeat(pool: Pool, service: AlertService, *, group_clock_runs: bool = True) -> Heartbeat:
    alerting = AlertingSettings(heartbeat_url=service.url + PATH)
    checks = CheckSettings(window_grace_seconds=0)
    return Heartbeat(pool, checks, alerting, lambda: group_clock_runs, lambda: datetime.now(UTC))


def says(beat: Heartbeat, name: str) -> tuple[bool, str]:
    (check,) = [each for each in beat.health_checks() if each.name == name]
    state = check.state()
    return state.ok, state.detail


def test_it_is_sent_while_all_is_on_time_and_says_when_nobody_hears(
    pool: Pool, service: AlertService, caplog: pytest.LogCaptureFixture
) -> None:
    beat = heartbeat(pool, service)
    beat.look()
    (request,) = service.requests(PATH)
    assert request.body == b""
    assert says(beat, "heartbeat") == (True, "sent every minute")
    service.behave(PATH, Answer(404, {"path": PATH}))
    with caplog.at_level(logging.WARNING):
        beat.look()
    ok, words = says(beat, "heartbeat")
    assert (ok, "answered 404" in words) == (False, True)
    assert PATH not in words + caplog.text
    assert "heartbeat not heard" in caplog.text


def test_it_is_not_sent_while_a_message_waits_for_an_hour(pool: Pool, service: AlertService) -> None:
    beat = heartbeat(pool, service)
    with pool.connection() as connection:
        connection.execute(
            "WITH grouped AS (INSERT INTO message_group (key, space, channel, destination) "
            "VALUES ('k', 's', 'console', '{}') RETURNING id) "
            "INSERT INTO alert_delivery (group_id, alert_ids, channel, destination, payload, created_at, "
            "next_attempt_at) SELECT id, '{}', 'console', '{}', '{}', now() - interval '61 minutes', now() FROM grouped"
        )
    beat.look()
    assert service.requests(PATH) == []
    assert says(beat, "heartbeat") == (False, "not sent: a message is not delivered after an hour")
    assert says(beat, "messages") == (False, "the oldest waits for 1 h 1 min")
    with pool.connection() as connection:
        connection.execute("UPDATE alert_delivery SET state = 'given_up'")
    beat.look()
    assert len(service.requests(PATH)) == 1
    assert says(beat, "messages") == (False, "1 of the last day were given up; the log says why")


def test_what_counts_as_late() -> None:
    assert what_is_late(WELL, 120, group_clock_runs=True) == []
    assert what_is_late(VitalSigns(119, -5, 3599, 7), 120, group_clock_runs=True) == []
    assert what_is_late(VitalSigns(121, 0, 0, 0), 120, group_clock_runs=True) == ["a check is overdue"]
    written = ["messages about problems are not written"]
    assert what_is_late(VitalSigns(0, 121, 0, 0), 120, group_clock_runs=True) == written
    assert what_is_late(WELL, 120, group_clock_runs=False) == written
    assert messages_state(WELL).ok


def test_a_running_server_sends_it(database: str, service: AlertService, tmp_path: Path) -> None:
    with running_server(settings_for(database, tmp_path, SCOUTER_HEARTBEAT_URL=service.url + PATH)) as server:
        service.wait_for(PATH, 1)
        eventually(
            lambda: probe(server.address).body["parts"]["heartbeat"] == {"ok": True, "says": "sent every minute"}
        )
        assert probe(server.address).body["parts"]["messages"]["ok"]
