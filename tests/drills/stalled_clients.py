"""Clients that open a connection, send half a message and stall, and clients that send a byte now and then."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

_PAUSE_SECONDS = 0.5
_BODY = b'{"records": []}'


class StalledClients:
    """Owns the thread `stalled clients`. None of them ever sends a whole message; closes all at the end."""

    def __init__(self, port: int, token: str, clients: int) -> None:
        head = (
            f"POST /scouter/message HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n"
            f"content-type: application/json\r\ncontent-length: {10 * len(_BODY)}\r\n\r\n"
        ).encode()
        self._sockets = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(clients)]
        for number, made in enumerate(self._sockets):
            made.sendall((head, head[: len(head) // 2], head + _BODY)[number % 3])
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._drip, name="stalled clients")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
        for made in self._sockets:
            made.close()

    def _drip(self) -> None:
        """A byte from every second client; the others say nothing more."""
        while not self._stopping.wait(_PAUSE_SECONDS):
            for made in self._sockets[::2]:
                try:
                    made.sendall(b" ")
                except OSError:  # the server has lost patience with it, as it may
                    continue
