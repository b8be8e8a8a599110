"""Quarantine: messages that could not be stored. Admins list, read, download, replay and delete them."""

from __future__ import annotations

from uuid import UUID

from scouter.api.routing import AnyRequest, AnyRoute, Attachment, Request, Route
from scouter.errors import InvalidInput, ReplayFailed
from scouter.ingest.messages.outcomes import Outcome
from scouter.ingest.quarantine.handling import QuarantineHandling, entry_id_of
from scouter.postgres.connections.pool import Pool
from scouter.postgres.paging import Page, rows_to_fetch
from scouter.postgres.tables.quarantine import (
    Entry,
    QuarantineFilter,
    quarantine_page,
    quarantine_totals,
)
from scouter.wire.quarantine import (
    MAX_BODY_BYTES,
    DeleteQuarantinedQuery,
    QuarantineCount,
    QuarantinedBody,
    QuarantineDeletedReply,
    QuarantinedMessageReply,
    QuarantineItem,
    QuarantinePage,
    QuarantineQuery,
    ReplayReply,
    ReplayRequest,
    ReplaysReply,
    accepted_by_quarantine,
)

_ALL = "/scouter/quarantine"
_ONE = "/scouter/quarantine/{id}"
_ADMIN = "admin"
_SECONDS = 20.0  # of work in one request; clients and proxies wait for a minute


class Quarantine:
    def __init__(self, pool: Pool, handling: QuarantineHandling) -> None:
        self._pool = pool
        self._handling = handling

    def routes(self) -> list[AnyRoute]:
        return [*self._reading(), *self._replaying(), *self._deleting()]

    def _reading(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                _ALL,
                self.page,
                "Messages in quarantine, newest first, in pages, without their bodies; and how much there is in all.",
                QuarantinePage,
                permission=_ADMIN,
                query=QuarantineQuery,
                accepted=accepted_by_quarantine,
            ),
            Route(
                "GET",
                _ONE,
                self.show,
                "One message in quarantine: why it is there, and the beginning of its body.",
                QuarantinedMessageReply,
                permission=_ADMIN,
            ),
            Route(
                "GET",
                _ONE + "/raw",
                self.download,
                "The body of one message in quarantine, byte for byte.",
                bytes,
                permission=_ADMIN,
                media_type="application/octet-stream",
            ),
        ]

    def _replaying(self) -> list[AnyRoute]:
        return [
            Route(
                "POST",
                _ONE + "/replay",
                self.replay,
                "Judge a message again and store it, as of when it was received. It leaves quarantine in the "
                "transaction that stores it; while it is still bad it stays, and the error says why.",
                ReplayReply,
                permission=_ADMIN,
                errors=(ReplayFailed,),
            ),
            Route(
                "POST",
                _ALL + "/replay",
                self.replay_several,
                "Replay all messages of a reason, of a transport, or all of them, oldest first, for up to 20 seconds.",
                ReplaysReply,
                permission=_ADMIN,
                body=ReplayRequest,
                accepted=accepted_by_quarantine,
            ),
        ]

    def _deleting(self) -> list[AnyRoute]:
        return [
            Route("DELETE", _ONE, self.delete, "Delete a message for good.", QuarantineDeletedReply, permission=_ADMIN),
            Route(
                "DELETE",
                _ALL,
                self.delete_several,
                "Delete all messages of a reason, of a transport, of both, or every one with all=true, for good, for "
                "up to 20 seconds.",
                QuarantineDeletedReply,
                permission=_ADMIN,
                query=DeleteQuarantinedQuery,
                accepted=accepted_by_quarantine,
            ),
        ]

    def page(self, request: Request[QuarantineQuery, None]) -> QuarantinePage:
        request.caller.require_admin()
        query = request.query
        with self._pool.connection() as connection:
            totals = quarantine_totals(connection)
            found = quarantine_page(
                connection,
                _selection(query),
                since=query.since,
                until=query.until,
                below=query.cursor,
                maximum=rows_to_fetch(query.limit),
            )
        page = Page.of(found, query.limit)
        items = [_item(entry) for entry in page.rows]
        counts = [QuarantineCount(each.transport, each.reason, each.messages, each.bytes) for each in totals]
        return QuarantinePage(items, page.has_next, page.next_cursor(lambda last: last.id), counts)

    def show(self, request: Request[None, None]) -> QuarantinedMessageReply:
        request.caller.require_admin()
        entry = self._handling.whole(_id(request))
        return QuarantinedMessageReply(_item(entry), _body(entry.raw))

    def download(self, request: Request[None, None]) -> Attachment:
        request.caller.require_admin()
        entry = self._handling.whole(_id(request))
        return Attachment(entry.raw, f"message-{entry.id}")

    def replay(self, request: Request[None, None]) -> ReplayReply:
        request.caller.require_admin()
        entry_id = _id(request)
        return _replayed(entry_id, self._handling.replay(entry_id, by=request.caller.username))

    def replay_several(self, request: Request[None, ReplayRequest]) -> ReplaysReply:
        request.caller.require_admin()
        wanted = request.body
        if not (wanted.all or wanted.reason or wanted.transport):
            raise InvalidInput("reason", None, "a reason, a transport, or all: true")
        done = self._handling.replay_selected(
            _selection(wanted), after=wanted.cursor, seconds=_SECONDS, by=request.caller.username
        )
        return ReplaysReply(done.replayed, done.duplicates, done.failed, done.remaining, done.cursor)

    def delete(self, request: Request[None, None]) -> QuarantineDeletedReply:
        request.caller.require_admin()
        self._handling.delete(_id(request), by=request.caller.username)
        return QuarantineDeletedReply(1)

    def delete_several(self, request: Request[DeleteQuarantinedQuery, None]) -> QuarantineDeletedReply:
        request.caller.require_admin()
        wanted = request.query
        if wanted.all == wanted.is_narrowed:
            raise InvalidInput(
                "all", wanted.all, "all=true alone to delete everything, else a reason, a transport or both"
            )
        done = self._handling.delete_selected(_selection(wanted), seconds=_SECONDS, by=request.caller.username)
        return QuarantineDeletedReply(done.deleted, done.remaining)


def _id(request: AnyRequest) -> UUID:
    return entry_id_of(request.parts["id"])


def _selection(asked: QuarantineQuery | ReplayRequest | DeleteQuarantinedQuery) -> QuarantineFilter:
    return QuarantineFilter(asked.transport and asked.transport.value, asked.reason and asked.reason.value)


def _item(entry: Entry) -> QuarantineItem:
    return QuarantineItem(**{name: getattr(entry, name) for name in QuarantineItem.__struct_fields__})


def _body(raw: bytes) -> QuarantinedBody:
    shown, cut = raw[:MAX_BODY_BYTES], len(raw) > MAX_BODY_BYTES
    try:
        raw.decode()
    except UnicodeDecodeError:
        return QuarantinedBody(utf8=False, cut=cut, text=None, base64=shown)
    # The cut may go through a character.
    return QuarantinedBody(utf8=True, cut=cut, text=shown.decode(errors="ignore"), base64=None)


def _replayed(entry_id: UUID, outcome: Outcome) -> ReplayReply:
    skipped = {str(reason): count for reason, count in outcome.skipped.items()}
    if outcome.is_duplicate:
        return ReplayReply(entry_id, "duplicate", outcome.records, skipped)
    return ReplayReply(entry_id, "empty" if outcome.totals.empty else "stored", outcome.records, skipped)
