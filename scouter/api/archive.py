"""The archive: which days are in it, and what waits for it."""

from __future__ import annotations

from scouter.api.routing import AnyRoute, Request, Route
from scouter.archive.days import ArchivedDays
from scouter.wire.archive import ArchiveQuery, ArchiveReply, accepted_by_archive


class Archive:
    def __init__(self, days: ArchivedDays) -> None:
        self._days = days

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/archive",
                self.days,
                "Days of records, newest first, in pages: state, rows, bytes; and how many days wait for the archive.",
                ArchiveReply,
                permission="admin",
                query=ArchiveQuery,
                accepted=accepted_by_archive,
            )
        ]

    def days(self, request: Request[ArchiveQuery, None]) -> ArchiveReply:
        request.caller.require_admin()
        return self._days.page(request.query)
