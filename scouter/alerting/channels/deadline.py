"""Connections that end by a deadline. A socket's own timeout begins anew with every byte that arrives."""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, BinaryIO
from urllib.request import HTTPHandler, HTTPSHandler, Request


class DeadlineHttp(HTTPHandler):
    """Opens http addresses; the timeout is for the whole exchange."""

    def http_open(self, req: Request) -> Any:
        return self.do_open(_Connection, req)


class DeadlineHttps(HTTPSHandler):
    """Opens https addresses; the timeout is for the whole exchange."""

    def https_open(self, req: Request) -> Any:
        return self.do_open(_SecureConnection, req)


class _Connection(HTTPConnection):
    def connect(self) -> None:
        deadline = _deadline_of(self)
        super().connect()
        self.sock = _DeadlineSocket(self.sock, deadline)


class _SecureConnection(HTTPSConnection):
    def connect(self) -> None:
        deadline = _deadline_of(self)
        super().connect()
        self.sock = _DeadlineSocket(self.sock, deadline)


def _deadline_of(connection: HTTPConnection) -> float:
    return time.monotonic() + float(connection.timeout or 0.0)


class _DeadlineSocket:
    """As much of a socket as `http.client` uses."""

    def __init__(self, wrapped: socket.socket, deadline: float) -> None:
        self._wrapped = wrapped
        self._deadline = deadline

    def sendall(self, data: Any) -> None:
        limit(self._wrapped, self._deadline)
        self._wrapped.sendall(data)

    def makefile(self, _: str) -> BinaryIO:
        return io.BufferedReader(DeadlineReader(self._wrapped, self._deadline))

    def close(self) -> None:
        self._wrapped.close()


class DeadlineReader(io.RawIOBase):
    """What comes from a socket, up to a deadline on `time.monotonic()`. Raises `TimeoutError` then."""

    def __init__(self, wrapped: socket.socket, deadline: float) -> None:
        self._wrapped = wrapped
        self._file = wrapped.makefile("rb", buffering=0)  # keeps the socket open while somebody reads
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        limit(self._wrapped, self._deadline)
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


def limit(wrapped: socket.socket, deadline: float) -> None:
    """The next operation may take what is left. Raises `TimeoutError`."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    wrapped.settimeout(left)
