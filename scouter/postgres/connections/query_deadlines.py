"""Limits on how long a thread waits for Postgres, whatever it is that hangs: the server, a proxy, the network."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import inf

import psycopg

from scouter.postgres.statements import Connection
from scouter.runtime.worker_thread import WorkerThread

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.05


@dataclass(eq=False, slots=True)
class _Limit:
    at: float  # on time.monotonic()
    descriptor: int  # a duplicate: the number of the original may belong to another connection by then
    is_cut: bool = False


class QueryDeadlines:
    """Owns the thread `database deadlines`, which cuts connections that somebody has waited for too long.

    No time-out of the server's can do this: one that is stopped, or behind a network that swallows everything, does
    not look at its clock. The thread that waits gets psycopg's error for a lost connection.
    """

    def __init__(self) -> None:
        self._limits: set[_Limit] = set()
        self._end = inf  # on time.monotonic()
        self._lock = threading.Lock()
        self.thread = WorkerThread("database deadlines", self._cut_overdue, retry_seconds=_LOOK_SECONDS)

    def end_at(self, moment: float) -> None:
        """Nobody waits beyond that moment on time.monotonic(): the process is to end."""
        self._end = moment

    @contextmanager
    def limit(self, connection: Connection, seconds: float) -> Iterator[None]:
        """Cut the connection if this block takes longer.

        Raises psycopg's `OperationalError`, as for a database that is away, when the process may open nothing more.
        """
        limit = _Limit(time.monotonic() + seconds, _duplicate(connection.fileno()))
        with self._lock:
            self._limits.add(limit)
        try:
            yield
        finally:
            with self._lock:
                self._limits.discard(limit)
            os.close(limit.descriptor)

    def _cut_overdue(self) -> float:
        now = time.monotonic()
        with self._lock, ExitStack() as cuts:  # each is made, whatever becomes of the others
            for limit in self._limits:
                if min(limit.at, self._end) < now and not limit.is_cut:
                    cuts.callback(_cut, limit)
        return _LOOK_SECONDS


def _duplicate(descriptor: int) -> int:
    try:
        return os.dup(descriptor)
    except OSError as problem:
        raise psycopg.OperationalError(f"cannot watch over a connection: {problem.strerror}") from problem


@contextmanager
def deadlines_for_a_while() -> Iterator[QueryDeadlines]:
    """For whoever is no server, and asks Postgres no more after the block."""
    deadlines = QueryDeadlines()
    deadlines.thread.start()
    try:
        yield deadlines
    finally:
        deadlines.thread.request_stop()


def _cut(limit: _Limit) -> None:
    """When that fails it is tried again: somebody waits."""
    log.warning("Postgres took too long to answer: giving up the connection")
    try:
        _shut_down(limit.descriptor)
    except OSError as gone:
        log.debug("it was closed already: %s", gone)
    limit.is_cut = True


def _shut_down(descriptor: int) -> None:
    line = socket.socket(fileno=descriptor)
    try:
        line.shutdown(socket.SHUT_RDWR)
    finally:
        line.detach()
