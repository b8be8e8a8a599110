"""Bytes to a port, and what comes back: for what no HTTP library would send."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class RawAnswer:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class RawConnection:
    def __init__(self, url: str, *, seconds: float = 20) -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=seconds)
        self._received = b""

    def send(self, raw: bytes) -> None:
        self.socket.sendall(raw)

    def answer(self, *, to_head: bool = False) -> RawAnswer:
        """The next one, `to_head` without a body. Fails when the server hangs up before its end."""
        head = self._until(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = 0 if to_head else int(headers.get("content-length", 0))
        while len(self._received) < length:
            self._more()
        body, self._received = self._received[:length], self._received[length:]
        return RawAnswer(int(first.split()[1]), headers, body)

    def ask(self, raw: bytes) -> RawAnswer:
        self.send(raw)
        return self.answer()

    def has_ended(self) -> bool:
        """Whether the server hangs up next, and sends nothing before."""
        return not self._received and self.socket.recv(65536) == b""

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _until(self, end: bytes) -> bytes:
        while end not in self._received:
            self._more()
        found, _, self._received = self._received.partition(end)
        return found

    def _more(self) -> None:
        more = self.socket.recv(65536)
        assert more, f"the server hung up after {self._received!r}"
        self._received += more


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
