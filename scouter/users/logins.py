"""Names and passwords judged: who guesses is told nothing after some failures, and keeps nobody else out."""

from __future__ import annotations

import logging
import math
import time

from scouter.auth.login_limit import Attempt, LoginLimit
from scouter.auth.passwords import PasswordChecks, RememberedDigests
from scouter.errors import NotAuthenticated, TooManyAttempts
from scouter.metrics import FAILED_LOGINS
from scouter.postgres.connections.stale_on_error_cache import StaleOnErrorCache
from scouter.postgres.tables.users import User

log = logging.getLogger(__name__)

# Long enough for whoever renews a token once an hour, and for a service that runs once a day.
_LATELY_SECONDS = 26 * 3600.0
_SHOWN_CHARACTERS = 64


class Logins:
    """Beyond the limit nothing is judged but a password that was right lately, for that name, at that address.

    The published clients send theirs with every request, so services go on while somebody guesses beside them.
    """

    def __init__(self, users: StaleOnErrorCache[str, User]) -> None:
        self._users = users
        self._checks = PasswordChecks()
        self._limit = LoginLimit()
        self._lately = RememberedDigests(_LATELY_SECONDS)

    def verified(self, attempt: Attempt, password: str, *, may_wait: bool = True) -> User:
        """The active user whose password this is.

        Raises `NotAuthenticated`, the same for unknown names and wrong passwords, or `TooManyAttempts` unjudged;
        `MustBeHashed` when it takes a while to judge, and the caller may not wait.
        """
        now = time.monotonic()
        wait = self._limit.wait(attempt, now)
        if wait and not self._was_right_lately(attempt, password, now):
            raise _not_judged(wait)
        user = self._right(attempt, password, is_exempt=wait > 0, may_wait=may_wait)
        if user is None:
            raise self._refusal(attempt)
        if not user.active:
            raise self.failed(attempt)
        self._lately.add(attempt.username, password, attempt.address)
        return user

    def require_patience(self, attempt: Attempt) -> None:
        """For secrets that are no user's. Raises `TooManyAttempts` while nothing of this attempt is judged."""
        if wait := self._wait(attempt):
            raise _not_judged(wait)

    def failed(self, attempt: Attempt) -> NotAuthenticated:
        """Count and log a failure. The error for whoever failed."""
        self._limit.failed(attempt, time.monotonic())
        return self._refusal(attempt)

    def close(self) -> None:
        self._checks.close()

    def _refusal(self, attempt: Attempt) -> NotAuthenticated:
        FAILED_LOGINS.labels("wrong").inc()
        who = f"{shown_name(attempt.username)} from {attempt.address}"
        log.warning("failed login as %s", who)
        if pause := self._wait(attempt):
            log.warning("no password is judged for %.0f s: too many failed logins as %s", pause, who)
        return NotAuthenticated("wrong username or password")

    def _wait(self, attempt: Attempt) -> float:
        return self._limit.wait(attempt, time.monotonic())

    def _was_right_lately(self, attempt: Attempt, password: str, now: float) -> bool:
        may_compare = self._limit.may_compare(attempt, now)
        return may_compare and self._lately.holds(attempt.username, password, attempt.address)

    def _right(self, attempt: Attempt, password: str, *, is_exempt: bool, may_wait: bool) -> User | None:
        """The user, active or not, whose password it is; None: it is wrong. `is_exempt` from pauses."""
        user = self._users.get(attempt.username)
        if self._matches(attempt, password, user, is_exempt=is_exempt, may_wait=may_wait):
            return user
        if user is None:
            return None
        self._users.drop(attempt.username)  # the password may have been changed a moment ago
        fresh = self._users.get(attempt.username)
        if fresh is None or fresh.credential_version == user.credential_version:
            return None
        return fresh if self._matches(attempt, password, fresh, is_exempt=is_exempt, may_wait=may_wait) else None

    def _matches(self, attempt: Attempt, password: str, user: User | None, *, is_exempt: bool, may_wait: bool) -> bool:
        right = self._checks.matches(
            attempt.username,
            password,
            user.password_hash if user else None,
            suspect=not is_exempt and self._limit.is_suspect(attempt, time.monotonic()),
            may_wait=may_wait,
            may_judge=lambda: is_exempt or not self._wait(attempt),
            wrong=lambda: self._limit.failed(attempt, time.monotonic()),
        )
        if right is None:
            raise _not_judged(self._wait(attempt))
        return right


def shown_name(name: str) -> str:
    """A name that a caller sent, for the log: cut, and without anything that could pass for a line of its own."""
    return repr(name[:_SHOWN_CHARACTERS]) + ("…" if len(name) > _SHOWN_CHARACTERS else "")


def _not_judged(wait: float) -> TooManyAttempts:
    FAILED_LOGINS.labels("not_judged").inc()
    return TooManyAttempts(
        "too many failed logins; no password is judged now", retry_after_seconds=max(1, math.ceil(wait))
    )
