"""Asks a server without a break whether it is alive."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from tests.conditions import probe

_EVERY_SECONDS = 0.1


class LifeProbes:
    """Owns the thread `life probes`. `statuses` counts what was answered, and what else happened instead."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._addresses = list(addresses)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._probe, name="life probes")
        self.statuses: Counter[int | str] = Counter()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def _probe(self) -> None:
        while not self._stopping.wait(_EVERY_SECONDS):
            for address in self._addresses:
                self.statuses[_status(address)] += 1


def _status(address: str) -> int | str:
    try:
        return probe(address, "/livez").status
    except Exception as problem:  # noqa: BLE001  # the test shows it
        return repr(problem)
