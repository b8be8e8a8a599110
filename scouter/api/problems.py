"""Problems: what stays wrong, who has taken it, and what was told of it."""

from __future__ import annotations

from scouter.api.routing import AnyRoute, Request, Route
from scouter.auth.permissions import Caller
from scouter.errors import Conflict, NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities
from scouter.postgres.tables.problems import ProblemFilter
from scouter.profiles import lookup
from scouter.profiles.lookup import ProfileRef
from scouter.profiles.problems import (
    give_problem_back,
    message_items,
    problem_detail,
    problem_items,
    take_problem,
)
from scouter.wire.problems import (
    AcknowledgeProblemRequest,
    MessagesPage,
    MessagesQuery,
    ProblemDetail,
    ProblemItem,
    ProblemsPage,
    ProblemsQuery,
    accepted_by_messages,
    accepted_by_problems,
)

_LARGEST_ID = 2**63 - 1


class Problems:
    def __init__(self, pool: Pool, entities: Entities) -> None:
        self._pool = pool
        self._entities = entities

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/alerts/problems",
                self.page,
                "What stays wrong over several checks, of one profile, of a space or of all that the caller may read, "
                "newest first, in pages.",
                ProblemsPage,
                permission="read on the profile's space, or on one that is named; without either, what the caller may "
                "read",
                query=ProblemsQuery,
                accepted=accepted_by_problems,
                errors=(NotFound,),
            ),
            Route(
                "GET",
                "/scouter/alerts/problems/{id}",
                self.one,
                "One problem with its last windows, and everything that happened to it.",
                ProblemDetail,
                permission="read on the profile's space",
                errors=(NotFound,),
            ),
            Route(
                "POST",
                "/scouter/alerts/problems/{id}/acknowledge",
                self.take,
                "Take a problem that fires: it is not told again until it ends, or until a moment. That it is over is "
                "told all the same.",
                ProblemItem,
                permission="write on the profile's space",
                body=AcknowledgeProblemRequest,
                errors=(NotFound, Conflict),
            ),
            Route(
                "DELETE",
                "/scouter/alerts/problems/{id}/acknowledge",
                self.give_back,
                "Nobody has taken it any more.",
                ProblemItem,
                permission="write on the profile's space",
                errors=(NotFound,),
            ),
            Route(
                "GET",
                "/scouter/alerts/messages",
                self.messages,
                "Messages about problems, newest first, in pages: what each said, where it went, what became of it.",
                MessagesPage,
                permission="read on a space that is named; without one, what the caller may read",
                query=MessagesQuery,
                accepted=accepted_by_messages,
            ),
        ]

    def page(self, request: Request[ProblemsQuery, None]) -> ProblemsPage:
        query = request.query
        wanted = self._filter(query, request.caller)
        with self._pool.connection() as connection:
            return problem_items(connection, wanted, cursor=query.cursor, limit=query.limit)

    def one(self, request: Request[None, None]) -> ProblemDetail:
        problem_id = _id_of(request.parts["id"])
        with self._pool.connection() as connection:
            return problem_detail(connection, request.caller, problem_id)

    def take(self, request: Request[None, AcknowledgeProblemRequest]) -> ProblemItem:
        problem_id, body = _id_of(request.parts["id"]), request.body
        with self._pool.connection() as connection:
            return take_problem(connection, request.caller, problem_id, until=body.until, comment=body.comment)

    def give_back(self, request: Request[None, None]) -> ProblemItem:
        problem_id = _id_of(request.parts["id"])
        with self._pool.connection() as connection:
            return give_problem_back(connection, request.caller, problem_id)

    def messages(self, request: Request[MessagesQuery, None]) -> MessagesPage:
        query = request.query
        spaces = lookup.spaces(query.space, "read", request.caller)
        with self._pool.connection() as connection:
            return message_items(connection, spaces, state=query.state, cursor=query.cursor, limit=query.limit)

    def _filter(self, query: ProblemsQuery, caller: Caller) -> ProblemFilter:
        state, signal = query.state and query.state.value, query.signal and query.signal.value
        if query.uid is None:
            return ProblemFilter(lookup.spaces(query.space, "read", caller), state=state, signal=signal)
        entity = lookup.find(ProfileRef(query.uid, query.space), "read", caller, self._entities.find)
        return ProblemFilter(entity_id=entity.id, state=state, signal=signal)


def _id_of(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= _LARGEST_ID):
        raise NotFound(f"there is no problem {text[:50]!r}")
    return int(text)
