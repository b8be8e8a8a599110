"""Whatever is sent, the answer is an answer: never a 5xx, never a stack trace, and the server goes on."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scouter.server import Server
from tests.http_client import HttpClient
from tests.profile_documents import registration, spc_profile

KEYS = """records Spc Psi Custom Observability created_at uid feature value bin_id bin_count space name version
    drift_type profile version_request active route_metrics metric tags
    entity_type entity_id key match_all after id limit direction cursor_created_at cursor_id start_datetime"""
keys = st.sampled_from(KEYS.split())
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["2026-11-22T00:00:00Z", "Spc", "s", "m", "0.1.0", "\x00", "9" * 40]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=12,
)
fuzzing = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@fuzzing
@given(body=values)
def test_any_json_gets_a_clear_answer(admin: HttpClient, body: Any) -> None:
    for method, path in (
        ("POST", "/scouter/message"),
        ("POST", "/scouter/profile"),
        ("PUT", "/scouter/profile/status"),
        ("POST", "/scouter/alerts"),
        ("PUT", "/scouter/alerts"),
        ("POST", "/scouter/tags"),
        ("POST", "/scouter/tags/entity"),
    ):
        answer = admin.send(method, path, json.dumps(body).encode())
        assert answer.status < 500, (path, body, answer)
        if answer.status >= 400:
            assert answer.body["error"]
            assert "Traceback" not in answer.body["error"]


@fuzzing
@given(raw=st.binary(max_size=200))
def test_any_bytes_get_a_clear_answer(admin: HttpClient, raw: bytes) -> None:
    assert admin.send("POST", "/scouter/drift", raw).status == 400


@fuzzing
@given(
    query=st.dictionaries(
        st.sampled_from(["uid", "space", "name", "version", "time_interval", "max_data_points", "drift_type"])
        | st.sampled_from(
            ["start_custom_datetime", "end_custom_datetime", "entity_type", "entity_id", "since", "until"]
        )
        | st.sampled_from(["limit", "limit_datetime", "active", "direction", "cursor_created_at", "cursor_id"]),
        st.text(max_size=20) | st.sampled_from(["OneHour", "10", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z"]),
    )
)
def test_any_query_gets_a_clear_answer(admin: HttpClient, query: dict[str, str]) -> None:
    for path in ("drift/spc", "drift/psi", "drift/custom", "profile", "alerts", "alerts/recent", "tags"):
        assert admin.get(f"/scouter/{path}", **query).status < 500, (path, query)
    assert admin.get("/scouter/observability/metrics", **query).status < 500, query


@pytest.mark.shares_server
@pytest.mark.parametrize(
    ("change", "stored"),
    [
        ({"created_at": "0001-01-01T00:00:00Z"}, 0),
        ({"created_at": "9999-12-31T23:59:59Z"}, 0),
        ({"created_at": "1999-12-31T23:59:59Z"}, 0),
        ({"value": 1e308}, 1),
        ({"value": -0.0}, 1),
        ({"value": 5e-324}, 1),
        ({"feature": "ü" * 1024}, 1),
    ],
)
def test_extreme_values_are_stored_or_skipped(admin: HttpClient, change: dict[str, Any], stored: int) -> None:
    uid = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    record = {"created_at": "2026-11-22T00:00:00Z", "uid": uid, "feature": "f0", "value": 1.0, **change}
    if "created_at" not in change:
        from datetime import UTC, datetime

        record["created_at"] = datetime.now(UTC).isoformat()
    answer = admin.post("/scouter/message", {"records": [{"Spc": record}]})
    assert (answer.status, answer.body["stored"]) == (200, stored), answer


@pytest.mark.shares_server
@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x00" * 100 + b"\r\n\r\n",
        b"POST /scouter/message HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /scouter/message HTTP/1.1\r\nContent-Length: ten\r\n\r\n",
        b"GET /scouter/auth/login HTTP/1.1\r\nusername: \xff\xfe\r\npassword: \xff\r\n\r\n",
        b"GET /%ff%fe%00 HTTP/1.1\r\n\r\n",
        b"GET /scouter/profile?name=%ff&space=%00 HTTP/1.1\r\n\r\n",
    ],
)
def test_broken_http_harms_nobody(server: Server, admin: HttpClient, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(server.address).port or 0), timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        reply = connection.recv(65536)
    assert b" 500 " not in reply.split(b"\r\n")[0]
    assert b"Traceback" not in reply
    assert admin.get("/scouter/auth/validate").status == 200
