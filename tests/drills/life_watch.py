"""Asks /livez again and again during a drill: how long the answers take, and how often there is none."""

from __future__ import annotations

import http.client
import threading
import time
from types import TracebackType
from typing import Self

import numpy as np

from tests.http_client import HttpClient

_PAUSE_SECONDS = 0.05
_NO_ANSWER = (OSError, http.client.HTTPException)


class LifeWatch:
    """Owns the thread `life watch`. A connection a question, as probes are made."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="life watch")
        self._seconds: list[float] = []
        self.unanswered = 0
        self.statuses: set[int] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    @property
    def p99_ms(self) -> float:
        """Infinite without an answer."""
        return float(np.percentile(self._seconds, 99)) * 1000 if self._seconds else float("inf")

    def shown(self) -> str:
        """Of all answers so far."""
        if not self._seconds:
            return "/livez: no answer at all"
        p50, p99 = np.percentile(np.array(self._seconds) * 1000, [50, 99])
        return (
            f"/livez: {len(self._seconds)} answers {sorted(self.statuses)}, p50 {p50:.0f} ms, p99 {p99:.0f} ms, "
            f"longest {1000 * max(self._seconds):.0f} ms; {self.unanswered} without an answer"
        )

    def _watch(self) -> None:
        while not self._stopping.wait(_PAUSE_SECONDS):
            began = time.monotonic()
            client = HttpClient(self._url)
            try:
                self.statuses.add(client.get("/livez").status)
                self._seconds.append(time.monotonic() - began)
            except _NO_ANSWER:  # it is being restarted
                self.unanswered += 1
            finally:
                client.close()
