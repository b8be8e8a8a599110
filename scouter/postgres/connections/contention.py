"""Transactions that failed only because others were at work at the same time. Postgres is well: try again."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

from scouter.metrics import TRANSACTIONS_RETRIED

log = logging.getLogger(__name__)

T = TypeVar("T")

_KINDS: dict[type[psycopg.Error], str] = {
    psycopg.errors.SerializationFailure: "serialization",
    psycopg.errors.DeadlockDetected: "deadlock",
    psycopg.errors.LockNotAvailable: "lock",
}
_TRIES = 4
_PAUSE_SECONDS = 0.02


def contention(error: BaseException) -> str | None:
    """What was in the way: serialization, deadlock, lock. None: something else is wrong."""
    return next((kind for one, kind in _KINDS.items() if isinstance(error, one)), None)


def retried(action: Callable[[], T], *, seconds: float = 2.0) -> T:
    """Do it, and do it again while others are in the way: a few times, and only if that takes no more than `seconds`.

    Of what it does in transactions, those that failed have done nothing. Raises whatever it raises otherwise.
    """
    deadline = time.monotonic() + seconds
    for number in range(1, _TRIES):
        began = time.monotonic()
        try:
            return action()
        except psycopg.OperationalError as problem:
            kind, now = contention(problem), time.monotonic()
            pause = number * _PAUSE_SECONDS * random.uniform(0.5, 1.5)  # noqa: S311  # no secret: who met meets no more
            if kind is None or now + pause + (now - began) > deadline:  # it takes as long again
                raise
            log.debug("others were in the way, it is tried again: %s", problem)
            TRANSACTIONS_RETRIED.labels(kind).inc()
        time.sleep(pause)
    return action()
