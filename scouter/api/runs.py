"""What did the checks see: the history of runs."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Raw

from scouter.api.paging import Page, rows_to_fetch
from scouter.api.routing import AnyRoute, Request, Route
from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput, NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities, Entity, EntityName
from scouter.postgres.tables.runs import Run, run_page
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
        with self._pool.connection() as connection:
            found = run_page(
                connection,
                entity_id=entity.id if entity else None,
                spaces=None if entity else _spaces(query, request.caller),
                outcome=query.outcome,
                below_id=query.cursor,
                maximum=rows_to_fetch(query.limit),
            )
        page = Page.of(found, query.limit)
        return RunPage([_item(run) for run in page.rows], page.has_next, page.next_cursor(lambda last: last.id))

    def _named(self, query: RunsQuery, caller: Caller) -> Entity | None:
        if query.space is not None:
            caller.require("read", query.space)
        if query.uid is None and query.name is None:
            return None
        entity = self._entities.find(query.uid if query.uid is not None else _name(query))
        if entity is None:
            raise NotFound("there is no such profile")
        caller.require("read", entity.space)
        return entity


def _name(query: RunsQuery) -> EntityName:
    if query.space is None or query.name is None or query.version is None or query.drift_type is None:
        raise InvalidInput("uid", None, "a profile's uid, or space, name, version and drift_type together")
    return EntityName(query.space, query.name, query.version, query.drift_type.value)


def _spaces(query: RunsQuery, caller: Caller) -> Collection[str] | None:
    return [query.space] if query.space is not None else caller.spaces("read")


def _item(run: Run) -> RunItem:
    members = {name: getattr(run, name) for name in RunItem.__struct_fields__}
    return RunItem(**{**members, "result": None if run.result is None else Raw(run.result.encode())})
