"""The profiles of the archive's drill: small ones that are charted all the while, and large ones that take time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.archiving.records import KINDS, PSI_BINS, Row, as_sent, register
from tests.archiving.stored_rows import OfProfile
from tests.client.stored_records import StoredCount, StoredValue
from tests.http_client import HttpClient

FEATURES = ("f0", "f1")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MICROSECONDS = 86_400_000_000
_A_MESSAGE = 2000  # rows of a large profile

Integers = npt.NDArray[np.int64]


@dataclass
class Watched:
    """A profile whose messages are sent one after the other: what is stored of it is always the first so many."""

    kind: str
    uid: str
    messages: list[Sequence[Row]] = field(default_factory=list)
    stored: int = 0  # messages that were acknowledged: every answer has to say them

    @property
    def sent(self) -> int:
        """Messages that an answer may say."""
        return len(self.messages)

    def rows(self, messages: int) -> list[Row]:
        return [row for message in self.messages[:messages] for row in message]

    def body(self, message: int) -> list[dict[str, Any]]:
        return [as_sent(self.kind, self.uid, row) for row in self.messages[message]]


@dataclass
class Bulk:
    """A profile with so many rows that a pass takes its time. The value of each is a number of its own."""

    kind: str
    uid: str
    moments: list[Integers] = field(default_factory=list)  # in microseconds since 1970, by number

    @property
    def rows(self) -> int:
        return sum(len(moments) for moments in self.moments)

    def send(self, client: HttpClient, day: date, rows: int, generator: np.random.Generator) -> None:
        begin = (datetime(day.year, day.month, day.day, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
        for size in (min(_A_MESSAGE, rows - n) for n in range(0, rows, _A_MESSAGE)):
            moments = begin + generator.integers(0, _DAY_MICROSECONDS, size)
            answer = client.post("/scouter/message", {"records": self._records(moments)})
            assert answer.status == 200 and answer.body["stored"] == size, answer
            self.moments.append(moments)

    def _records(self, moments: Integers) -> list[dict[str, Any]]:
        return [as_sent(self.kind, self.uid, self._row(self.rows + n, int(at))) for n, at in enumerate(moments)]

    def _row(self, number: int, moment: int) -> Row:
        at = _EPOCH + timedelta(microseconds=moment)
        if self.kind == "psi":
            return StoredCount("f0", at, number % PSI_BINS + 1, number)
        return StoredValue("f0", at, float(number))


@dataclass(frozen=True)
class Different:
    """Rows, between what was stored and what is found."""

    lost: int
    twice: int
    changed: int  # found with another time, or never stored


def compare(expected: Iterable[Integers], numbers: Integers, moments: Integers) -> Different:
    """Of a large profile: what was stored by number, and what is found in no order."""
    stored = np.concatenate([*expected, np.empty(0, np.int64)])
    known = (numbers >= 0) & (numbers < len(stored))
    times = np.bincount(numbers[known], minlength=len(stored))
    changed = int((stored[numbers[known]] != moments[known]).sum() + (~known).sum())
    return Different(int((times == 0).sum()), int((times[times > 1] - 1).sum()), changed)


def compare_rows(watched: Watched, found: Counter[OfProfile]) -> Different:
    """Of a small one: everything that was acknowledged is there, and nothing that was not sent."""
    there = Counter({row: count for (uid, row), count in found.items() if uid == watched.uid})
    least, maximum = Counter(watched.rows(watched.stored)), Counter(watched.rows(watched.sent))
    known = Counter({row: count for row, count in there.items() if row in maximum})
    return Different((least - there).total(), (known - maximum).total(), (there - known).total())


def next_message(kind: str, moments: Sequence[datetime], generator: np.random.Generator) -> list[Row]:
    """Values at these moments; of PSI, counts of all bins at the first of them."""
    feature = str(generator.choice(FEATURES))
    if kind == "psi":
        counts = generator.integers(0, 25, PSI_BINS)
        return [StoredCount("f0", moments[0], n + 1, int(count)) for n, count in enumerate(counts)]
    return [StoredValue(feature, at, float(generator.normal(5.0, 3.0))) for at in moments]


def make_subjects(client: HttpClient) -> tuple[list[Watched], list[Bulk]]:
    """One of each kind."""
    watched = [Watched(kind, register(client, kind, f"watched-{kind}")) for kind in KINDS]
    return watched, [Bulk(kind, register(client, kind, f"bulk-{kind}")) for kind in KINDS]
