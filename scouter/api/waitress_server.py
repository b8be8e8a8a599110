"""Waitress, where it would stop taking connections: after an error in its loop, and out of descriptors.

Its answers come in one piece where that is possible, and say good-bye once the server is draining.
"""

from __future__ import annotations

import errno
import logging
import socket
import time
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import WSGITask

from scouter.api.application import Application

log = logging.getLogger(__name__)

# Small enough to answer an oversized body in our own words, large enough to be rarely met by a mistake.
_WAITRESS_BODY_FACTOR = 4
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_REST_SECONDS = 1.0


class _Task(WSGITask):
    """Answers with `Connection: close` once the server is draining, and in one piece where that is possible."""

    def build_response_header(self) -> bytes:
        server: Any = self.channel.server
        if server.draining and not self.close_on_finish and self.version == "1.1":
            self.set_close_on_finish()
        return super().build_response_header()

    def write(self, data: bytes) -> None:
        if self.wrote_header or not data:
            super().write(data)
            return
        header = self.build_response_header()
        self.wrote_header = True
        if self.chunked_response or not self.has_body or self.content_length != len(data):
            self.channel.write_soon(header)
            super().write(data)
            return
        # Waitress would send the head and the body apart: twice the system calls, twice the packets.
        self.channel.write_soon(header + data)
        self.content_bytes_written += len(data)


class Channel(HTTPChannel):
    task_class = _Task

    @property
    def is_idle(self) -> bool:
        return not (self.requests or self.request is not None or self.total_outbufs_len)


class WaitressServer(TcpWSGIServer):
    """Waitress' server on a socket that is bound. Whoever owns it calls its loop."""

    channel_class = Channel

    def __init__(self, app: Application, listener: socket.socket, adjustments: Adjustments) -> None:
        self.draining = False
        self._accepts_from = 0.0  # on time.monotonic()
        address = (listener.family, listener.type, listener.proto, listener.getsockname())
        super().__init__(app, _sock=listener, adj=adjustments, sockinfo=address, bind_socket=False)
        trigger: Any = self.trigger
        trigger.handle_error = self.handle_error

    def readable(self) -> bool:
        return bool(super().readable()) and time.monotonic() >= self._accepts_from

    def accept(self) -> Any:
        """None: nobody is there any more. While descriptors are out, whoever comes waits in the kernel's queue."""
        try:
            return super().accept()
        except OSError as problem:
            if problem.errno not in _EXHAUSTED:
                raise
            # The queue would wake the loop again at once, and again.
            self._accepts_from = time.monotonic() + _REST_SECONDS
            log.error("cannot take another connection for %g s: %s", _REST_SECONDS, problem.strerror)
            return None

    def handle_error(self) -> None:
        """Part of the `except` of the loop. Waitress would close what it listens on, and go on without it."""
        raise


def waitress_server(
    app: Application, listener: socket.socket, threads: int, connection_limit: int, max_message_bytes: int
) -> WaitressServer:
    adjustments = Adjustments(
        sockets=[listener],
        threads=threads,
        connection_limit=connection_limit,
        # select() cannot hold more than 1024 descriptors; every client queue keeps a connection.
        asyncore_use_poll=True,
        backlog=1024,
        # A message of 500 records is some 64 KiB; read in pieces of 8 KiB it would pass through the loop eight times.
        recv_bytes=262_144,
        channel_timeout=300,
        max_request_body_size=_WAITRESS_BODY_FACTOR * max_message_bytes,
        inbuf_overflow=max_message_bytes,
        ident="scouter",
        # Nothing here reads forwarding headers but our own code, which judges who sent them.
        clear_untrusted_proxy_headers=False,
    )
    return WaitressServer(app, listener, adjustments)
