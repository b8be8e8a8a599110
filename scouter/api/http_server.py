"""The HTTP server: waitress in a thread of its own, with a stop that answers everything it has accepted.

Waitress cancels pending work when it is stopped, so the stop drains first: close the listening socket, answer what is
in hand with `Connection: close`, close idle connections, and only then end the loop.
"""

from __future__ import annotations

import logging
import select
import socket
import time
from collections.abc import Iterable
from typing import Any

from waitress import wasyncore

from scouter.api.application import Application
from scouter.api.waitress_server import Channel, waitress_server
from scouter.errors import StartRefused
from scouter.metrics import HTTP_CONNECTIONS, HTTP_WAITING
from scouter.runtime.health import HealthCheck, thread_check
from scouter.runtime.metrics_collector import Gauge, gauge
from scouter.runtime.worker_thread import WorkerThread
from scouter.settings.http import HttpSettings

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.02
_END_SECONDS = 2.0
_RETRY_SECONDS = 0.1
_TURN_SECONDS = 1.0  # without any event
# A request that a client sent just before it could know of the stop arrives within this time on loopback and in a
# data centre; an idle connection is closed after it.
_IDLE_GRACE_SECONDS = 0.25


def bind(host: str, port: int, purpose: str = "HTTP") -> socket.socket:
    """A bound socket that does not listen yet. Raises `StartRefused` when the port is taken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # On Linux only listening settles who owns the port.
        listener.listen(1024)
    except OSError as problem:
        reason = problem.strerror or problem
        raise StartRefused(
            [f"cannot listen on {host}:{port} for {purpose} ({reason}); set SCOUTER_SERVER_PORT"]
        ) from problem
    return listener


class HttpServer:
    """Owns the thread `name`, waitress' request threads, and the socket it listens on."""

    def __init__(
        self,
        app: Application,
        listener: socket.socket,
        *,
        threads: int,
        connection_limit: int,
        max_message_bytes: int,
        name: str = "http",
    ) -> None:
        self.name = name
        self._listener = listener
        self._server: Any = waitress_server(app, listener, threads, connection_limit, max_message_bytes)
        self._thread = WorkerThread(name, self._serve, retry_seconds=_RETRY_SECONDS)
        self._idle_from = 0.0  # on time.monotonic()

    @property
    def connections(self) -> int:
        return len(self._server.active_channels)

    @property
    def waiting(self) -> int:
        """Requests that wait for a thread."""
        return len(self._server.task_dispatcher.queue)

    def start(self) -> None:
        self._thread.start()

    def request_stop(self) -> None:
        """Take no more connections."""
        self._in_loop(self._close_listener)
        self._idle_from = time.monotonic() + _IDLE_GRACE_SECONDS

    def join(self, deadline: float) -> bool:
        """Answer what is in hand, then end. False: some of it took longer."""
        while self._channels() and time.monotonic() < deadline:
            if time.monotonic() >= self._idle_from:
                self._in_loop(self._close_idle)
            time.sleep(_POLL_SECONDS)
        abandoned = sum(1 for channel in self._channels() if not channel.is_idle)
        if abandoned:
            log.error("abandoned %d requests that took longer than SCOUTER_SHUTDOWN_SECONDS", abandoned)
        self._server.task_dispatcher.shutdown(timeout=0.5)
        self._in_loop(self._end_loop)
        ended = self._thread.join(max(deadline, time.monotonic() + _END_SECONDS))
        if ended and not self._server.task_dispatcher.threads:
            self._server.trigger.close()
        self._listener.close()
        return ended and not abandoned

    def health_checks(self) -> Iterable[HealthCheck]:
        yield thread_check(self.name, [self._thread])

    def metrics(self) -> Iterable[Gauge]:
        yield gauge(HTTP_CONNECTIONS, lambda: self.connections)
        yield gauge(HTTP_WAITING, lambda: self.waiting)

    def _serve(self) -> float:
        """One turn of waitress' loop. Its own `run` takes SystemExit for a stop, and ends the request threads."""
        wasyncore.loop(_TURN_SECONDS, use_poll=True, map=self._server._map, count=1)
        return 0.0

    def _channels(self) -> list[Channel]:
        return list(self._server.active_channels.values())

    def _in_loop(self, action: Any) -> None:
        """Waitress' sockets belong to its loop; actions on them run there."""
        self._server.trigger.pull_trigger(action)

    def _close_listener(self) -> None:
        self._server.draining = True
        while select.select([self._server.socket], [], [], 0)[0]:
            self._server.handle_accept()  # who has connected already is answered, not reset
        wasyncore.dispatcher.close(self._server)

    def _end_loop(self) -> None:
        """The last turn. The trigger stays open: whoever has just pulled it may be about to write to it."""
        self._thread.request_stop()
        self._server.trigger.del_channel()
        wasyncore.close_all(self._server._map, ignore_all=True)

    def _close_idle(self) -> None:
        for channel in self._channels():
            if channel.is_idle:
                channel.handle_close()


def http_server(app: Application, listener: socket.socket, settings: HttpSettings) -> HttpServer:
    return HttpServer(
        app,
        listener,
        threads=settings.threads,
        connection_limit=settings.connection_limit,
        max_message_bytes=settings.max_message_bytes,
    )
