"""The ledger: what became of every message."""

from __future__ import annotations

from scouter.api.routing import AnyRoute, Request, Route
from scouter.ingest.ledger.books import Books
from scouter.wire.ledger import LedgerReply, ResumeReply


class LedgerResource:
    def __init__(self, books: Books) -> None:
        self._books = books

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/ledger",
                self.read,
                "What became of every message, by transport, over all servers: the books balance at every moment.",
                LedgerReply,
            ),
            Route(
                "POST",
                "/scouter/spool/resume",
                self.resume,
                "Go on after the server stopped putting messages into quarantine because Postgres refused very many in "
                "a row: those that are refused are bad indeed.",
                ResumeReply,
                permission="admin",
            ),
        ]

    def resume(self, request: Request[None, None]) -> ResumeReply:
        request.caller.require_admin()
        was_stopped = self._books.ingest.resume()
        return ResumeReply("success", "it goes on" if was_stopped else "nothing was stopped")

    def read(self, _: Request[None, None]) -> LedgerReply:
        return self._books.read()
