"""Asks parts how they are and what they count. One that cannot answer is said in the log, and hides no other."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class Asking:
    """Remembers who could not answer: probes and scrapes come every few seconds, and would fill the log."""

    def __init__(self) -> None:
        self._silent: set[object] = set()

    def ask(self, name: object, question: Callable[[], Answer], otherwise: Answer) -> Answer:
        """What is answered, or `otherwise`."""
        try:
            answer = question()
        except Exception:
            if name not in self._silent:
                self._silent.add(name)
                log.exception("%s cannot be told; the rest is", name)
            return otherwise
        self._silent.discard(name)
        return answer
