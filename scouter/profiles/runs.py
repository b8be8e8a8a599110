"""The history of checks, by the page and one by one."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Raw

from scouter.postgres.paging import Page, rows_to_fetch
from scouter.postgres.statements import Connection
from scouter.postgres.tables.runs import Run, run, run_page
from scouter.postgres.tables.runs import run_summaries as summaries_in_table
from scouter.wire.runs import RunItem, RunPage, RunSummary, RunSummaryPage, WaitingRun


def run_items(
    connection: Connection,
    *,
    entity_id: int | None,
    spaces: Collection[str] | None,
    outcome: str | None = None,
    cursor: int | None = None,
    limit: int = 50,
    waiting: WaitingRun | None = None,
) -> RunPage:
    """Checks with what they saw, of one profile or of all in these spaces (None: in every one)."""
    found = run_page(
        connection,
        entity_id=entity_id,
        spaces=spaces,
        outcome=outcome,
        below_id=cursor,
        maximum=rows_to_fetch(limit),
    )
    page = Page.of(found, limit)
    items = [_item(one) for one in page.rows]
    return RunPage(items, page.has_next, page.next_cursor(lambda last: last.id), waiting)


def run_item(connection: Connection, run_id: int) -> RunItem | None:
    """Authorise its space before it is shown."""
    found = run(connection, run_id)
    return None if found is None else _item(found)


def run_summaries(
    connection: Connection, entity_id: int, *, outcome: str | None = None, cursor: int | None = None, limit: int = 50
) -> RunSummaryPage:
    """Checks of one profile without what they saw: that may be a megabyte each."""
    found = summaries_in_table(connection, entity_id, outcome=outcome, below_id=cursor, maximum=rows_to_fetch(limit))
    page = Page.of(found, limit)
    items = [RunSummary(**{name: getattr(one, name) for name in RunSummary.__struct_fields__}) for one in page.rows]
    return RunSummaryPage(items, page.has_next, page.next_cursor(lambda last: last.id))


def _item(found: Run) -> RunItem:
    members = {name: getattr(found, name) for name in RunItem.__struct_fields__}
    return RunItem(**{**members, "result": None if found.result is None else Raw(found.result.encode())})
