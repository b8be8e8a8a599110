"""How profiles are: the worst first, and how many are in each state."""

from __future__ import annotations

from scouter.api.routing import AnyRoute, Request, Route
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.profile_states import StateFilter
from scouter.profiles import lookup
from scouter.profiles.states import counts_by_state, profile_states
from scouter.wire.profile_listing import accepted_by_listing
from scouter.wire.profile_states import StatesQuery, StatesReply


class ProfileStates:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/profiles/states",
                self.page,
                "A page of the profiles that the caller may read, the worst first or by name: the state of each, its "
                "last check, what is furthest from its training, open alerts, last record; and how many are in each "
                "state.",
                StatesReply,
                permission="any user; lists what the caller may read",
                query=StatesQuery,
                accepted=accepted_by_listing,
            )
        ]

    def page(self, request: Request[StatesQuery, None]) -> StatesReply:
        query = request.query
        spaces = lookup.spaces(query.space, "read", request.caller)
        drift_type = query.drift_type and query.drift_type.value
        wanted = StateFilter(None, query.name, drift_type, query.state, query.q)
        with self._pool.connection() as connection:
            page = profile_states(connection, spaces, wanted, order=query.order, cursor=query.cursor, limit=query.limit)
            counts = counts_by_state(connection, spaces, wanted)
        return StatesReply(
            page.items, {str(state): count for state, count in counts.items()}, page.has_next, page.next_cursor
        )
