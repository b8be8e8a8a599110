"""The ledger as it travels."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class LedgerCounts(Struct, frozen=True):
    """Messages by what became of them, and records.

    received = stored + duplicate + quarantined + refused + empty + spooled. `quarantined` goes down when a message is
    replayed, not when it is deleted.
    """

    received: int
    stored: int
    duplicate: int
    quarantined: int
    refused: int
    empty: int
    spooled: int
    records_stored: int
    records_skipped: int


class QuarantineCounts(Struct, frozen=True):
    """Messages in quarantine now, and those that left it without a replay: deleted by an admin, or by its limits."""

    kept: int | None
    kept_bytes: int | None
    limit_bytes: int
    deleted: int
    expired: int


class SpoolCounts(Struct, frozen=True):
    """The spool of the server that answers. `oldest`: when the message in front was received."""

    messages: int
    bytes: int
    limit_bytes: int
    oldest: datetime | None
    state: str


class LedgerReply(Struct, frozen=True):
    """The books of all servers of this database.

    `database`: it answers. While it does not, other servers' counts are those of `as_of`; this server's are of now.
    """

    balanced: bool
    database: bool
    as_of: datetime
    total: LedgerCounts
    transports: dict[str, LedgerCounts]
    quarantine: QuarantineCounts
    spool: SpoolCounts


class ResumeReply(Struct, frozen=True):
    status: str
    message: str
