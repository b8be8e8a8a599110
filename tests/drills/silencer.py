"""Silences that come and go: some end by themselves, some are ended by hand."""

from __future__ import annotations

import http.client
import random
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from tests.drills.message_subjects import SPACES
from tests.http_client import Answer, HttpClient

LONGEST_SECONDS = 8.0
_ENDED_SHARE = 0.5
_OTHERS = (("subject", "glob", "f*"), ("subject", "=", "mae"), ("name", "glob", "*-1*"), ("drift_type", "!=", "Psi"))


class Silencer:
    """Owns the thread `silencer`. A server that is killed meanwhile may have made a silence or not."""

    def __init__(self, urls: Sequence[str], seed: int) -> None:
        self._urls = urls
        self._chooser = random.Random(seed)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="silencer")
        self.made = self.ended = 0
        self.refused: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._stopping.wait(self._chooser.uniform(0.3, 1.5)):
            try:
                with HttpClient(self._chooser.choice(self._urls)) as client:
                    self._make(client.login())
            except (OSError, http.client.HTTPException):
                continue

    def _make(self, client: HttpClient) -> None:
        made = client.post("/scouter/alerts/silences", self._wanted())
        if not self._taken(made, 200):
            return
        self.made += 1
        if self._chooser.random() < _ENDED_SHARE:
            self._stopping.wait(self._chooser.uniform(0.2, 2.0))
            ended = client.delete(f"/scouter/alerts/silences/{made.body['id']}")
            self.ended += self._taken(ended, 200, 409)

    def _taken(self, answer: Answer, *expected: int) -> bool:
        if answer.status not in expected:
            self.refused.append(f"{answer.status} {answer.body}")
        return answer.status in expected

    def _wanted(self) -> dict[str, Any]:
        matchers = [("space", "=", self._chooser.choice(SPACES)), self._chooser.choice(_OTHERS)]
        ends_at = datetime.now(UTC) + timedelta(seconds=self._chooser.uniform(2.5, LONGEST_SECONDS))
        return {
            "matchers": [{"field": name, "is": comparison, "value": value} for name, comparison, value in matchers],
            "ends_at": ends_at.isoformat(),
            "comment": "a drill",
        }
