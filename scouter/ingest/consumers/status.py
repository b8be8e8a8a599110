"""How a consumer is: up, or down since when and why."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime

log = logging.getLogger(__name__)

_SAY_AGAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class TransportStatus:
    """All consumers of one transport. `is_up`: one of them reads. `lag`: messages that wait for them."""

    transport: str
    is_up: bool
    lag: int


class ConsumerStatus:
    """Written by the consumer's thread, read by any."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_up = False
        self.lag = 0  # messages that the broker has and Postgres has not, as far as is known
        self.since = datetime.now(UTC)
        self._up_at = 0.0  # on time.monotonic()
        self._problem = "it has not connected yet"
        self._said_at = float("-inf")  # on time.monotonic()

    @property
    def detail(self) -> str:
        if self.is_up:
            return f"reads, {self.lag} messages behind"
        return f"down since {self.since:%Y-%m-%dT%H:%M:%SZ}: {self._problem}"

    @property
    def problem(self) -> str:
        """Why it does not read, when it does not."""
        return self._problem

    def up(self, lag: int) -> None:
        self.lag = lag
        if not self.is_up:
            self.is_up = True
            self._up_at = time.monotonic()
            self.since = datetime.now(UTC)
            self._said_at = float("-inf")
            log.info("%s reads", self.name)

    def has_read_for(self, seconds: float) -> bool:
        """What stops it then is something new: the trouble before is over."""
        return self.is_up and time.monotonic() - self._up_at > seconds

    def down(self, problem: object, lag: int | None = None) -> None:
        """`problem` may be an error of the library's; nothing that is secret is in its words. `lag`: if it is known."""
        self.lag = self.lag if lag is None else lag
        if self.is_up:
            self.since = datetime.now(UTC)
        self.is_up = False
        self._problem = str(problem).strip().partition("\n")[0] or type(problem).__name__
        if time.monotonic() - self._said_at > _SAY_AGAIN_SECONDS:
            self._said_at = time.monotonic()
            log.warning("%s cannot read: %s", self.name, self._problem)
