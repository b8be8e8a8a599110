"""What tests wait for, and what they do to processes: probes, patience, freezing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.freezing import freeze, thaw
from tests.http_client import Answer, HttpClient


def probe(address: str, path: str = "/readyz") -> Answer:
    client = HttpClient(address)
    try:
        return client.get(path)
    finally:
        client.close()


def eventually(question: Callable[[], bool], *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """A Postgres that answers nobody and closes nothing, as behind a broken network."""
    freeze(pid)
    # A child that ends stays in the list of processes until its parent, which goes first and comes last, asks for it.
    children = children_of(pid)
    try:
        for child in children:
            freeze(child)
        yield
    finally:
        for process in (*children, pid):
            thaw(process)


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in listed.split()]
