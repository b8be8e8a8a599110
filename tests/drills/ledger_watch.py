"""Reads the server's ledger again and again during a drill: it must be balanced at every moment."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.http_client import HttpClient

_PAUSE_SECONDS = 0.2
_OUTCOMES = ("stored", "duplicate", "quarantined", "refused", "empty", "spooled")
_NO_ANSWER = (OSError, http.client.HTTPException)


@dataclass(frozen=True)
class LedgerReading:
    """One answer of GET /scouter/ledger."""

    at: float  # on time.monotonic()
    body: Mapping[str, Any]

    @property
    def spooled(self) -> int:
        """Messages that wait in the spool."""
        return int(self.body["spool"]["messages"])

    def total(self, name: str) -> int:
        return int(self.body["total"][name])

    @property
    def faults(self) -> list[str]:
        """Where it does not add up."""
        parts = {"total": self.body["total"], **self.body["transports"]}
        found = [_difference(name, counts) for name, counts in parts.items()]
        if not self.body["balanced"]:
            found.append("it says of itself that it is not balanced")
        return [fault for fault in found if fault]


class LedgerWatch:
    """Owns the thread `ledger watch`. A server that is down, or has no ledger, is not read."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: HttpClient | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="ledger watch")
        self.is_absent = False  # the server says that it has none
        self.readings = 0
        self.last: LedgerReading | None = None
        self.faults: list[str] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def wait_until_drained(self, seconds: float) -> float | None:
        """Seconds until nothing was left in the spool; None when that did not happen in time, or there is no ledger."""
        began = time.monotonic()
        while not self.is_absent and time.monotonic() < began + seconds:
            reading = self.last
            if reading is not None and reading.at >= began and reading.spooled == 0 and reading.body["database"]:
                return reading.at - began
            time.sleep(_PAUSE_SECONDS / 2)
        return None

    def _watch(self) -> None:
        while not self._stopping.wait(_PAUSE_SECONDS):
            try:
                self._read()
            except _NO_ANSWER:  # killed; the next one is read
                self._client = None

    def _read(self) -> None:
        self._client = self._client or HttpClient(self._url).login()
        asked = time.monotonic()
        answer = self._client.get("/scouter/ledger")
        self.is_absent = answer.status == 404
        if answer.status != 200:
            return
        self.last = LedgerReading(asked, answer.body)
        self.readings += 1
        self.faults += self.last.faults


def _difference(name: str, counts: Mapping[str, int]) -> str:
    told = sum(counts[outcome] for outcome in _OUTCOMES)
    if counts["received"] == told and min(counts.values()) >= 0:
        return ""
    return f"{name}: received {counts['received']}, accounted for {told}: {dict(counts)}"
