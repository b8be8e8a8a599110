"""Records flowing in from several senders, and a ledger of what was sent and what was acknowledged."""

from __future__ import annotations

import http.client
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from tests.drills.subjects import Subject
from tests.http_client import HttpClient

_TICK = timedelta(microseconds=2)
# Now and then a message of moments ago, which most checks of its window have not waited for. Its odd microsecond keeps
# it apart from the others.
_LATE_BY = timedelta(seconds=6, microseconds=1)
_LATE_SHARE = 0.03
_UNANSWERED = (OSError, http.client.HTTPException)


@dataclass
class Message:
    """Records of one profile and of one moment, which no other message of the drill has."""

    uid: str
    created_at: datetime
    rows: int
    acknowledged: bool = False


class Traffic:
    """Owns the threads `sender 1`, `sender 2`, ... A message without an answer is not sent again: it may be stored."""

    def __init__(self, urls: Sequence[str], subjects: Sequence[Subject], *, senders: int, pause: float, seed: int):
        self._urls = urls
        self._subjects = subjects
        self._pause = pause
        self._seed = seed
        self._lock = threading.Lock()
        self._began = self._last = _even(datetime.now(UTC))
        self._stopping = threading.Event()
        self.ledger: list[Message] = []
        self.refused: list[str] = []  # answers other than 200
        self._threads = [
            threading.Thread(target=self._send_on, args=(n,), name=f"sender {n + 1}") for n in range(senders)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _send_on(self, number: int) -> None:
        chooser = random.Random(self._seed + number)
        clients: dict[str, HttpClient] = {}
        while not self._stopping.wait(self._pause):
            url = chooser.choice(self._urls)
            try:
                if url not in clients:
                    clients[url] = HttpClient(url).login()
                self._send(clients[url], chooser.choice(self._subjects), late=chooser.random() < _LATE_SHARE)
            except _UNANSWERED:  # killed: the message stays without acknowledgement, the next finds its own way
                if url in clients:
                    clients.pop(url).close()
        for client in clients.values():
            client.close()

    def _send(self, client: HttpClient, subject: Subject, *, late: bool) -> None:
        moment = self._next_moment()
        if late and moment - _LATE_BY > self._began:
            moment -= _LATE_BY
        message = Message(subject.uid, moment, 0)
        records = subject.records(message.created_at.isoformat(timespec="microseconds"))
        message.rows = len(records)
        self.ledger.append(message)
        answer = client.post("/scouter/message", {"records": records})
        message.acknowledged = answer.status == 200 and answer.body["stored"] == len(records)
        if not message.acknowledged:
            self.refused.append(f"{answer.status} {answer.body}")

    def _next_moment(self) -> datetime:
        with self._lock:
            self._last = max(_even(datetime.now(UTC)), self._last + _TICK)
            return self._last


def _even(moment: datetime) -> datetime:
    return moment - timedelta(microseconds=moment.microsecond % 2)
