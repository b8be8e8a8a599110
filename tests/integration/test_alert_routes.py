"""Test messages and receipts over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scouter.alerting.channels.routing import destinations_of
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.deliveries import claim_delivery, enqueue, record_delivered
from scouter.postgres.tables.entities import entity_by_uid
from scouter.postgres.tables.users import add_user
from scouter.server import Server
from scouter.settings.settings import Settings
from scouter.wire.notifications import ChannelName
from tests.alert_service import AlertService, Answer, Hang, rate_limited, slack_error
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.integration.quick_hash import quick_hash
from tests.notifications import CONSOLE, NOW, notification
from tests.profile_documents import custom_profile, registration, spc_profile

SLACK_PATH = "/api/chat.postMessage"
SLACK = {"Slack": {"channel": "#drift"}}
OPSGENIE = {"OpsGenie": {"team": "ml", "priority": "P1"}}


@pytest.fixture
def service() -> Iterator[AlertService]:
    with AlertService() as running:
        yield running


@pytest.fixture
def server(database: str, tmp_path: Path, service: AlertService) -> Iterator[Server]:
    """With Slack and a webhook, without OpsGenie; it delivers nothing by itself."""
    environment = {
        "SLACK_API_URL": service.url + "/api",
        "SLACK_APP_TOKEN": "xoxb-secret",
        "SCOUTER_WEBHOOK_URL": service.url + "/hook/very-secret",
        "SCOUTER_ALERT_TIMEOUT_SECONDS": "0.5",
        "SCOUTER_DELIVERY_WORKERS": "0",
    }
    running = Server(settings_for(database, tmp_path, **environment))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def reader(server: Server, pool: Pool) -> Iterator[HttpClient]:
    """May read the space `s` and write to `mine`."""
    with pool.connection() as connection:
        add_user(
            connection,
            "reader",
            quick_hash("pw"),
            email="reader@example.com",
            role="user",
            permissions=["read:s", "write:mine"],
            group_permissions=[],
        )
    client = HttpClient(server.address, "reader", "pw").login()
    yield client
    client.close()


def register(client: HttpClient, dispatch: dict[str, Any], profile: dict[str, Any] | None = None) -> str:
    profile = profile or spc_profile()
    profile["config"]["alert_config"]["dispatch_config"] = dispatch
    answer = client.post("/scouter/profile", registration(profile))
    assert answer.status == 200, answer
    uid: str = answer.body["uid"]
    return uid


def test_a_test_message_goes_through_every_channel(admin: HttpClient, service: AlertService) -> None:
    uid = register(admin, SLACK)
    answer = admin.post("/scouter/alerts/test", {"uid": uid})
    assert answer.status == 200
    assert answer.body["delivered"] is True
    slack, webhook = answer.body["channels"]
    assert (slack["channel"], slack["outcome"], webhook["channel"]) == ("slack", "delivered", "webhook")
    assert slack["detail"] == "127.0.0.1 posted it to C1 as 1.2"
    [posted] = service.requests(SLACK_PATH)
    assert "Test message" in posted.json["text"]
    [hooked] = service.requests("/hook/very-secret")
    assert (hooked.json["test"], hooked.json["uid"], hooked.json["alerts"]) == (True, uid, [])
    assert admin.get("/scouter/alerts/deliveries").body["items"] == []


def test_the_profile_may_be_named_by_its_version(admin: HttpClient, service: AlertService) -> None:
    register(admin, SLACK, custom_profile())
    named = {"space": "s", "name": "m", "version": "0.1.0", "drift_type": "Custom"}
    assert admin.post("/scouter/alerts/test", named).body["delivered"] is True
    assert len(service.requests(SLACK_PATH)) == 1


def test_what_the_services_say_is_told(
    admin: HttpClient, service: AlertService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    uid = register(admin, SLACK)
    service.behave(SLACK_PATH, slack_error("invalid_auth"), rate_limited(9), Hang())
    service.behave("/hook/very-secret", Answer(404, "no /hook/very-secret here"))
    tests = [admin.post("/scouter/alerts/test", {"uid": uid}).body["channels"] for _ in range(3)]
    assert [(slack["outcome"], slack["retry_after_seconds"]) for slack, _ in tests] == [
        ("refused", None),
        ("retry", 9.0),
        ("retry", None),
    ]
    assert tests[0][0]["detail"] == "127.0.0.1 answered invalid_auth"
    assert tests[2][0]["detail"] == "127.0.0.1 did not answer in time"
    assert {webhook["outcome"] for _, webhook in tests} == {"refused"}
    assert "very-secret" not in repr(tests) + caplog.text


def test_a_channel_without_settings_is_told(admin: HttpClient, capsys: pytest.CaptureFixture[str]) -> None:
    uid = register(admin, OPSGENIE)
    own = admin.post("/scouter/alerts/test", {"uid": uid}).body["channels"][0]
    assert (own["channel"], own["outcome"]) == ("opsgenie", "delivered")
    assert "OPSGENIE_API_KEY and OPSGENIE_API_URL are not set" in own["detail"]
    assert "Test message: s/m/" in capsys.readouterr().out


def test_a_test_message_wants_the_right_to_write(admin: HttpClient, reader: HttpClient, service: AlertService) -> None:
    uid = register(admin, SLACK)
    by_name = {"space": "s", "name": "m", "version": "0.1.0", "drift_type": "Spc"}
    hidden = {**by_name, "name": "does-not-exist"}
    for body in ({"uid": uid}, by_name, hidden, {"uid": uid, "space": "mine"}):
        assert reader.post("/scouter/alerts/test", body).status == 403, body
    assert service.requests(SLACK_PATH) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"space": "s", "name": "m"}, 400),
        ({"space": "s", "name": "m", "version": "0.1.0", "drift_type": "Nothing"}, 400),
        ({"uid": "unknown"}, 404),
        ({"uid": "nul\x00"}, 400),
    ],
)
def test_profiles_that_are_not_there_are_refused(admin: HttpClient, body: dict[str, str], status: int) -> None:
    assert admin.post("/scouter/alerts/test", body).status == status


def test_receipts_are_listed(admin: HttpClient, reader: HttpClient, server: Server, pool: Pool) -> None:
    uid = register(admin, SLACK)
    other = register(admin, SLACK, spc_profile(space="elsewhere"))
    put(pool, uid, 1)
    put(pool, uid, 2)
    put(pool, other, 3)
    with pool.connection() as connection:
        claimed = claim_delivery(connection, list(ChannelName), now=NOW, claimed_by="a test", claim_until=NOW)
        assert claimed is not None
        record_delivered(connection, claimed.id, receipt="the service said so", now=NOW)
    everything = admin.get("/scouter/alerts/deliveries").body
    assert [item["alert_ids"] for item in everything["items"]] == [[3], [2], [1]]
    assert (everything["has_next"], everything["next_cursor"]) == (False, None)
    [delivered] = admin.get("/scouter/alerts/deliveries", state="delivered").body["items"]
    assert delivered == {
        "id": delivered["id"],
        "uid": uid,
        "space": "s",
        "name": "m",
        "version": "0.1.0",
        "drift_type": "Spc",
        "channel": "console",
        "alert_ids": [1],
        "state": "delivered",
        "created_at": "2026-01-02T03:04:05Z",
        "attempts": 1,
        "next_attempt_at": None,
        "delivered_at": "2026-01-02T03:04:05Z",
        "last_error": None,
        "receipt": "the service said so",
    }
    assert len(admin.get("/scouter/alerts/deliveries", uid=other).body["items"]) == 1
    assert [item["alert_ids"] for item in reader.get("/scouter/alerts/deliveries").body["items"]] == [[2], [1]]
    assert reader.get("/scouter/alerts/deliveries", uid=other).status == 403
    assert reader.get("/scouter/alerts/deliveries", uid="unknown").status == 404


def test_receipts_come_in_pages(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, SLACK)
    for number in range(5):
        put(pool, uid, number)
    seen, cursor = [], None
    while True:
        page = admin.get("/scouter/alerts/deliveries", uid=uid, limit=2, cursor=cursor).body
        seen += [item["alert_ids"] for item in page["items"]]
        cursor = page["next_cursor"]
        if not page["has_next"]:
            break
    assert seen == [[4], [3], [2], [1], [0]]
    assert cursor is None


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": 501}, {"cursor": "x"}, {"state": "lost"}])
def test_wrong_questions_are_refused(admin: HttpClient, wrong: dict[str, object]) -> None:
    answer = admin.get("/scouter/alerts/deliveries", **wrong)
    assert answer.status == 400
    assert answer.body["field"] == next(iter(wrong))


def test_a_server_delivers_what_is_in_its_outbox(
    database: str, tmp_path: Path, pool: Pool, service: AlertService, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = {"SCOUTER_WEBHOOK_URL": service.url + "/hook"}
    running = Server(settings_for(database, tmp_path, **environment))
    running.start()
    try:
        client = HttpClient(running.address).login()
        uid = register(client, SLACK)
        with pool.connection() as connection:
            entity = entity_by_uid(connection, uid)
            assert entity is not None
            wanted = destinations_of(CONSOLE, settings_for(database, tmp_path, **environment).alerting)
            enqueue(connection, entity.id, notification(1), wanted, NOW)
        service.wait_for("/hook")
        client.close()
    finally:
        running.stop()
    assert "Drift detected: shop/churn/1.0.0" in capsys.readouterr().out


def put(pool: Pool, uid: str, alert_id: int) -> None:
    with pool.connection() as connection:
        entity = entity_by_uid(connection, uid)
        assert entity is not None
        enqueue(connection, entity.id, notification(alert_id), destinations_of(CONSOLE, Settings().alerting), NOW)
