"""Everything that was recorded from the real clients, sent again: only timestamps and the server's own uids differ."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.http_client import Answer, HttpClient

SAMPLES = Path(__file__).parents[1] / "contract" / "samples"
VERSIONS = ("0.25.0", "0.9.0", "0.6.4")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")


def sample(version: str, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SAMPLES / version / f"{name}.json").read_text())
    return document


def names(version: str, pattern: str) -> list[str]:
    return sorted(path.name.removesuffix(".json") for path in (SAMPLES / version).glob(f"{pattern}.json"))


def every(pattern: str) -> list[Any]:
    return [
        pytest.param(version, name, id=f"{version}-{name}") for version in VERSIONS for name in names(version, pattern)
    ]


def replay(client: HttpClient, recorded: dict[str, Any], **replaced: str) -> Answer:
    """Send a recorded request. `replaced` are texts to put in the place of others, in the body and in the query."""
    query, body = recorded["raw_query"], recorded["body"]
    text = json.dumps(body)
    for old, new in replaced.items():
        text, query = text.replace(old, new), query.replace(old, new)
    target = recorded["path"] + (f"?{query}" if query else "")
    return client.send(recorded["method"], target, text.encode() if body is not None else None)


def naming(recorded: dict[str, Any], registered: dict[str, Any]) -> dict[str, str]:
    """What to replace in a recorded query, so that it asks for a profile that was registered here."""
    query = recorded["query"]
    if "uid" in query:
        return {query["uid"]: registered["uid"]}
    return {f"name={query['name']}&": f"name={registered['name']}&"}


def shifted(recorded: dict[str, Any]) -> dict[str, Any]:
    """The same records a minute ago, as far apart as they were."""
    text = json.dumps(recorded)
    stamps = sorted(_STAMP.findall(text))
    if not stamps:
        return recorded
    second = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S")
    assert {stamp[:19] for stamp in stamps} == {stamps[0][:19]}, "a batch within one second"
    moved: dict[str, Any] = json.loads(_STAMP.sub(lambda match: second + match[0][19:], text))
    return moved


def has_all(template: Any, got: Any, path: str = "$") -> None:
    """Every key of the smallest reply that the client took is there, with a value of the same JSON type."""
    if isinstance(template, dict):
        assert isinstance(got, dict), path
        for key, value in template.items():
            assert key in got, f"{path}.{key} is missing"
            has_all(value, got[key], f"{path}.{key}")
    elif template is not None:
        assert isinstance(got, type(template) if not isinstance(template, float) else (int, float)), path


@pytest.mark.shares_server
@pytest.mark.parametrize(("version", "name"), every("register_profile.*.request"))
def test_every_recorded_registration_is_accepted_and_comes_back(admin: HttpClient, version: str, name: str) -> None:
    recorded = sample(version, name)
    answer = replay(admin, recorded)
    assert answer.status == 200, answer
    has_all(sample("0.25.0", "register_profile.response")["minimal_body"], answer.body)
    sent = json.loads(recorded["body"]["profile"])
    kind = recorded["body"]["drift_type"]
    identity = {key: answer.body[key] for key in ("space", "name", "version")}
    stored = admin.get("/scouter/profile", drift_type=kind, **identity).body[kind]
    assert stored["config"]["uid"] == answer.body["uid"]
    for part in ("features", "metrics"):
        assert stored.get(part) == sent.get(part)
    dispatch = stored["config"]["alert_config"]["dispatch_config"]
    assert dispatch == sent["config"]["alert_config"]["dispatch_config"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["spc", "psi", "custom"])
def test_recorded_batches_are_stored_and_charted(admin: HttpClient, version: str, kind: str) -> None:
    registered = replay(admin, sample(version, f"register_profile.{kind}.request")).body
    recorded = shifted(sample(version, f"queue.{kind}.request"))
    old_uids = set(re.findall(r'"uid": "([^"]+)"', json.dumps(recorded)))
    answer = replay(admin, recorded, **dict.fromkeys(old_uids, registered["uid"]))
    records = recorded["body"]["records"]
    assert (answer.status, answer.body["stored"], answer.body["skipped"]) == (200, len(records), {})
    chart = sample(version, f"get_binned_drift.{kind}.request")
    shown = replay(admin, chart, **naming(chart, registered))
    assert shown.status == 200, shown
    compare(kind, [next(iter(record.values())) for record in records], shown.body)


def compare(kind: str, records: list[dict[str, Any]], chart: dict[str, Any]) -> None:
    if kind == "spc":
        assert {name: part["values"] for name, part in chart["features"].items()} == {
            record["feature"]: [record["value"]] for record in records
        }
    elif kind == "custom":
        assert {name: part["stats"][0]["avg"] for name, part in chart["metrics"].items()} == {
            record["metric"]: record["value"] for record in records
        }
    else:
        for name, part in chart["features"].items():
            counts = {str(r["bin_id"]): r["bin_count"] for r in records if r["feature"] == name}
            total = sum(counts.values())
            assert part["bins"] == pytest.approx({key: count / total for key, count in counts.items()})


@pytest.mark.shares_server
@pytest.mark.parametrize("version", VERSIONS)
def test_null_values_and_empty_batches_are_no_error(admin: HttpClient, version: str) -> None:
    for kind in ("spc", "custom"):
        registered = replay(admin, sample(version, f"register_profile.{kind}.request")).body
        recorded = shifted(sample(version, f"queue.{kind}.nan.request"))
        record = next(iter(recorded["body"]["records"][0].values()))
        if "uid" in record:
            record["uid"] = registered["uid"]
        else:
            record.update({key: registered[key] for key in ("space", "name", "version")})
        answer = replay(admin, recorded)
        assert (answer.status, answer.body["stored"], answer.body["skipped"]) == (200, 0, {"null_value": 1})
    assert replay(admin, sample(version, "queue.empty.request")).status == 200


@pytest.mark.shares_server
@pytest.mark.parametrize(("version", "name"), every("update_profile_status*.request"))
def test_recorded_status_updates_are_accepted(admin: HttpClient, version: str, name: str) -> None:
    answer = replay(admin, sample(version, name))
    assert answer.status == 200
    has_all(sample(version, "update_profile_status.response")["body"], answer.body)


@pytest.mark.shares_server
@pytest.mark.parametrize(("version", "name"), every("get_binned_drift.*.custom_interval.request"))
def test_recorded_custom_windows_are_understood(admin: HttpClient, version: str, name: str) -> None:
    recorded = sample(version, name)
    registered = replay(admin, sample(version, "register_profile.spc.request")).body
    answer = replay(admin, recorded, **naming(recorded, registered))
    assert (answer.status, answer.body) == (200, {"features": {}})


@pytest.mark.parametrize("version", ["0.9.0", "0.6.4"])
def test_reserved_characters_in_a_recorded_query_are_decoded(admin: HttpClient, version: str) -> None:
    recorded = sample(version, "get_binned_drift.spc.reserved_characters.request")
    query = recorded["query"]
    profile = json.loads(sample(version, "register_profile.spc.request")["body"]["profile"])
    profile["config"].update({key: query[key] for key in ("space", "name", "version")})
    body = {"space": query["space"], "drift_type": "Spc", "profile": json.dumps(profile)}
    assert admin.post("/scouter/profile", body).status == 200
    assert replay(admin, recorded).status == 200


@pytest.mark.shares_server
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["spc", "psi", "custom"])
def test_downloads_hold_what_each_client_requires(admin: HttpClient, version: str, kind: str) -> None:
    registered = replay(admin, sample(version, f"register_profile.{kind}.request")).body
    for reader in VERSIONS:
        query = {key: registered[key] for key in ("space", "name", "version")}
        answer = admin.get("/scouter/profile", drift_type=kind.capitalize(), **query)
        assert answer.status == 200
        for path in sample(reader, f"download_profile.{kind}.response")["required"]:
            require(answer.body, path.split("."))


def require(got: Any, steps: list[str]) -> None:
    """Follow a path such as `Psi.features.<feature>.bins[].id`; a placeholder stands for every entry of a map."""
    if not steps:
        return
    step, rest = steps[0], steps[1:]
    if step.startswith("<"):
        for entry in got.values():
            require(entry, rest)
    elif step.endswith("[]"):
        for entry in got[step.removesuffix("[]")]:
            require(entry, rest)
    elif step in {"Slack", "OpsGenie", "Console"} and step not in got:
        return
    else:
        assert step in got, f"{step} is missing in {sorted(got)}"
        require(got[step], rest)


def test_recorded_spans_and_tags_do_no_harm(admin: HttpClient) -> None:
    spans = replay(admin, sample("0.25.0", "tracing.span.request"))
    assert (spans.status, spans.body["code"]) == (400, "NOT_SUPPORTED")
    for name in ("message.tag", "tags.insert", "tags.entity"):
        recorded = sample("http-only", name)
        answer = admin.post(recorded["request"]["path"], recorded["request"]["body"])
        has_all(recorded["response"]["body"], answer.body)
        assert answer.status == 200
    assert answer.body["entity_id"] == ["abc"]
    tag = {"entity_type": "trace", "entity_id": "abc", "key": "k", "value": "v"}
    assert admin.post("/scouter/tags", {"tags": [tag]}).status == 200
    listed = replay(admin, sample("0.25.0", "get_tags.request"))
    assert (listed.status, listed.body) == (200, sample("0.25.0", "get_tags.response")["body"])
    assert replay(admin, sample("0.25.0", "queue.empty.request")).status == 200


@pytest.mark.shares_server
@pytest.mark.parametrize(("version", "name"), every("get_alerts*.request"))
def test_recorded_questions_for_alerts_are_answered(admin: HttpClient, version: str, name: str) -> None:
    recorded = sample(version, name)
    registered = replay(admin, sample(version, "register_profile.spc.request")).body
    sent = recorded["body"] or recorded["query"]
    answer = replay(admin, recorded, **({sent["uid"]: registered["uid"]} if "uid" in sent else {}))
    assert answer.status == 200, answer
    # What a page says when it is empty; one that was asked for by cursor has another before it.
    expected = {**sample(version, "get_alerts.response")["empty_body"]}
    if "has_previous" in expected:
        expected |= {"next_cursor": None, "previous_cursor": None, "has_previous": sent["cursor_id"] is not None}
    assert answer.body == expected


@pytest.mark.parametrize("wire", ["current", "legacy"])
def test_the_shape_of_request_metrics_is_the_documented_one(admin: HttpClient, wire: str) -> None:
    recorded = sample("http-only", "observability.metrics")
    uid = replay(admin, sample("0.25.0", "register_profile.spc.request")).body["uid"]
    records = json.dumps(sample("0.25.0", "observer.records")["body"]).replace("<uid>", uid)
    assert admin.send("POST", "/scouter/message", records.encode()).status == 200
    legacy = json.dumps(sample("0.6.4", "observer.records")["body"])
    assert admin.send("POST", "/scouter/drift", legacy.encode()).status == 200
    request = recorded["requests"][wire]
    query = {key: value.replace("<uid>", uid) for key, value in request["query"].items()}
    answer = admin.get(request["path"], **query)
    assert answer.status == 200
    [series] = answer.body["data"]
    has_all(recorded["response"]["body"]["data"][0], series)
    assert set(series) == set(recorded["response"]["body"]["data"][0])
