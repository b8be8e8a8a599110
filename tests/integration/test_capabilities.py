"""What the server says it can do is what it can do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scouter.server import Server
from scouter.version import VERSION
from tests.http_client import HttpClient

SAMPLE = Path(__file__).parents[1] / "contract" / "samples" / "http-only" / "capabilities.json"
PATH = "/scouter/api/v1/capabilities"


def test_capabilities_are_public_and_honest(server: Server) -> None:
    answer = HttpClient(server.address).get(PATH)
    assert answer.status == 200
    sample = json.loads(SAMPLE.read_text())["response"]["body"]
    assert set(answer.body) == set(sample)
    assert (answer.body["api_version"], answer.body["server_version"]) == ("1.0.0", VERSION)
    assert set(answer.body["features"]) == set(sample["features"])
    assert [name for name, there in answer.body["features"].items() if there] == ["drift_detection", "alerting"]
    assert answer.body["auth"] == sample["auth"]


def test_names_of_the_wire_stand_for_what_they_always_have(server: Server) -> None:
    endpoints = HttpClient(server.address).get(PATH).body["endpoints"]
    expected = json.loads(SAMPLE.read_text())["response"]["body"]["endpoints"]
    there = {name: where for name, where in expected.items() if name in endpoints}
    assert endpoints == {**endpoints, **there}
    assert {"drift_spc", "drift_psi", "drift_custom", "profile_insert", "alerts_list", "tags_list"} <= set(endpoints)
    assert not {name for name in endpoints if "trace" in name or "agent" in name or "dataset" in name}


def test_every_endpoint_is_there(server: Server) -> None:
    client = HttpClient(server.address)
    endpoints = client.get(PATH).body["endpoints"]
    assert len(endpoints) > 15
    for name, where in endpoints.items():
        method, _, path = where.rpartition(" ")
        answer = client.send(
            method or "GET", path.replace("{", "").replace("}", ""), b"{}" if method != "GET" else None
        )
        assert answer.status not in (404, 405), name


@pytest.mark.shares_server("refusals")
@pytest.mark.parametrize("path", [PATH, "/scouter/healthcheck", "/scouter/profile", "/scouter/nothing/here"])
def test_every_reply_names_the_version_of_the_interface(server: Server, path: str) -> None:
    headers = {name.lower(): value for name, value in HttpClient(server.address).get(path).headers.items()}
    assert headers["x-scouter-api-version"] == "1.0.0"


@pytest.mark.shares_server("refusals")
@pytest.mark.parametrize(
    ("method", "path", "about"),
    [
        ("POST", "/scouter/trace/paginated", "traces"),
        ("GET", "/scouter/trace/spans?trace_id=00", "traces"),
        ("POST", "/scouter/trace/spans/filters", "traces"),
        ("POST", "/scouter/trace/metrics", "traces"),
        ("GET", "/scouter/trace/baggage", "traces"),
        ("POST", "/scouter/v1/traces", "traces"),
        ("POST", "/v1/traces", "traces"),
        ("GET", "/scouter/v1/traces/00/spans", "traces"),
        ("GET", "/scouter/service/graph", "traces"),
        ("GET", "/scouter/drift/genai/workflow", "language models"),
        ("GET", "/scouter/drift/agent/task", "language models"),
        ("GET", "/scouter/drift/llm", "language models"),
        ("POST", "/scouter/drift/llm/records", "language models"),
        ("POST", "/scouter/genai/page/record", "language models"),
        ("POST", "/scouter/agent/page/record", "language models"),
        ("GET", "/scouter/eval/scenarios", "language models"),
        ("GET", "//scouter/datasets", "datasets"),
        ("PUT", "/scouter/datasets/x/", "datasets"),
    ],
)
def test_routes_of_the_client_that_are_not_here_are_told_so(server: Server, method: str, path: str, about: str) -> None:
    answer = HttpClient(server.address).send(method, path, b"{}")
    assert (answer.status, answer.body["code"]) == (501, "NOT_SUPPORTED")
    assert about in answer.body["error"]


@pytest.mark.shares_server("refusals")
@pytest.mark.parametrize(
    "path", ["/scouter/tracer", "/scouter/drift/genaix", "/scouter/datasetsx", "/v1/metrics", "/x"]
)
def test_what_nobody_calls_is_not_found(server: Server, path: str) -> None:
    answer = HttpClient(server.address).get(path)
    assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")
