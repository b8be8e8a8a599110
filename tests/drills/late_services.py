"""Slack and a webhook that answer late at times, and know which server waits for an answer."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, replace

from tests.alert_service import AlertService, Answer, Dialect, Received
from tests.alert_services import SlackWorkspace

LATE_SHARE = 0.3
LATEST_SECONDS = 0.6
_AT_ONCE_SECONDS = 0.02
_SOON_OVER_SECONDS = 0.1  # a kill takes a moment


class Taker:
    """Says yes to everything."""

    def answer(self, request: Received) -> Answer:
        return Answer()


@dataclass(frozen=True)
class _Waiting:
    place: int
    until: float


class LateServices:
    """One Slack workspace and one webhook. Each server has addresses of its own, by its place in the fleet."""

    def __init__(self, service: AlertService, servers: int, seed: int) -> None:
        self.slack = SlackWorkspace()
        self.service = service
        self._servers = servers
        self._chooser = random.Random(seed)
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        for place in range(servers):
            service.become(f"/{place}/api/", _Late(self.slack, place, self))
            service.become(f"/{place}/hook", _Late(Taker(), place, self))

    def environment(self, place: int) -> dict[str, str]:
        """Where that server finds them."""
        url = f"{self.service.url}/{place}"
        return {"SLACK_API_URL": f"{url}/api", "SLACK_APP_TOKEN": "xoxb-drill", "SCOUTER_WEBHOOK_URL": f"{url}/hook"}

    def hooked(self) -> list[Received]:
        return [each for place in range(self._servers) for each in self.service.requests(f"/{place}/hook")]

    def wait_for_waiting(self, seconds: float) -> int | None:
        """The place of a server that waits for a late answer, as soon as there is one; None: none does."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            soon = time.monotonic() + _SOON_OVER_SECONDS
            with self._lock:
                self._waiting = [each for each in self._waiting if each.until > soon]
                if self._waiting:
                    return self._waiting[-1].place
            time.sleep(0.01)
        return None

    def delay(self, place: int) -> float:
        with self._lock:
            if self._chooser.random() >= LATE_SHARE:
                return _AT_ONCE_SECONDS
            seconds = self._chooser.uniform(LATEST_SECONDS / 2, LATEST_SECONDS)
            self._waiting.append(_Waiting(place, time.monotonic() + seconds))
            return seconds


class _Late:
    def __init__(self, service: Dialect, place: int, services: LateServices) -> None:
        self._service, self._place, self._services = service, place, services

    def answer(self, request: Received) -> Answer:
        return replace(self._service.answer(request), after_seconds=self._services.delay(self._place))
