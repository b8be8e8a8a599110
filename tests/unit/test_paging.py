"""Pages of a listing."""

from __future__ import annotations

import pytest

from scouter.postgres.paging import Page, rows_to_fetch


@pytest.mark.parametrize(
    ("stored", "limit", "shown", "next_cursor"),
    [(0, 2, [], None), (1, 2, [0], None), (2, 2, [0, 1], None), (3, 2, [0, 1], "after 1"), (2, 1, [0], "after 0")],
)
def test_a_page_knows_whether_more_follow(stored: int, limit: int, shown: list[int], next_cursor: str | None) -> None:
    fetched = list(range(stored))[: rows_to_fetch(limit)]
    page = Page.of(fetched, limit)
    assert (page.rows, page.has_next) == (shown, next_cursor is not None)
    assert page.next_cursor(lambda last: f"after {last}") == next_cursor
