"""What did the checks see: the history of runs, and checks that somebody asks for."""

from __future__ import annotations

from datetime import timedelta

from scouter.api.routing import AnyRoute, Request, Route
from scouter.auth.permissions import Caller
from scouter.checks.asked_checks import AskedChecks
from scouter.errors import Conflict, NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.checks import waiting_check
from scouter.postgres.tables.entities import Entities, Entity
from scouter.profiles import lookup
from scouter.profiles.lookup import ProfileRef
from scouter.profiles.runs import run_item, run_items
from scouter.profiles.waiting_run import waiting_run
from scouter.wire.profiles import accepted_by_profiles
from scouter.wire.runs import AskRunRequest, RunItem, RunPage, RunsQuery

_LARGEST_ID = 2**63 - 1


class Runs:
    def __init__(self, pool: Pool, entities: Entities, checks: AskedChecks, grace: timedelta) -> None:
        """`grace`: how long a check waits for the last records of its window."""
        self._pool = pool
        self._entities = entities
        self._checks = checks
        self._grace = grace

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/runs",
                self.page,
                "The checks of one profile, or of all that the caller may read, newest first, with what they saw. "
                "Of one profile also what its next check waits for.",
                RunPage,
                permission="read on the profile's space; without a profile, what the caller may read",
                query=RunsQuery,
                accepted=accepted_by_profiles,
                errors=(NotFound,),
            ),
            Route(
                "POST",
                "/scouter/runs",
                self.ask,
                "Check the last window of a profile that is over, now: the run says who asked for it, and raises no "
                "alert that a check of that window raised before. The profile is named by uid, or by space, name, "
                "version and drift type.",
                RunItem,
                permission="write on the profile's space",
                body=AskRunRequest,
                accepted=accepted_by_profiles,
                bulkhead="charts",
                errors=(NotFound, Conflict),
            ),
            Route(
                "GET",
                "/scouter/runs/{id}",
                self.one,
                "One check with what it saw.",
                RunItem,
                permission="read on the profile's space",
            ),
        ]

    def page(self, request: Request[RunsQuery, None]) -> RunPage:
        query = request.query
        entity = self._named(query, request.caller)
        spaces = None if entity else lookup.spaces(query.space, "read", request.caller)
        with self._pool.connection() as connection:
            waiting = waiting_check(connection, entity.id, self._grace) if entity else None
            return run_items(
                connection,
                entity_id=entity.id if entity else None,
                spaces=spaces,
                outcome=query.outcome,
                cursor=query.cursor,
                limit=query.limit,
                waiting=waiting_run(waiting) if waiting else None,
            )

    def ask(self, request: Request[None, AskRunRequest]) -> RunItem:
        ref = ProfileRef.of(request.body, drift_type=request.body.drift_type)
        entity = lookup.find(ref, "write", request.caller, self._entities.find)
        return self._run(self._checks.now(entity.id, request.caller.username))

    def one(self, request: Request[None, None]) -> RunItem:
        text = request.parts["id"]
        if not (text.isascii() and text.isdigit() and int(text[:20]) <= _LARGEST_ID):
            raise _unknown(text)
        item = self._run(int(text))
        lookup.authorise(item.space, "read", request.caller)
        return item

    def _run(self, run_id: int) -> RunItem:
        with self._pool.connection() as connection:
            item = run_item(connection, run_id)
        if item is None:
            raise _unknown(str(run_id))
        return item

    def _named(self, query: RunsQuery, caller: Caller) -> Entity | None:
        """The one profile that is asked about, if it is one."""
        if query.uid is None and query.name is None:
            return None
        ref = ProfileRef.of(query, drift_type=query.drift_type)
        return lookup.find(ref, "read", caller, self._entities.find)


def _unknown(run_id: str) -> NotFound:
    return NotFound(f"there is no run {run_id[:50]!r}")
