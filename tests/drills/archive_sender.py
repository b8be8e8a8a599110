"""Keeps sending records of old days, which come back as tables each time, and of days that stay."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import numpy as np

from tests.drills.archive_subjects import Watched, next_message
from tests.http_client import HttpClient

_MAX_ROWS = 12
_SPOOLED_SECONDS = 30.0


class Sender:
    """Owns the thread `sender`. One message of a profile is answered before the next is sent."""

    def __init__(self, url: str, subjects: Sequence[Watched], first: datetime, last: datetime, seed: int) -> None:
        self._url = url
        self.subjects = subjects
        self._first, self._last = first, last
        self._generator = np.random.default_rng(seed)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._send_on, name="sender")
        self.pause = 0.05
        self.refused: list[str] = []
        self.spooled = 0

    def send(self, client: HttpClient, subject: Watched, rows: int) -> None:
        length = (self._last - self._first) // timedelta(microseconds=1)
        ago = self._generator.integers(0, length, rows)
        moments = [self._first + timedelta(microseconds=int(one)) for one in ago]
        subject.messages.append(next_message(subject.kind, moments, self._generator))
        answer = client.post("/scouter/message", {"records": subject.body(len(subject.messages) - 1)})
        if answer.status != 200:
            self.refused.append(f"message: {answer.status} {answer.body}")
        elif answer.body.get("spooled"):
            self.spooled += 1
            self._wait_until_stored(client)
        subject.stored = len(subject.messages)

    def _wait_until_stored(self, client: HttpClient) -> None:
        """Acknowledged, and to be seen later: nothing may overtake it."""
        for _ in range(int(_SPOOLED_SECONDS / 0.1)):
            if client.get("/scouter/ledger").body["spool"]["messages"] == 0:
                return
            self._stopping.wait(0.1)
        self.refused.append(f"a message is in the spool for more than {_SPOOLED_SECONDS} s")

    def _send_on(self) -> None:
        client = HttpClient(self._url).login()
        while not self._stopping.wait(self.pause):
            subject = self.subjects[int(self._generator.integers(len(self.subjects)))]
            self.send(client, subject, int(self._generator.integers(1, _MAX_ROWS)))
        client.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
