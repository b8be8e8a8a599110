"""On how many rows each feature of a profile was trained, and how that is known: the first that applies.

What somebody stated, for the feature before the profile; a tag on the profile; what its proportions tell; else unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from scouter.drift.judgement.training_rows import NOTHING_RECOVERED, RecoveredRows
from scouter.wire.check_results import RowsOrigin

FEWEST_ROWS, MOST_ROWS = 2, 10**15
_DIGITS = re.compile(r"[0-9]{1,16}", re.ASCII)


class Rows(NamedTuple):
    """A number is None where its origin is unknown."""

    number: int | None
    origin: RowsOrigin


@dataclass(frozen=True, slots=True)
class SaidRows:
    """What people said: of the whole training table, of single features, and by a tag of the table."""

    table: int | None = None
    features: Mapping[str, int] = field(default_factory=dict)
    tagged: int | None = None

    @classmethod
    def of(cls, table: int | None, features: Mapping[str, int], tags: Iterable[str]) -> SaidRows:
        """`tags`: values of the tag, the newest first; the first that is a number of rows counts."""
        usable = (number for number in map(rows_in, tags) if number is not None)
        return cls(table, features, next(usable, None))


@dataclass(frozen=True, slots=True)
class KnownRows:
    """`recovered` knows nothing of profiles that hold no proportions."""

    said: SaidRows
    recovered: RecoveredRows = NOTHING_RECOVERED

    def of(self, name: str) -> Rows:
        stated = self.said.features.get(name)
        if stated is not None:
            return Rows(stated, RowsOrigin.stated)
        if self.said.table is not None:
            return Rows(self.recovered.of_table(name, self.said.table), RowsOrigin.stated)
        if self.said.tagged is not None:
            return Rows(self.recovered.of_table(name, self.said.tagged), RowsOrigin.tagged)
        found = self.recovered.rows.get(name)
        return Rows(found, RowsOrigin.unknown if found is None else RowsOrigin.recovered)


def rows_in(text: str) -> int | None:
    """The number of rows that a tag names; None: it names none."""
    number = int(text) if _DIGITS.fullmatch(text.strip()) else 0
    return number if FEWEST_ROWS <= number <= MOST_ROWS else None
