"""A plain HTTP client for tests: what is sent and answered, with nothing in between."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]


class HttpClient:
    """One connection to a server; every request carries what the published clients send."""

    def __init__(self, url: str, username: str = "admin", password: str = "admin") -> None:
        parts = urlsplit(url)
        self.username, self.password = username, password
        self.token: str | None = None
        self.url = url
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def login(self) -> HttpClient:
        answer = self.get("/scouter/auth/login")
        assert answer.status == 200, answer
        self.token = answer.body["token"]
        return self

    def get(self, path: str, **query: object) -> Answer:
        given = {name: value for name, value in query.items() if value is not None}
        return self.send("GET", path + ("?" + urlencode(given, doseq=True) if given else ""))

    def post(self, path: str, body: object) -> Answer:
        return self.send("POST", path, json.dumps(body).encode())

    def put(self, path: str, body: object) -> Answer:
        return self.send("PUT", path, json.dumps(body).encode())

    def delete(self, path: str) -> Answer:
        return self.send("DELETE", path)

    def send(
        self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        sent = {"accept": "*/*", "username": self.username, "password": self.password}
        if self.token is not None:
            sent["authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["content-type"] = "application/json"
        self._connection.request(method, target, body, {**sent, **(headers or {})})
        reply = self._connection.getresponse()
        text = reply.read()
        is_json = reply.headers.get_content_type() == "application/json"
        return Answer(reply.status, json.loads(text) if is_json and text else text, dict(reply.getheaders()))

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
