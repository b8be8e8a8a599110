"""Drift, from the published client's queue to its `get_alerts` and to Slack, OpsGenie, the webhook and the console."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from scouter.alerting.channels.webhook import SIGNATURE_HEADER, TIMESTAMP_HEADER, signature_of
from tests.alert_service import AlertService, Answer, Hang, Received, rate_limited, slack_error
from tests.client.client_session import ClientSession
from tests.client.conftest import started_clients
from tests.client.expected_charts import alike
from tests.client.watched_models import (
    ALLOWANCE,
    DISPATCH,
    DRIFTED,
    DRIFTED_MAE,
    OPSGENIE_TEAM,
    PSI_BATCH,
    SLACK_CHANNEL,
    SPACE,
    WatchedModels,
    expected_psi,
)
from tests.server_process import PreparedServer, ServerProcess

SLACK, OPSGENIE, HOOK = "/api/chat.postMessage", "/v2/alerts", "/hook/k3y"
CHI_SQUARE_95_OF_9 = 16.918977604620448  # ten bins
SAMPLES = {
    "Spc": {"f0": 1, "f1": 1},
    "Psi": dict.fromkeys(("color", "f0", "f1"), PSI_BATCH),
    "Custom": {"mae": 1, "rmse": 1},
}
CHANNELS = {"Spc": {"slack", "webhook"}, "Psi": {"opsgenie", "webhook"}, "Custom": {"console", "webhook"}}


def environment(url: str) -> dict[str, str]:
    return {
        "SCOUTER_MESSAGES": "every_alert",
        "SCOUTER_WINDOW_GRACE_SECONDS": "2",
        "SLACK_API_URL": url + "/api",
        "SLACK_APP_TOKEN": "xoxb-secret",
        "OPSGENIE_API_URL": url + OPSGENIE,
        "OPSGENIE_API_KEY": "genie-secret",
        "SCOUTER_WEBHOOK_URL": url + HOOK,
        "SCOUTER_WEBHOOK_SECRET": "sign-secret",
    }


@pytest.fixture(scope="module")
def service() -> Iterator[AlertService]:
    with AlertService() as running:
        yield running


@pytest.fixture(scope="module")
def server(service: AlertService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with PreparedServer(tmp_path_factory.mktemp("server"), environment(service.url)) as running:
        yield running


@pytest.fixture(scope="module")
def every_version(
    server: ServerProcess, client_pythons: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, WatchedModels]]:
    """Models of each version, all at the same time; every one of them has had its data checked."""
    with started_clients(client_pythons, tmp_path_factory.mktemp("clients")) as clients:
        watched = {version: WatchedModels(client, server, version) for version, client in clients.items()}
        with ThreadPoolExecutor(len(watched)) as threads:
            for ended in [threads.submit(_play, models) for models in watched.values()]:
                ended.result()
        yield watched


def _play(models: WatchedModels) -> None:
    models.begin()
    for alias in models.registered:
        models.insert(alias)
    for alias in models.registered:
        models.wait_for(lambda alias=alias: models.runs(alias))  # type: ignore[misc]


@pytest.fixture
def models(every_version: Mapping[str, WatchedModels], version: str) -> WatchedModels:
    return every_version[version]


@pytest.mark.parametrize("drift_type", DISPATCH)
def test_the_client_gets_the_alert_of_what_drifted_and_no_other(
    models: WatchedModels, version: str, drift_type: str
) -> None:
    (alert,) = models.alerts(f"drifting {drift_type}")
    assert (alert["about"], alert["active"]) == (DRIFTED[drift_type], True)
    psi = expected_psi(models.registered["drifting Psi"]["document"])
    if version == "0.25.0":
        assert alike(alert["alert"], current_alert(drift_type, psi)), alert
    else:
        assert alike(with_numbers(alert["alert"]), with_numbers(legacy_alert(drift_type, psi))), alert


@pytest.mark.parametrize("drift_type", DISPATCH)
def test_data_as_in_training_raises_no_alert(models: WatchedModels, drift_type: str) -> None:
    alias = f"steady {drift_type}"
    assert [run["outcome"] for run in models.runs(alias)] == ["ok"]
    assert models.alerts(alias) == []
    assert models.deliveries(alias) == {}


@pytest.mark.parametrize("drift_type", DISPATCH)
def test_the_run_says_what_was_seen_in_a_window_of_the_schedule(models: WatchedModels, drift_type: str) -> None:
    (run,) = models.runs(f"drifting {drift_type}", outcome="alert")
    start, end, started = (datetime.fromisoformat(run[name]) for name in ("window_start", "window_end", "started_at"))
    assert start < end < started
    assert (end.second % 2, end.microsecond) == (0, 0)
    assert (run["space"], run["name"], run["drift_type"]) == (SPACE, models.name(f"drifting {drift_type}"), drift_type)
    assert (run["error"], run["note"]) == (None, None)
    result = run["result"]
    assert (result["not_checked"], len(result["alerts"])) == ([], 1)
    samples = {one["name"]: one["samples"] for one in result["observations"]}
    assert samples == SAMPLES[drift_type]


@pytest.mark.parametrize("drift_type", DISPATCH)
def test_every_channel_gives_a_receipt(models: WatchedModels, drift_type: str) -> None:
    alias = f"drifting {drift_type}"
    deliveries = delivered(models, alias, *CHANNELS[drift_type])
    (alert,) = models.alerts(alias)
    assert set(deliveries) == CHANNELS[drift_type]
    for delivery in deliveries.values():
        assert (delivery["alert_ids"], delivery["attempts"], delivery["last_error"]) == ([alert["id"]], 1, None)
        assert delivery["receipt"]


def test_slack_is_told_once_and_in_its_own_form(service: AlertService, models: WatchedModels) -> None:
    delivered(models, "drifting Spc", "slack")
    (request,) = about(service.requests(SLACK), models.name("drifting Spc"))
    assert request.headers["Authorization"] == "Bearer xoxb-secret"
    assert request.json["channel"] == SLACK_CHANNEL
    header, profile, description = request.json["blocks"]
    assert (header["type"], header["text"]["type"], header["text"]["emoji"]) == ("header", "plain_text", True)
    for line in (f"*Name:* {models.name('drifting Spc')}", "*Space:* wätch a &amp; b", "*Version:* 0.1.0"):
        assert line in profile["text"]["text"].splitlines()
    assert description["text"]["text"].splitlines()[1:] == ["f0:", "    Kind: Out of bounds, Zone: Zone 4"]


def test_opsgenie_is_told_once_and_in_its_own_form(service: AlertService, models: WatchedModels) -> None:
    delivered(models, "drifting Psi", "opsgenie")
    (request,) = about(service.requests(OPSGENIE), models.name("drifting Psi"))
    assert request.headers["Authorization"] == "GenieKey genie-secret"
    team = [{"name": OPSGENIE_TEAM, "type": "team"}]
    body = request.json
    assert (body["responders"], body["visibleTo"], body["priority"]) == (team, team, "P2")
    assert body["tags"] == ["Model Drift", "Scouter"]
    assert models.profile("drifting Psi") in body["message"]
    assert body["description"].splitlines()[1:2] == ["    f0:"]
    assert body["alias"]


@pytest.mark.parametrize("drift_type", DISPATCH)
def test_the_webhook_is_told_everything_once_and_signed(
    service: AlertService, models: WatchedModels, drift_type: str
) -> None:
    alias = f"drifting {drift_type}"
    delivered(models, alias, "webhook")
    (request,) = about(service.requests(HOOK), models.name(alias))
    signature = signature_of("sign-secret", request.headers[TIMESTAMP_HEADER], request.body)
    assert request.headers[SIGNATURE_HEADER] == signature
    body = request.json
    (alert,) = models.alerts(alias)
    assert (body["space"], body["name"], body["drift_type"]) == (SPACE, models.name(alias), drift_type)
    assert (body["test"], body["late"], body["alert_ids"]) == (False, False, [alert["id"]])
    psi = expected_psi(models.registered["drifting Psi"]["document"])
    (told,) = body["alerts"]
    assert (told["id"], told["entity_name"]) == (alert["id"], DRIFTED[drift_type])
    assert alike(told["alert"], current_alert(drift_type, psi)), told


def test_the_console_prints_it_once(models: WatchedModels) -> None:
    delivered(models, "drifting Custom", "console")
    heading = f"Drift detected: {models.profile('drifting Custom')} (Custom)\n"
    (_, block) = models.server.log.split(heading)
    assert block.splitlines()[0].startswith("The metric mae rose above")


@pytest.mark.parametrize("drift_type", DISPATCH)
def test_nobody_is_told_of_data_as_in_training(service: AlertService, models: WatchedModels, drift_type: str) -> None:
    name = models.name(f"steady {drift_type}")
    assert [about(service.requests(path), name) for path in (SLACK, OPSGENIE, HOOK)] == [[], [], []]
    assert f"/{name}/" not in models.server.log


@pytest.mark.parametrize("drift_type", DISPATCH)
def test_an_acknowledged_alert_is_active_no_longer(models: WatchedModels, version: str, drift_type: str) -> None:
    alias = f"drifting {drift_type}"
    (alert,) = models.alerts(alias, active=True)
    for active in (False, True):  # and back, as other tests want it
        changed = models.http.put("/scouter/alerts", {"id": alert["id"], "active": active, "space": SPACE})
        assert (changed.status, changed.body) == (200, {"updated": True})
        assert models.alerts(alias, active=True) == ([alert] if active else [])
        assert models.alerts(alias) == [{**alert, "active": active}]
        if version == "0.25.0":  # older clients cannot ask for these alone
            assert models.alerts(alias, active=False) == ([] if active else [{**alert, "active": False}])


@pytest.mark.quiet
@pytest.mark.timeout(60)
def test_a_service_in_trouble_is_asked_again_and_delays_nobody(
    client_pythons: Mapping[str, Path], tmp_path: Path
) -> None:
    """OpsGenie hangs all the time. Slack fails three times, and is told in the end; later it refuses for good."""
    service = AlertService()
    settings = {**environment(service.url), "SCOUTER_ALERT_TIMEOUT_SECONDS": "50", "SCOUTER_WINDOW_GRACE_SECONDS": "1"}
    limited = Answer(200, {"ok": False, "error": "ratelimited"}, {"Retry-After": "1"})
    service.behave(SLACK, Answer(500, "down"), rate_limited(1), limited, Answer())
    service.behave(OPSGENIE, Hang())
    with (
        PreparedServer(tmp_path / "server", settings) as server,
        service,  # ends first, and with it what hangs
        ClientSession(client_pythons["0.25.0"], tmp_path / "client") as client,
    ):
        models = WatchedModels(client, server, "in trouble")
        models.begin()
        models.insert("drifting Psi")
        service.wait_for(OPSGENIE, seconds=20)
        begun = time.monotonic()
        models.insert("drifting Custom")
        models.insert("drifting Spc")
        delivered(models, "drifting Custom", "console", "webhook")
        delivered(models, "drifting Spc", "webhook")
        assert time.monotonic() - begun < 10  # a window, its grace and a check
        slack = delivered(models, "drifting Spc", "slack")["slack"]
        assert (slack["attempts"], slack["last_error"]) == (4, "127.0.0.1 answered ratelimited")
        moments = [request.at for request in about(service.requests(SLACK), models.name("drifting Spc"))]
        assert len(moments) == 4
        assert all(later - earlier >= 1 for earlier, later in pairwise(moments))

        service.behave(SLACK, slack_error("channel_not_found"))
        models.insert("drifting Spc")
        refused = models.wait_for(lambda: in_state(models, "drifting Spc", "given_up", "slack"))["slack"]
        assert (refused["attempts"], refused["last_error"]) == (1, "127.0.0.1 answered channel_not_found")
        assert len(models.alerts("drifting Spc")) == 2

        tested = models.http.post("/scouter/alerts/test", {"uid": refused["uid"]}).body
        said = {channel["channel"]: channel["outcome"] for channel in tested["channels"]}
        assert (tested["delivered"], said) == (False, {"slack": "refused", "webhook": "delivered"})

        hanging = models.deliveries("drifting Psi")
        assert (hanging["opsgenie"]["state"], hanging["webhook"]["state"]) == ("pending", "delivered")
        assert len(service.requests(OPSGENIE)) == 1


def current_alert(drift_type: str, psi: float) -> dict[str, Any]:
    """With the numbers of one sample or batch."""
    alerts: dict[str, dict[str, Any]] = {
        "Spc": {"Spc": {"feature": "f0", "kind": "OutOfBounds", "zone": "Zone4"}},
        "Psi": {"Psi": {"feature": "f0", "drift": psi, "threshold": CHI_SQUARE_95_OF_9 / PSI_BATCH}},
        "Custom": {
            "Custom": {
                "metric_name": "mae",
                "baseline_value": 1.0,
                "observed_value": DRIFTED_MAE,
                "delta": ALLOWANCE,
                "alert_threshold": "Above",
            }
        },
    }
    return alerts[drift_type]


def legacy_alert(drift_type: str, psi: float) -> dict[str, str]:
    return {
        "Spc": {"entity_name": "f0", "kind": "Out of bounds", "zone": "Zone 4"},
        "Psi": {"entity_name": "f0", "psi": str(psi), "threshold": str(CHI_SQUARE_95_OF_9 / PSI_BATCH)},
        "Custom": {
            "entity_name": "mae",
            "training_metric_value": "1",
            "observed_metric_value": "3",
            "alert_threshold_value": "0.5",
            "alert_threshold": "Above",
        },
    }[drift_type]


def with_numbers(alert: Mapping[str, Any]) -> dict[str, Any]:
    """The legacy wire sends numbers as texts."""
    assert all(isinstance(value, str) for value in alert.values())
    return {name: float(value) if value[0].isdigit() else value for name, value in alert.items()}


def about(requests: list[Received], name: str) -> list[Received]:
    return [request for request in requests if name in request.body.decode()]


def in_state(models: WatchedModels, alias: str, state: str, *channels: str) -> dict[str, dict[str, Any]]:
    """The newest deliveries, if those of these channels are in that state; otherwise none."""
    found = models.deliveries(alias)
    return found if all(found[channel]["state"] == state for channel in channels) else {}


def delivered(models: WatchedModels, alias: str, *channels: str) -> dict[str, dict[str, Any]]:
    return models.wait_for(lambda: in_state(models, alias, "delivered", *channels))
