"""What a server is made of: parts that start, say how they are, and stop in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from scouter.runtime.health import HealthCheck, thread_check
from scouter.runtime.metrics_collector import Gauge
from scouter.runtime.worker_thread import WorkerThread


class Part(Protocol):
    """Something with a life of its own: threads, connections, a port."""

    @property
    def name(self) -> str:
        """For the log, and for who asks what a stop has abandoned."""

    def start(self) -> None:
        """Return when it works. Raises `StartRefused`, or whatever keeps it from working."""

    def request_stop(self) -> None:
        """Begin to end, and return at once. Called once, and only after `start`."""

    def join(self, deadline: float) -> bool:
        """Let go of everything, until `deadline` on time.monotonic() at most. Whether nothing is left of it."""

    def health_checks(self) -> Iterable[HealthCheck]:
        """What it says of itself at /livez and /readyz."""

    def metrics(self) -> Iterable[Gauge]:
        """What can be read off it at /metrics."""


class ThreadPart:
    """A part that is a thread, or a few of them that start and stop together."""

    def __init__(
        self, name: str, threads: Sequence[WorkerThread], *, check_name: str | None = None, readiness: bool = False
    ) -> None:
        self.name = name
        self._threads = threads
        self._check = thread_check(check_name or name, threads, readiness=readiness)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def request_stop(self) -> None:
        for thread in self._threads:
            thread.request_stop()

    def join(self, deadline: float) -> bool:
        return all(thread.join(deadline) for thread in self._threads)

    def health_checks(self) -> Iterable[HealthCheck]:
        return (self._check,)

    def metrics(self) -> Iterable[Gauge]:
        return ()


class PassivePart:
    """A part without threads of ours: it works when it is made, and is closed when nobody uses it any more."""

    def __init__(
        self,
        name: str,
        close: Callable[[float], object] = lambda _: None,
        *,
        health_checks: Iterable[HealthCheck] = (),
        metrics: Iterable[Gauge] = (),
    ) -> None:
        """`close` is given the deadline, as `join` is."""
        self.name = name
        self._close = close
        self._health_checks = tuple(health_checks)
        self._metrics = tuple(metrics)

    def start(self) -> None:
        """It works already."""

    def request_stop(self) -> None:
        """It is used until the end."""

    def join(self, deadline: float) -> bool:
        self._close(deadline)
        return True

    def health_checks(self) -> Iterable[HealthCheck]:
        return self._health_checks

    def metrics(self) -> Iterable[Gauge]:
        return self._metrics
