"""Quarantine as it travels: messages that could not be stored, and what became of them since."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from scouter.wire.messages import Timestamp

MAX_ITEMS = 500
MAX_BODY_BYTES = 64 * 2**10


class Reason(StrEnum):
    """Why a message is in quarantine."""

    UNDECODABLE = "undecodable"
    INVALID = "invalid"
    UNKNOWN_PROFILE = "unknown_profile"
    UNSUPPORTED = "unsupported"
    PERMISSION_DENIED = "permission_denied"
    REFUSED_BY_DATABASE = "refused_by_database"
    KEY_REUSED = "key_reused"
    OUTCOME_UNKNOWN = "outcome_unknown"
    FAILED = "failed"


class Transport(StrEnum):
    """What a message came by."""

    http = "http"
    kafka = "kafka"
    rabbitmq = "rabbitmq"


class QuarantineQuery(Struct, frozen=True):
    """Which messages; `since` (inclusive) and `until` are about when they were received.

    `cursor` is the `next_cursor` of the page before.
    """

    transport: Transport | None = None
    reason: Reason | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_ITEMS)] = 50
    cursor: UUID | None = None


class QuarantineItem(Struct, frozen=True):
    """A message in quarantine. `size` is in bytes; `replays`: how often it was replayed in vain."""

    id: UUID
    received_at: datetime
    quarantined_at: datetime
    transport: str
    reason: str
    detail: str
    username: str
    idempotency_key: str | None
    size: int
    replays: int


class QuarantineCount(Struct, frozen=True):
    """How much of one transport and one reason is in quarantine."""

    transport: str
    reason: str
    messages: int
    bytes: int


class QuarantinePage(Struct, frozen=True):
    """Newest first. `totals` are of everything that is in quarantine, whatever was asked for."""

    items: list[QuarantineItem]
    has_next: bool
    next_cursor: UUID | None
    totals: list[QuarantineCount]


class QuarantinedBody(Struct, frozen=True):
    """What was sent: its first 64 KiB, as `text`, or as `base64` when it is not UTF-8. `cut`: there is more of it."""

    utf8: bool
    cut: bool
    text: str | None
    base64: bytes | None


class QuarantinedMessageReply(Struct, frozen=True):
    """One message with its body."""

    message: QuarantineItem
    body: QuarantinedBody


class ReplayReply(Struct, frozen=True):
    """What was stored of a message, of a duplicate when it was first stored. `empty`: all its records are skipped."""

    id: UUID
    outcome: Literal["stored", "duplicate", "empty"]
    stored: int
    skipped: dict[str, int]


class ReplayRequest(Struct, frozen=True):
    """Which messages to replay: of a reason, of a transport, or all of them; and from where to go on."""

    reason: Reason | None = None
    transport: Transport | None = None
    all: bool = False
    cursor: UUID | None = None


class ReplaysReply(Struct, frozen=True):
    """What became of those that were tried. While any `remaining` ones were not, go on with this `cursor`."""

    replayed: int
    duplicates: int
    failed: int
    remaining: int
    cursor: UUID | None


class DeleteQuarantinedQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which messages to delete: of a reason, of a transport, of both, or `all` of them.

    A misspelt name is refused: what it was to spare would be deleted.
    """

    reason: Reason | None = None
    transport: Transport | None = None
    all: bool = False

    @property
    def is_narrowed(self) -> bool:
        return self.reason is not None or self.transport is not None


class QuarantineDeletedReply(Struct, frozen=True):
    """While any are `remaining`, ask again."""

    deleted: int
    remaining: int = 0


def accepted_by_quarantine(name: str, _: object) -> str | None:
    """What a member of these requests takes, where the type alone does not say it well."""
    choices: dict[str, type[StrEnum]] = {"reason": Reason, "transport": Transport}
    return f"one of {', '.join(choices[name])}" if name in choices else None
