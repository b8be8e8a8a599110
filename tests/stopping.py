"""Ends parts of the server that a test has started by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.runtime.part import Part


def stop(part: Part, seconds: float = 10.0) -> bool:
    """Whether nothing was abandoned."""
    part.request_stop()
    return part.join(time.monotonic() + seconds)


@contextmanager
def running_deadlines() -> Iterator[QueryDeadlines]:
    deadlines = QueryDeadlines()
    deadlines.thread.start()
    try:
        yield deadlines
    finally:
        deadlines.thread.request_stop()
        assert deadlines.thread.join(time.monotonic() + 10)
