"""People who look at pages while something else is measured."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.page_client import PageClient

_GZIP = {"Accept-Encoding": "gzip"}


@dataclass
class Readers:
    """So many sessions, each of which looks at these pages in turn. `rate`: pages a second of them all; None: no pause.

    At the end it says how many pages they saw.
    """

    url: str
    addresses: list[str]
    sessions: int
    rate: float | None
    _answers: list[int] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        clients = [PageClient(self.url).sign_in() for _ in range(self.sessions)]  # before anything is measured
        self._threads = [threading.Thread(target=self._read, args=each) for each in enumerate(clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        if self.sessions:
            shown, busy = self._answers.count(200), self._answers.count(503)
            others = len(self._answers) - shown - busy
            print(f"{self.sessions} sessions: {shown} pages, {busy} times busy, {others} other answers")

    def _read(self, number: int, client: PageClient) -> None:
        every = 0.0 if self.rate is None else self.sessions / self.rate
        self._ended.wait(every * number / self.sessions)
        with client:
            for place in itertools.count(number):
                if self._ended.is_set():
                    return
                began = time.perf_counter()
                self._answers.append(client.get(self.addresses[place % len(self.addresses)], _GZIP).status)
                self._ended.wait(max(every - (time.perf_counter() - began), 0.0))
