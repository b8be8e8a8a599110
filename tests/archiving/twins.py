"""Two servers that are sent the same records: the days of one are archived, those of the other never."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.archiving.archived_server import ArchivedServer
from tests.archiving.chart_answers import ask, difference
from tests.archiving.exports import export
from tests.archiving.passes import Passes
from tests.archiving.records import KINDS, Row, as_sent, register
from tests.archiving.stored_rows import in_tables
from tests.client.stored_records import StoredValue

PROFILES = 2  # of each kind


@dataclass(frozen=True)
class Sent:
    """One record, of one of the profiles of its kind."""

    kind: str
    profile: int
    row: Row
    zone: tzinfo


class Twins:
    def __init__(self, databases: Sequence[str], directory: Path, passes: Passes) -> None:
        one, other = databases
        self.archived = ArchivedServer(one, directory / "archived", passes)
        self.untouched = ArchivedServer(other, directory / "untouched", passes)
        self._names = itertools.count()
        self._ends = ExitStack()
        self._uids: dict[tuple[str, int], tuple[str, str]] = {}  # of the archived twin and of the other
        self._largest = 0.0

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.enter_context(self.archived)
            undo.enter_context(self.untouched)
            self._ends = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()

    def begin_anew(self) -> None:
        """No records, new profiles."""
        self._largest = 0.0
        for twin in (self.archived, self.untouched):
            twin.begin_anew()
        for kind in KINDS:
            for n in range(PROFILES):
                name = f"model-{next(self._names)}"
                uids = (register(self.archived.client, kind, name), register(self.untouched.client, kind, name))
                self._uids[kind, n] = uids

    def send(self, records: Sequence[Sent]) -> None:
        """One message to each."""
        for n, twin in enumerate((self.archived, self.untouched)):
            message = [as_sent(one.kind, self._uids[one.kind, one.profile][n], one.row, one.zone) for one in records]
            assert twin.store_records(message) == len(records)
        values = [abs(one.row.value) for one in records if isinstance(one.row, StoredValue)]
        self._largest = max(self._largest, *values, 0.0)

    def compare_charts(self, start: datetime, end: datetime, points: int) -> None:
        """Of all profiles."""
        for (kind, _), (uid, other) in self._uids.items():
            found = ask(self.archived.client, kind, uid, start, end, points, extremes="true")
            expected = ask(self.untouched.client, kind, other, start, end, points, extremes="true")
            assert (found.status, expected.status) == (200, 200), (found, expected)
            told = difference(found.body, expected.body, self._largest if kind != "psi" else 0.0)
            assert told is None, f"{kind} chart from {start} to {end} in {points}: {told}"

    def compare_exports(self, start: datetime, end: datetime) -> None:
        """What the archived twin hands out with what the other has stored."""
        for (kind, _), (uid, other) in self._uids.items():
            found = export(self.archived.client, kind, uid, start, end)
            expected = _within(in_tables(self.untouched.database, kind, [other]), start, end)
            assert found == expected, f"{kind} export from {start} to {end}: {_told(found, expected)}"

    def compare_rows(self) -> None:
        """Tables and directory of the one together, as anybody can read them, with what the other has stored."""
        for kind in KINDS:
            name_of = {uids[n]: key for key, uids in self._uids.items() for n in (0, 1)}
            there = self.archived.hot(kind) + self.archived.archived(kind)
            found = Counter({(name_of[uid], row): count for (uid, row), count in there.items()})
            original = in_tables(self.untouched.database, kind)
            expected = Counter({(name_of[uid], row): count for (uid, row), count in original.items()})
            assert found == expected, f"{kind}: {_told(found, expected)}"


def _within(rows: Counter[tuple[str, Row]], start: datetime, end: datetime) -> Counter[Row]:
    return Counter({row: count for (_, row), count in rows.items() if start <= row.created_at < end})


def _told(found: Counter[Any], expected: Counter[Any]) -> str:
    return f"missing {list((expected - found).items())[:5]}, too many {list((found - expected).items())[:5]}"
