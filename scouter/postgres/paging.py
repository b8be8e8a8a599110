"""Pages of a listing: one row more than a page holds is fetched, and tells whether more follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")
Cursor = TypeVar("Cursor")


def rows_to_fetch(limit: int) -> int:
    """How many rows tell what a page of `limit` rows holds and whether more follow."""
    return limit + 1


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of one page, in the order in which they were fetched. `has_next`: more follow in that direction."""

    rows: list[Row]
    has_next: bool

    @staticmethod
    def of(fetched: Sequence[Row], limit: int) -> Page[Row]:
        """The page of `limit` rows in what was fetched for it."""
        return Page(list(fetched[:limit]), len(fetched) > limit)

    def next_cursor(self, after: Callable[[Row], Cursor]) -> Cursor | None:
        """Where to go on: `after` the last row. None when nothing follows."""
        return after(self.rows[-1]) if self.has_next else None
