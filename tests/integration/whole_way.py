"""The way of a message, a user and a profile through a server, with everything that a session's settings can spoil."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from scouter.server import Server
from tests.conditions import eventually, probe
from tests.http_client import HttpClient
from tests.metrics_page import sample, samples_at
from tests.profile_documents import registration, spc_profile

_VALUES = [0.1 + 0.2, 1e-300, 12345678.901234567, 2.0]
_SENDERS, _MESSAGES = 8, 10
_NAME = "größe 🚀 Ψ"
_USER, _PASSWORD = "jürgen Ω", "pässwörd 🚀"
_TAG = {"entity_type": "service", "entity_id": "Größe \\ 'q'", "key": "k\\n", "value": 'ü "🚀" \\x'}


class WholeWay:
    """Goes it with one server after the other on the same database."""

    def __init__(self) -> None:
        self._uid = ""

    def go(self, server: Server) -> None:
        """The first server makes what later ones find again."""
        before = samples_at(server.metrics_address)
        client = HttpClient(server.address).login()
        try:
            if not self._uid:
                self._make_user(client)
                self._uid = _register(client)
                self._send(client)
            self._find(client, server)
        finally:
            client.close()
        after = samples_at(server.metrics_address)
        for quiet in ("scouter_breaker_openings_total", "scouter_store_failures_total"):
            assert sample(after, quiet) == sample(before, quiet), quiet
        assert sample(after, "scouter_messages_spooled", transport="http") == 0
        eventually(lambda: _maintained(server).startswith("done at "))

    def _make_user(self, client: HttpClient) -> None:
        user = {"username": _USER, "password": _PASSWORD, "email": "Ω@x", "permissions": ["read:all", "write:ü"]}
        assert client.post("/scouter/user", user).status == 200

    def _send(self, client: HttpClient) -> None:
        for value in _VALUES:
            _store(client, _record(self._uid, "f0", value))
        with ThreadPoolExecutor(_SENDERS) as senders:
            list(senders.map(self._send_some, [client.url] * _SENDERS))
        bad = client.send("POST", "/scouter/message", b'{"records": [\xff\x00\x80]}')
        assert bad.status == 400, bad
        assert client.post("/scouter/tags", {"tags": [_TAG]}).status == 200

    def _send_some(self, url: str) -> None:
        client = HttpClient(url).login()
        for _ in range(_MESSAGES):
            _store(client, _record(self._uid, "f1", 2.0))
        client.close()

    def _find(self, client: HttpClient, server: Server) -> None:
        assert _charts(client, self._uid) == {"f0": [sum(_VALUES) / len(_VALUES)], "f1": [2.0]}
        found = client.get("/scouter/tags", entity_type="service", entity_id=_TAG["entity_id"]).body["tags"]
        assert [(tag["key"], tag["value"]) for tag in found] == [(_TAG["key"], _TAG["value"])]
        users = client.get("/scouter/user").body["users"]
        assert next(user["permissions"] for user in users if user["username"] == _USER) == ["read:all", "write:ü"]
        ledger = client.get("/scouter/ledger").body["transports"]["http"]
        assert ledger["stored"] == len(_VALUES) + _SENDERS * _MESSAGES, ledger


def _register(client: HttpClient) -> str:
    profile = spc_profile(name=_NAME)
    answer = client.post("/scouter/profile", registration(profile, active=True))
    assert answer.status == 200, answer
    listed = client.get("/scouter/profiles", space="s").body["items"]
    assert [each["name"] for each in listed] == [_NAME]
    return str(answer.body["uid"])


def _store(client: HttpClient, record: dict[str, Any]) -> None:
    answer = client.post("/scouter/message", {"records": [record]})
    assert answer.status == 200, answer
    assert (answer.body["stored"], answer.body.get("spooled", False)) == (1, False), answer


def _record(uid: str, feature: str, value: float) -> dict[str, Any]:
    return {"Spc": {"created_at": datetime.now(UTC).isoformat(), "uid": uid, "feature": feature, "value": value}}


def _charts(client: HttpClient, uid: str) -> dict[str, list[float]]:
    asked = {"uid": uid, "space": "s", "time_interval": "TwentyFourHours", "max_data_points": 1}
    answer = client.get("/scouter/drift/spc", **asked)
    return {name: feature["values"] for name, feature in answer.body["features"].items()}


def _maintained(server: Server) -> str:
    return str(probe(server.address).body["parts"]["last maintenance"]["says"])
