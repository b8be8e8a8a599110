"""Reads charts and exports all the while records arrive and days are archived: every answer must be right.

A profile's messages are sent one after the other, so an answer is right when it is that of the first n messages for one
n from those acknowledged before it was asked for to those sent before it came. It is reckoned anew each time, by numpy.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, cast

import numpy as np

from tests.archiving.chart_answers import ask, difference
from tests.archiving.exports import export
from tests.archiving.records import DOCUMENTS, Row
from tests.client.expected_charts import bin_width, custom_chart, psi_chart, spc_chart
from tests.client.stored_records import StoredCount, StoredValue
from tests.drills.archive_subjects import Watched
from tests.http_client import HttpClient

_EXPORT_SHARE = 0.15
_LARGEST = 100.0  # of the values that are sent, generously: what rounding is measured by
_MAX_POINTS = 200


class Reader:
    """Owns the thread `reader`. Windows are within `first` and `last`."""

    def __init__(self, url: str, subjects: Sequence[Watched], first: datetime, last: datetime, seed: int) -> None:
        self._url = url
        self._subjects = subjects
        self._first, self._last = first, last
        self._generator = np.random.default_rng(seed)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read_on, name="reader")
        self.charts = 0
        self.exports = 0
        self.milliseconds: list[float] = []  # of charts
        self.wrong: list[str] = []
        self.refused: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def read_once(self, client: HttpClient, subject: Watched, start: datetime, end: datetime, points: int) -> None:
        """A chart."""
        least = subject.stored
        began = time.perf_counter()
        answer = ask(client, subject.kind, subject.uid, start, end, points)
        self.milliseconds.append((time.perf_counter() - began) * 1000)
        self.charts += 1
        if answer.status != 200:
            self.refused.append(f"chart: {answer.status} {answer.body}")
            return
        found = as_drawn(subject.kind, answer.body)
        self._judge(
            f"{subject.kind} chart from {start} to {end} in {points}",
            range(least, subject.sent + 1),
            lambda n: difference(found, drawn(subject, n, start, end, points), _LARGEST),
        )

    def export_once(self, client: HttpClient, subject: Watched, start: datetime, end: datetime) -> None:
        least = subject.stored
        try:
            found = export(client, subject.kind, subject.uid, start, end)
        except AssertionError as problem:
            self.refused.append(f"export: {problem}")
            return
        self.exports += 1
        self._judge(
            f"{subject.kind} export from {start} to {end}",
            range(least, subject.sent + 1),
            lambda n: _told(found, Counter(within(subject.rows(n), start, end))),
        )

    def _judge(self, what: str, prefixes: range, wrong: Callable[[int], str | None]) -> None:
        told = [wrong(n) for n in prefixes]
        if None not in told:
            self.wrong.append(f"{what}, after {prefixes.start} to {prefixes.stop - 1} messages: {told[0]}")

    def _read_on(self) -> None:
        client = HttpClient(self._url).login()
        while not self._stopping.is_set():
            subject = self._subjects[int(self._generator.integers(len(self._subjects)))]
            start, end = self._window()
            try:
                if self._generator.random() < _EXPORT_SHARE:
                    self.export_once(client, subject, start, end)
                else:
                    self.read_once(client, subject, start, end, int(self._generator.integers(1, _MAX_POINTS)))
            except (OSError, http.client.HTTPException) as problem:
                self.refused.append(f"no answer: {problem!r}")
                client = HttpClient(self._url).login()
        client.close()

    def _window(self) -> tuple[datetime, datetime]:
        length = (self._last - self._first) // timedelta(microseconds=1)
        one, other = sorted(int(n) for n in self._generator.integers(0, length, 2))
        return self._first + timedelta(microseconds=one), self._first + timedelta(microseconds=other + 1)


def within(rows: Sequence[Row], start: datetime, end: datetime) -> list[Row]:
    return [row for row in rows if start <= row.created_at < end]


def drawn(subject: Watched, messages: int, start: datetime, end: datetime, points: int) -> dict[str, Any]:
    """The chart of the first so many messages."""
    rows = within(subject.rows(messages), start, end)
    width = bin_width(end - start, points)
    if subject.kind == "psi":
        return psi_chart(cast(list[StoredCount], rows), width, DOCUMENTS["psi"]("any"))
    values = cast(list[StoredValue], rows)
    return spc_chart(values, width) if subject.kind == "spc" else custom_chart(values, width)


def as_drawn(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """An answer in the form of `drawn`."""
    series: dict[str, dict[str, Any]] = body["metrics" if kind == "custom" else "features"]
    return {name: _as_drawn(kind, one) for name, one in series.items()}


def _as_drawn(kind: str, one: dict[str, Any]) -> dict[str, Any]:
    at = [datetime.fromisoformat(text).isoformat() for text in one["created_at"]]
    if kind != "custom":
        return {**one, "created_at": at}
    parts = {name: [stats[name] for stats in one["stats"]] for name in ("avg", "lower_bound", "upper_bound")}
    return {"metric": one["metric"], "created_at": at, **parts}


def _told(found: Counter[Row], expected: Counter[Row]) -> str | None:
    if found == expected:
        return None
    return f"missing {list((expected - found).items())[:3]}, too many {list((found - expected).items())[:3]}"
