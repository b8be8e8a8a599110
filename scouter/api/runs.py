"""What did the checks see: the history of runs."""

from __future__ import annotations

from msgspec import Raw

from scouter.api.paging import Page, rows_to_fetch
from scouter.api.routing import AnyRoute, Request, Route
from scouter.auth.permissions import Caller
from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities, Entity
from scouter.postgres.tables.runs import Run, run_page
from scouter.profiles import lookup
from scouter.profiles.lookup import ProfileRef
from scouter.wire.profiles import accepted_by_profiles
from scouter.wire.runs import RunItem, RunPage, RunsQuery


class Runs:
    def __init__(self, pool: Pool, entities: Entities) -> None:
        self._pool = pool
        self._entities = entities

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/runs",
                self.page,
                "The checks of one profile, or of all that the caller may read, newest first, with what they saw.",
                RunPage,
                permission="read on the profile's space; without a profile, what the caller may read",
                query=RunsQuery,
                accepted=accepted_by_profiles,
                errors=(NotFound,),
            )
        ]

    def page(self, request: Request[RunsQuery, None]) -> RunPage:
        query = request.query
        entity = self._named(query, request.caller)
        spaces = None if entity else lookup.spaces(query.space, "read", request.caller)
        with self._pool.connection() as connection:
            found = run_page(
                connection,
                entity_id=entity.id if entity else None,
                spaces=spaces,
                outcome=query.outcome,
                below_id=query.cursor,
                maximum=rows_to_fetch(query.limit),
            )
        page = Page.of(found, query.limit)
        return RunPage([_item(run) for run in page.rows], page.has_next, page.next_cursor(lambda last: last.id))

    def _named(self, query: RunsQuery, caller: Caller) -> Entity | None:
        """The one profile that is asked about, if it is one."""
        if query.uid is None and query.name is None:
            return None
        ref = ProfileRef.of(query, drift_type=query.drift_type)
        return lookup.find(ref, "read", caller, self._entities.find)


def _item(run: Run) -> RunItem:
    members = {name: getattr(run, name) for name in RunItem.__struct_fields__}
    return RunItem(**{**members, "result": None if run.result is None else Raw(run.result.encode())})
