"""An HTTP proxy in front of the server that notes what was answered: the published client does not look itself."""

from __future__ import annotations

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from tests.drills.http_answers import HttpAnswer
from tests.drills.numbered_messages import numbers_in
from tests.drills.sent_messages import GOOD, Outcome, SentMessage

_ANSWER_SECONDS = 60.0
_NOT_PASSED_ON = frozenset({"transfer-encoding", "connection", "content-length", "date", "server"})


class RecordingProxy:
    """Owns the thread `recording proxy` and one for each connection. One number a message, as its client sends them."""

    def __init__(self, server_port: int) -> None:
        self.messages: list[SentMessage] = []
        self._server = _Server(server_port, self.messages)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="recording proxy")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a client that keeps its connection open would otherwise hold the drill up
    request_queue_size = 128

    def __init__(self, server_port: int, messages: list[SentMessage]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.server_port_behind = server_port
        self.messages = messages


class _Handler(BaseHTTPRequestHandler):
    """One connection of the client, with one of its own to the server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._pass_on()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  named by the base class

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the server's own log has it."""

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        behind = http.client.HTTPConnection("127.0.0.1", self.server.server_port_behind, timeout=_ANSWER_SECONDS)
        try:
            behind.request(self.command, self.path, body, dict(self.headers.items()))
            reply = behind.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException):  # killed: no answer for the client either
            self._note(body, None)
            self.close_connection = True
            return
        finally:
            behind.close()
        self._note(body, _answer(reply, text))
        self._answer(reply, text)

    def _note(self, body: bytes, answer: HttpAnswer | None) -> None:
        for number in numbers_in(body) if self.path == "/scouter/message" else []:
            done = SentMessage(number, 1, GOOD, Outcome.UNANSWERED)
            if answer is not None:
                done = SentMessage(number, 1, GOOD, answer.outcome, answer.status, 1, answer.detail(1))
            self.server.messages.append(done)

    def _answer(self, reply: http.client.HTTPResponse, text: bytes) -> None:
        try:
            self.send_response_only(reply.status, reply.reason)
            for name, value in reply.getheaders():
                if name.lower() not in _NOT_PASSED_ON:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
        except OSError:  # the client has gone; what it sent is noted
            self.close_connection = True


def _answer(reply: http.client.HTTPResponse, text: bytes) -> HttpAnswer:
    headers = {name.lower(): value for name, value in reply.getheaders()}
    is_json = headers.get("content-type", "").startswith("application/json")
    return HttpAnswer(reply.status, headers, json.loads(text) if is_json and text else {})
