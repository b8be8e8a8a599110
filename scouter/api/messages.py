"""Records in. The answer comes after the commit, or once the message is safe on the disk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from scouter.api.routing import AnyRoute, Deferred, Request, Route
from scouter.errors import DiskFull, KeyReused, NotFound, RefusedByDatabase, ScouterError, SpoolFull, Unavailable
from scouter.ingest.messages.inbound import InboundMessage, Transport
from scouter.ingest.messages.outcomes import Outcome
from scouter.ingest.messages.pending import PendingMessage
from scouter.ingest.writer.gateway import Gateway
from scouter.postgres.embedded.disk_space import DiskSpace
from scouter.wire.messages import Message, MessageReply

TRANSPORT: Transport = "http"


class Messages:
    """`disk` is that of the embedded database; nothing is known of any other."""

    def __init__(self, gateway: Gateway, now: Callable[[], datetime], disk: DiskSpace | None = None) -> None:
        self._gateway = gateway
        self._now = now
        self._disk = disk

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "POST",
                path,
                self.store,
                "Store records of either wire, or a tag: all of a message or nothing of it. Answered once committed, "
                "or once it is safe in the spool. What cannot be stored is answered 4xx and kept in quarantine.",
                MessageReply,
                permission="write on the space of every record; for a tag, as at POST /scouter/tags",
                raw=Message,
                bulkhead="messages",
                refused=lambda problem: self._gateway.refuse(TRANSPORT, problem),
                errors=(DiskFull, SpoolFull, NotFound, RefusedByDatabase, KeyReused),
            )
            for path in ("/scouter/message", "/scouter/drift")
        ]

    def store(self, request: Request[None, None]) -> Deferred[MessageReply]:
        self._require_room()
        pending = self._gateway.accept(
            InboundMessage(TRANSPORT, request.raw, request.caller, self._now(), request.idempotency_key),
            request.unreadable,
        )
        return Deferred(lambda: _answer(pending))

    def _require_room(self) -> None:
        if self._disk is None:
            return
        try:
            self._disk.require_room()
        except Exception as problem:
            full = problem if isinstance(problem, ScouterError) else Unavailable("nobody knows how full the disk is")
            self._gateway.refuse(TRANSPORT, full)
            raise


def _answer(pending: PendingMessage) -> MessageReply:
    outcome = pending.wait()
    skipped = {str(reason): count for reason, count in outcome.skipped.items()}
    return MessageReply("success", _words(outcome), outcome.records, skipped, outcome.is_spooled, outcome.is_duplicate)


def _words(outcome: Outcome) -> str:
    if outcome.is_spooled:
        return "kept on disk, to be stored when the database is back"
    skipped = sum(outcome.skipped.values())
    said = f"stored {outcome.records}" + (f", skipped {skipped}" if skipped else "")
    return f"{said}, when it was first sent" if outcome.is_duplicate else said
