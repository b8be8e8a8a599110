"""The HTTP server: waitress in a thread of its own, with a stop that answers everything it has accepted.

Waitress cancels pending work when it is stopped, so the stop drains first: close the listening socket, answer what is
in hand with `Connection: close`, close idle connections, and only then end the loop.
"""

from __future__ import annotations

import errno
import logging
import select
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

from waitress import wasyncore

from scouter.api.application import Served
from scouter.api.port.body_budget import BodyBudget
from scouter.api.port.bulkheads import Bulkheads, gauges, http_bulkheads
from scouter.api.port.head_judgement import HeadJudgement
from scouter.api.port.waitress_server import waitress_server
from scouter.errors import StartRefused
from scouter.metrics import HTTP_CONNECTIONS, HTTP_LOOP_TURNS
from scouter.runtime.descriptors import connections_within, raise_descriptor_limit
from scouter.runtime.health import HealthCheck, thread_check
from scouter.runtime.metrics_collector import Gauge, gauge
from scouter.runtime.worker_thread import WorkerThread
from scouter.settings.settings import Settings

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.02
_END_SECONDS = 2.0
_THREADS_SECONDS = 0.5
_RETRY_SECONDS = 0.1
_TURN_SECONDS = 1.0  # without any event
# A request that a client sent just before it could know of the stop arrives within this time on loopback and in a
# data centre; an idle connection is closed after it.
_IDLE_GRACE_SECONDS = 0.25
# Open beside the port's connections: files, libraries, brokers, the metrics port and its connections, an archive pass.
_OTHER_DESCRIPTORS = 192
_DESCRIPTORS_A_SESSION = 2  # its socket, and the one by which it can be given up


def bind(host: str, port: int, purpose: str = "HTTP") -> socket.socket:
    """A bound socket. Raises `StartRefused` when the port is taken, or the address is none of this machine's."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # On Linux only listening settles who owns the port.
        listener.listen(1024)
    except OSError as problem:
        reason = problem.strerror or problem
        at = f"{in_address(host)}:{port}"
        raise StartRefused([f"cannot listen on {at} for {purpose} ({reason}); set {_to_change(problem)}"]) from problem
    return listener


def on_this_machine(host: str) -> str:
    """Where a server that listens on `host`, maybe everywhere, is found from the same machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def in_address(host: str) -> str:
    """As an address has it, where a colon begins the port."""
    return f"[{host}]" if ":" in host else host


def _to_change(problem: OSError) -> str:
    is_port = problem.errno in {errno.EADDRINUSE, errno.EACCES} and not isinstance(problem, socket.gaierror)
    return "SCOUTER_SERVER_PORT" if is_port else "SCOUTER_SERVER_HOST to an address of this machine"


class HttpServer:
    """Owns the thread `name`, the threads of its bulkheads, and the socket it listens on."""

    def __init__(
        self,
        served: Served,
        listener: socket.socket,
        bulkheads: Bulkheads,
        judgement: HeadJudgement,
        *,
        connection_limit: int,
        max_message_bytes: int,
        name: str = "http",
    ) -> None:
        self.name = name
        self._listener = listener
        self._bulkheads = bulkheads
        self._bodies = judgement.budget
        self._server: Any = waitress_server(
            served,
            listener,
            bulkheads,
            judgement,
            connection_limit=connection_limit,
            max_message_bytes=max_message_bytes,
        )
        self._thread = WorkerThread(name, self._serve, retry_seconds=_RETRY_SECONDS)
        self._idle_from = 0.0  # on time.monotonic()

    @property
    def connections(self) -> int:
        return len(self._server.active_channels)

    @property
    def bulkheads(self) -> Bulkheads:
        return self._bulkheads

    def start(self) -> None:
        for bulkhead in self._bulkheads.values():
            bulkhead.start()
        self._thread.start()

    def request_stop(self) -> None:
        """Take no more connections."""
        self._in_loop(self._close_listener)
        self._idle_from = time.monotonic() + _IDLE_GRACE_SECONDS

    def join(self, deadline: float) -> bool:
        """Answer what is in hand, then end. False: some of it took longer."""
        while self._server.channels and time.monotonic() < deadline:
            if time.monotonic() >= self._idle_from:
                self._in_loop(self._close_idle)
            time.sleep(_POLL_SECONDS)
        abandoned = sum(1 for channel in self._server.channels if not channel.is_idle)
        if abandoned:
            log.error("abandoned %d requests that took longer than SCOUTER_SHUTDOWN_SECONDS", abandoned)
        threads_ended = self._end_threads()
        self._in_loop(self._end_loop)
        ended = self._thread.join(max(deadline, time.monotonic() + _END_SECONDS))
        if ended and threads_ended:
            self._server.trigger.close()
        self._listener.close()
        return ended and not abandoned

    def health_checks(self) -> Iterable[HealthCheck]:
        threads = [thread for bulkhead in self._bulkheads.values() for thread in bulkhead.threads]
        yield thread_check(self.name, [self._thread, *threads])

    def metrics(self) -> Iterable[Gauge]:
        yield gauge(HTTP_CONNECTIONS, lambda: self.connections)
        yield gauge(HTTP_LOOP_TURNS, lambda: self._server.sockets.turns)
        yield from gauges(self._bulkheads)
        yield from self._bodies.metrics()

    def _serve(self) -> float:
        """One turn of the loop. Waitress' own `run` takes SystemExit for a stop."""
        self._server.turn(_TURN_SECONDS)
        return 0.0

    def _end_threads(self) -> bool:
        """Whether they have ended. Who waits in a line has nobody left to wait for."""
        for bulkhead in self._bulkheads.values():
            bulkhead.take_back()
            bulkhead.request_stop()
        until = time.monotonic() + _THREADS_SECONDS
        return all(bulkhead.join(until) for bulkhead in self._bulkheads.values())

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
        wasyncore.close_all(self._server.sockets, ignore_all=True)

    def _close_idle(self) -> None:
        for channel in self._server.channels:
            if channel.is_idle:
                channel.handle_close()


def http_server(
    served: Served, listener: socket.socket, has_issued: Callable[[str], bool], settings: Settings
) -> HttpServer:
    """`has_issued`: whether that is a token of ours that has not expired.

    Raises `StartRefused` when the process may not open enough for it.
    """
    http = settings.http
    budget = BodyBudget(max(http.bodies_bytes, 2 * http.max_message_bytes))
    reserve = _OTHER_DESCRIPTORS + _DESCRIPTORS_A_SESSION * settings.database.max_pool_size
    return HttpServer(
        served,
        listener,
        http_bulkheads(settings),
        HeadJudgement(budget, has_issued, max_body_bytes=http.max_message_bytes, open_forms=served.open_forms),
        connection_limit=connections_within(http.connection_limit, reserve, raise_descriptor_limit()),
        max_message_bytes=http.max_message_bytes,
    )
