"""A stand-in for Slack, OpsGenie, PagerDuty, Teams and webhooks: a real HTTP server that does as it is told, by path.

    with AlertService() as service:
        service.behave("/hook", Answer(500), Answer(200))   # the first, then the last of them for ever
        ... service.url + "/hook" ...
        service.requests("/hook")

What it has not been told about answers 200 with `{"ok": true}`, which is good news in every dialect. Services that
remember what they were sent are in `tests/alert_services.py`: `service.become("/api/", slack)`.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol, Self


@dataclass(frozen=True)
class Answer:
    """An ordinary answer. A body that is no text is sent as JSON."""

    status: int = 200
    body: Any = field(default_factory=lambda: {"ok": True, "channel": "C1", "ts": "1.2"})
    headers: Mapping[str, str] = field(default_factory=dict)
    after_seconds: float = 0.0


@dataclass(frozen=True)
class Hang:
    """Take the request and say nothing, until the service is stopped."""


@dataclass(frozen=True)
class Drip:
    """Begin an answer and go on with one byte at a time, so that no single read takes long."""

    every_seconds: float = 0.05


@dataclass(frozen=True)
class Drop:
    """Take the request and cut the connection."""


Behaviour = Answer | Hang | Drip | Drop

OK = Answer()


def slack_error(code: str) -> Answer:
    return Answer(200, {"ok": False, "error": code})


def rate_limited(seconds: int) -> Answer:
    return Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(seconds)})


@dataclass(frozen=True)
class Received:
    """A request, with the moment of its arrival on `time.monotonic()`."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Dialect(Protocol):
    """A service with a memory: its answer depends on what it was sent before."""

    def answer(self, request: Received) -> Answer: ...


class AlertService:
    """Owns the thread `alert service` and one for every connection."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._scheme = "http" if tls is None else "https"
        self._lock = threading.Lock()
        self._behaviours: dict[str, list[Behaviour]] = {}
        self._dialects: dict[str, Dialect] = {}
        self._received: dict[str, list[Received]] = defaultdict(list)
        self.stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="alert service")

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def behave(self, path: str, *behaviours: Behaviour) -> None:
        """What the next requests of that path meet, one after the other; the last goes on for ever."""
        with self._lock:
            self._behaviours[path] = list(behaviours)

    def become(self, prefix: str, dialect: Dialect) -> None:
        """Whose word counts for paths that begin so, where `behave` says nothing of them."""
        with self._lock:
            self._dialects[prefix] = dialect

    def requests(self, path: str) -> list[Received]:
        with self._lock:
            return list(self._received[path])

    def wait_for(self, path: str, count: int = 1, *, seconds: float = 10.0) -> list[Received]:
        """The requests of that path once there are so many."""
        deadline = time.monotonic() + seconds
        while len(found := self.requests(path)) < count:
            assert time.monotonic() < deadline, f"{path} was asked {len(found)} times, not {count}"
            time.sleep(0.01)
        return found

    def receive(self, request: Received) -> Behaviour:
        with self._lock:
            self._received[request.path].append(request)
            behaviours = self._behaviours.get(request.path)
            if behaviours is None:
                prefix = max((each for each in self._dialects if request.path.startswith(each)), key=len, default=None)
                return OK if prefix is None else self._dialects[prefix].answer(request)
            return behaviours.pop(0) if len(behaviours) > 1 else behaviours[0]

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _handler(service: AlertService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            received = Received(self.path, dict(self.headers.items()), body, time.monotonic())
            behaviour = service.receive(received)
            self.close_connection = True
            with contextlib.suppress(OSError):  # the client did not wait, as it should
                _act(self, behaviour, service.stopping)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None:
            return

    return Handler


def _act(handler: BaseHTTPRequestHandler, behaviour: Behaviour, stopping: threading.Event) -> None:
    if isinstance(behaviour, Answer):
        stopping.wait(behaviour.after_seconds)
        _answer(handler, behaviour)
    elif isinstance(behaviour, Hang):
        stopping.wait()
    elif isinstance(behaviour, Drip):
        _drip(handler, behaviour.every_seconds, stopping)
    else:  # a reset, not an orderly end
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()


def _answer(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    body = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
    handler.send_response(answer.status)
    for name, value in {**answer.headers, "Content-Length": str(len(body))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def _drip(handler: BaseHTTPRequestHandler, every_seconds: float, stopping: threading.Event) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not stopping.wait(every_seconds):
        handler.wfile.write(b"x")
