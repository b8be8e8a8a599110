"""Silences: for some time nothing is told of the problems that match."""

from __future__ import annotations

from uuid import UUID

from scouter.api.routing import AnyRoute, Request, Route
from scouter.errors import Conflict, NotFound
from scouter.postgres.connections.pool import Pool
from scouter.profiles.silences import change, end, listed_silences, make_silence, preview
from scouter.wire.silences import (
    ChangeSilenceRequest,
    PreviewRequest,
    SilenceItem,
    SilencePreview,
    SilenceRequest,
    SilencesPage,
    SilencesQuery,
)

_WRITE = "write on the space that it names exactly; without one, admin"


class Silences:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/alerts/silences",
                self.listed,
                "Silences that hold or will hold, those that end last first.",
                SilencesPage,
                permission="read; silences of spaces that the caller may not read are left out",
                query=SilencesQuery,
            ),
            Route(
                "POST",
                "/scouter/alerts/silences",
                self.make,
                "Silence problems for at most 90 days. They go on underneath; what still stands when it ends is told "
                "then.",
                SilenceItem,
                permission=_WRITE,
                body=SilenceRequest,
            ),
            Route(
                "PUT",
                "/scouter/alerts/silences/{id}",
                self.change,
                "Extend or shorten a silence that is not over.",
                SilenceItem,
                permission=_WRITE,
                body=ChangeSilenceRequest,
                errors=(NotFound, Conflict),
            ),
            Route(
                "DELETE",
                "/scouter/alerts/silences/{id}",
                self.end,
                "End a silence now. It stays in the history.",
                SilenceItem,
                permission=_WRITE,
                errors=(NotFound, Conflict),
            ),
            Route(
                "POST",
                "/scouter/alerts/silences/preview",
                self.preview,
                "Which profiles and which firing problems a silence would hold.",
                SilencePreview,
                permission="read; what is listed belongs to spaces that the caller may read",
                body=PreviewRequest,
            ),
        ]

    def listed(self, request: Request[SilencesQuery, None]) -> SilencesPage:
        query = request.query
        request.caller.require_any("read")
        with self._pool.connection() as connection:
            return listed_silences(connection, request.caller, expired=query.expired, limit=query.limit)

    def make(self, request: Request[None, SilenceRequest]) -> SilenceItem:
        with self._pool.connection() as connection:
            return make_silence(connection, request.caller, request.body)

    def change(self, request: Request[None, ChangeSilenceRequest]) -> SilenceItem:
        silence_id = _id_of(request.parts["id"])
        with self._pool.connection() as connection:
            return change(connection, request.caller, silence_id, request.body)

    def end(self, request: Request[None, None]) -> SilenceItem:
        silence_id = _id_of(request.parts["id"])
        with self._pool.connection() as connection:
            return end(connection, request.caller, silence_id)

    def preview(self, request: Request[None, PreviewRequest]) -> SilencePreview:
        request.caller.require_any("read")
        with self._pool.connection() as connection:
            return preview(connection, request.caller, request.body.matchers)


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(f"there is no silence {text[:50]!r}") from None
