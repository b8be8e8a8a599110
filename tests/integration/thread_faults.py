"""The threads of a server within the process of the test, and errors that are put into their way."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from scouter.runtime.worker_thread import WorkerThread
from scouter.server import Server

# Of libraries, which keep them alive themselves, and of executors, whose owners end them.
_OTHERS = (
    *("requests-worker-", "requests-scheduler", "kafka-io-scouter-"),
    *("archive reader", "archive opener", "password", "drainer ahead"),
)


def worker_of(thread: threading.Thread) -> WorkerThread | None:
    """Whose thread it is, if it is one of ours."""
    owner = getattr(getattr(thread, "_target", None), "__self__", None)
    return owner if isinstance(owner, WorkerThread) else None


def worker_threads(since: Iterable[threading.Thread]) -> dict[str, WorkerThread]:
    """Those that were started `since` these threads were all there were."""
    found = [worker_of(thread) for thread in set(threading.enumerate()) - set(since)]
    return {worker.name: worker for worker in found if worker is not None}


def strangers(since: Iterable[threading.Thread]) -> list[str]:
    """Threads that are neither ours nor a known library's."""
    new = set(threading.enumerate()) - set(since)
    return [thread.name for thread in new if worker_of(thread) is None and not thread.name.startswith(_OTHERS)]


@dataclass(frozen=True, slots=True)
class Place:
    """A method that a thread calls again and again."""

    owner: Any
    method: str

    def fail_once(self, problem: BaseException) -> threading.Event:
        """The next call raises. Set when it has."""
        original, has_failed = getattr(self.owner, self.method), threading.Event()

        def fail(*_: Any, **__: Any) -> None:
            setattr(self.owner, self.method, original)
            has_failed.set()
            raise problem

        setattr(self.owner, self.method, fail)
        return has_failed


def places(server: Server, workers: Iterable[WorkerThread]) -> Iterator[tuple[str, Place]]:
    """By name of the thread. Actions that wait within for work, or go on for ever, fail where they come by."""
    parts: dict[str, Any] = {part.name: part for part in server.supervisor.parts}
    within = {
        "writer": Place(parts["ingest"].writer, "_write"),
        "delivery 1": Place(parts["delivery"], "_claim"),
        **{each.thread.name: Place(each, "_turn") for each in parts["consumers"].workers},
        **{each.name: Place(each, "_take") for port in ("http", "metrics") for each in parts[port].bulkheads.values()},
    }
    for worker in workers:
        yield worker.name, within.get(worker.name, Place(worker, "_action"))
