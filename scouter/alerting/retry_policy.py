"""What follows from a try that failed: another one later, or giving up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from scouter.alerting.channels.outcome import Refused, Retry

_SOONEST_SECONDS = 0.5  # even when a service says "at once"


@dataclass(frozen=True, slots=True)
class Again:
    """Try again at that time."""

    at: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """`reason` says why no further try is made."""

    reason: str


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Pauses of 2 s, 8 s, 32 s ... up to an hour: ten tries last through an outage of three hours.

    A service's own Retry-After comes before that. Whatever is older than `max_age` is given up; the last pause is
    shortened, so that the last try is made at that age and not long before it.
    """

    max_attempts: int = 10
    max_age: timedelta = timedelta(hours=24)
    first_seconds: float = 2.0
    factor: float = 4.0
    longest_seconds: float = 3600.0

    def after(
        self,
        outcome: Retry | Refused,
        *,
        attempts: int,
        created_at: datetime,
        now: datetime,
        settled: datetime | None = None,
        jitter: float,
    ) -> Again | GiveUp:
        """`attempts` counts the one that failed. `jitter`, from 0 to 1, keeps failures from coming back as one.

        `settled`: the moment by which it is judged how old something is, where that is not `now`.
        """
        end = created_at + self.max_age
        if isinstance(outcome, Refused):
            return GiveUp(outcome.reason)
        if attempts >= self.max_attempts:
            return GiveUp(f"{outcome.reason} (the last of {attempts} tries)")
        if (settled or now) >= end:
            return GiveUp(f"{outcome.reason} (for {self.max_age})")
        at = now + self._pause(outcome, attempts, jitter)
        return Again(min(at, end) if now < end else at)

    def _pause(self, outcome: Retry, attempts: int, jitter: float) -> timedelta:
        if outcome.retry_after_seconds is not None:
            seconds = max(outcome.retry_after_seconds, _SOONEST_SECONDS) * (1 + jitter / 10)
            return timedelta(seconds=min(seconds, self.max_age.total_seconds()))
        seconds = min(self.first_seconds * self.factor ** (attempts - 1), self.longest_seconds)
        return timedelta(seconds=seconds * (1 + jitter) / 2)
