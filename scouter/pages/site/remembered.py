"""Something that stands on every page, and is looked up now and then: never a reason for a page to wait or to fail."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import psycopg

from scouter.errors import DatabaseAway

log = logging.getLogger(__name__)

T = TypeVar("T")


class Remembered(Generic[T]):
    """`first` until it was known once. While it cannot be had, what was last known. Safe to use from any thread."""

    def __init__(self, ask: Callable[[], T], first: T, *, seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds
        self._known = first
        self._ask_again_at = float("-inf")  # on time.monotonic()
        self._asking = threading.Lock()

    def get(self) -> T:
        """One thread at a time asks; others are told what is known."""
        if time.monotonic() >= self._ask_again_at and self._asking.acquire(blocking=False):
            try:
                self._known = self._ask()
            except (psycopg.Error, DatabaseAway) as problem:
                log.debug("what stands on every page could not be looked up: %s", type(problem).__name__)
            finally:
                self._ask_again_at = time.monotonic() + self._seconds
                self._asking.release()
        return self._known
