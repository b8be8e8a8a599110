"""Waitress' server, with a loop that turns only when there is something to do, and threads by kind of request.

It goes on where waitress would stop taking connections: after an error in its loop, and out of descriptors.
"""

from __future__ import annotations

import errno
import logging
import socket
import time
from typing import Any

from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer

from scouter.api.application import Served
from scouter.api.port.bulkheads import BulkheadName, Bulkheads
from scouter.api.port.channel import Channel
from scouter.api.port.event_loop import WatchedSockets
from scouter.api.port.head_judgement import HeadJudgement
from scouter.api.port.refusals import Refusals
from scouter.api.port.request_parser import MAX_HEAD_BYTES
from scouter.errors import Busy

log = logging.getLogger(__name__)

# What a body may be with the lines between its chunks, of a byte each if need be.
_CHUNKED_FACTOR = 8
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_REST_SECONDS = 1.0
_LOOK_SECONDS = 5.0  # between two looks at connections that nobody uses
_IDLE_SECONDS = 300.0
_STALLED_SECONDS = 60.0  # without a byte of the answer that waits for it


class WaitressServer(TcpWSGIServer):
    """Waitress' server on a socket that is bound. Whoever owns it makes the turns of its loop, in one thread."""

    channel_class = Channel
    in_connection_overflow: bool
    _fileno: Any

    def __init__(
        self,
        served: Served,
        listener: socket.socket,
        bulkheads: Bulkheads,
        judgement: HeadJudgement,
        adjustments: Adjustments,
        max_body_bytes: int,
    ) -> None:
        self.draining = False
        self.max_body_bytes = max_body_bytes
        self.judgement = judgement
        self.sockets = WatchedSockets()
        self.refusals = Refusals(served.table, served.proxies)
        self._table = served.table
        self._bulkheads = bulkheads
        self._accepts_from = 0.0  # on time.monotonic()
        self._looked_at = time.monotonic()
        address = (listener.family, listener.type, listener.proto, listener.getsockname())
        more: Any = {"map": self.sockets, "dispatcher": bulkheads}
        super().__init__(served.app, _sock=listener, adj=adjustments, sockinfo=address, bind_socket=False, **more)
        trigger: Any = self.trigger
        trigger.handle_error = self.handle_error

    @property
    def channels(self) -> list[Channel]:
        active: Any = self.active_channels
        return list(active.values())

    def turn(self, seconds: float) -> None:
        """Let what happens within that time be dealt with."""
        if self.accepting:
            self.sockets.arm(self._fileno, self)
        now = time.monotonic()
        if now - self._looked_at > _LOOK_SECONDS:
            self._looked_at = now
            for channel in self.channels:
                channel.close_if_overdue(now, idle_seconds=_IDLE_SECONDS, stalled_seconds=_STALLED_SECONDS)
        self.sockets.turn(seconds)

    def readable(self) -> bool:
        """Whether another connection may come. Who waits meanwhile, waits in the kernel's queue."""
        return self.accepting and self._has_room() and time.monotonic() >= self._accepts_from

    def accept(self) -> Any:
        """None: nobody is there any more."""
        try:
            return super().accept()
        except OSError as problem:
            if problem.errno not in _EXHAUSTED:
                raise
            # The queue would wake the loop again at once, and again.
            self._accepts_from = time.monotonic() + _REST_SECONDS
            log.error("cannot take another connection for %g s: %s", _REST_SECONDS, problem.strerror)
            return None

    def add_task(self, channel: Any) -> None:
        self.dispatch(channel)

    def dispatch(self, channel: Channel, bulkhead: BulkheadName | None = None) -> None:
        """Have the first request on a connection answered, by the threads that it is for if no others are named."""
        request = channel.requests[0]
        if request.error is not None:
            bulkhead = "port"
        channel.bulkhead = bulkhead or self._table.find(request.command, request.path).bulkhead
        if not self._bulkheads[channel.bulkhead].submit(channel.service):
            request.error = Busy()
            self.dispatch(channel)

    def pull_trigger(self) -> None:
        """Waitress wakes its loop after every answer. A channel that needs the loop arms itself."""

    def handle_error(self) -> None:
        """Part of the `except` of the loop. Waitress would close what it listens on, and go on without it."""
        raise

    def _has_room(self) -> bool:
        has_room = len(self.sockets) < self.adj.connection_limit
        if has_room == self.in_connection_overflow:
            self.in_connection_overflow = not has_room
            said = "goes on taking" if has_room else "takes no more"
            log.warning("the port %s connections: %d are open", said, len(self.sockets))
        return has_room


def waitress_server(
    served: Served,
    listener: socket.socket,
    bulkheads: Bulkheads,
    judgement: HeadJudgement,
    *,
    connection_limit: int,
    max_message_bytes: int,
) -> WaitressServer:
    adjustments = Adjustments(
        sockets=[listener],
        connection_limit=connection_limit,
        backlog=1024,
        # A message of 500 records is some 64 KiB; read in pieces of 8 KiB it would pass through the loop eight times.
        recv_bytes=262_144,
        max_request_header_size=MAX_HEAD_BYTES,
        max_request_body_size=_CHUNKED_FACTOR * max_message_bytes,
        ident="scouter",
        # Nothing here reads forwarding headers but our own code, which judges who sent them.
        clear_untrusted_proxy_headers=False,
    )
    return WaitressServer(served, listener, bulkheads, judgement, adjustments, max_message_bytes)
