"""Is anything lost? What became of every message, as a sentence and as a sum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scouter.pages.text.numbers import count, counted
from scouter.wire.ledger import LedgerReply, SpoolCounts


@dataclass(frozen=True, slots=True)
class LedgerInWords:
    """`state` is one of a profile's, for its colour. `verdict` answers, `rest` are sentences beside it.

    `total` is the sum: `96 000 received = 95 990 stored + 10 in quarantine`; empty while nothing has come.
    """

    state: str
    verdict: str
    rest: list[str]
    total: str


_SPOOL_STATES = {
    "idle": "Nothing waits.",
    "drains": "What waits is being stored.",
    "waits for Postgres": "Postgres does not store now. What comes is kept on this server's disk, and stored later.",
    "stopped: Postgres refuses everything": "Postgres refuses everything, more than 1 000 messages in a row: a fault "
    "of the database or of this server is likelier than so many bad messages. They are tried twice a minute.",
    "failed, the log says why": "Storing what waits has failed, and is tried again. The log says why.",
}


def ledger_in_words(books: LedgerReply) -> LedgerInWords:
    state, verdict = _verdict(books)
    return LedgerInWords(state, verdict, list(_rest(books)), _sum(books))


def spool_in_words(spool: SpoolCounts) -> str:
    """What the spool is at."""
    if spool.messages and spool.state == "idle":  # they have just come, and nobody has tried yet
        return "Messages wait to be stored."
    return _SPOOL_STATES.get(spool.state, spool.state)


def kept(books: LedgerReply) -> int:
    """In quarantine by the books: what came into it and neither was replayed nor left it otherwise."""
    return books.total.quarantined - books.quarantine.deleted - books.quarantine.expired


def _verdict(books: LedgerReply) -> tuple[str, str]:
    total, bad = books.total, kept(books)
    if not books.balanced:
        return "failed", "The books do not balance, which is a fault of this server."
    if not total.received:
        return "new", "No message has come yet."
    if total.spooled:
        waiting = counted(total.spooled, "message waits on disk", "messages wait on disk")
        return "no_data", f"Nothing is lost: {waiting}, and what was accepted else is stored."
    if bad:
        held = counted(bad, "message that could not be stored is", "messages that could not be stored are")
        return "no_data", f"Nothing is lost: what was accepted is stored, and {held} kept in quarantine."
    return "ok", "Nothing is lost: everything that was accepted is stored."


def _rest(books: LedgerReply) -> Iterator[str]:
    total, quarantine = books.total, books.quarantine
    if quarantine.expired:
        gone = counted(
            quarantine.expired, "message that could not be stored has", "messages that could not be stored have"
        )
        yield f"{gone} left quarantine by its limits of age and size, and {_is_gone(quarantine.expired)}."
    if quarantine.deleted:
        yield f"{counted(quarantine.deleted, 'message was', 'messages were')} deleted from quarantine by admins."
    if total.refused:
        refused = counted(total.refused, "message was", "messages were")
        yield f"{refused} answered with an error and not kept, as without a permission or a good login."
    if total.empty:
        yield f"{counted(total.empty, 'message had', 'messages had')} nothing in them to store."


def _is_gone(number: int) -> str:
    return "is gone" if number == 1 else "are gone"


def _sum(books: LedgerReply) -> str:
    total = books.total
    if not total.received:
        return ""
    parts = (
        (total.stored, "stored"),
        (total.duplicate, "sent twice"),
        (kept(books), "in quarantine"),
        (books.quarantine.deleted, "deleted"),
        (books.quarantine.expired, "expired"),
        (total.refused, "refused"),
        (total.empty, "empty"),
        (total.spooled, "waiting"),
    )
    summands = [f"{count(number)} {word}" for number, word in parts if number] or ["0 stored"]
    return f"{count(total.received)} received = {' + '.join(summands)}"
