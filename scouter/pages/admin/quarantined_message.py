"""One message in quarantine: why it is there, what was sent, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from scouter.errors import NotQuarantined, ReplayFailed
from scouter.ingest.quarantine.handling import QuarantineHandling, entry_id_of
from scouter.pages.site.page import Page
from scouter.pages.site.visit import Answer, Moved, Saved, Shown, Visit
from scouter.pages.text.plain_text import plain_lines
from scouter.pages.text.times import moment
from scouter.pages.wording.quarantine import reason_in_words
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.tables.quarantine import WholeEntry, beginning_of_quarantined

_ADDRESS = "/messages/quarantine/{id}"
_SHOWN_BYTES = 20_000
_DUMPED_BYTES = 256
_DUMP_WIDTH = 16


class QuarantinedQuery(Struct, frozen=True):
    ask: Literal["delete"] | None = None


@dataclass(frozen=True, slots=True)
class ShownBody:
    """`text` is what can be read of the beginning; `dump` the first bytes as numbers, where it is no UTF-8."""

    text: str
    dump: str
    is_cut: bool


class QuarantinedMessage:
    def __init__(self, connections: ConnectionSource, quarantine: QuarantineHandling) -> None:
        self._connections = connections
        self._quarantine = quarantine

    def pages(self) -> list[Page]:
        return [
            Page(
                _ADDRESS,
                self.show,
                {"replay": self.replay, "delete": self.delete},
                "admin",
                query=QuarantinedQuery,
                acts_in="rest",
                summary="One message in quarantine: why, and what was sent.",
            ),
            Page(_ADDRESS + "/body", self.save, who="admin", summary="What was sent, byte for byte."),
        ]

    def show(self, visit: Visit) -> Answer:
        entry = self._beginning(visit)
        if visit.query.ask == "delete":
            return Shown("quarantined_delete.html", {"entry": entry}, seconds=0)
        return _page(entry, visit)

    def save(self, visit: Visit) -> Answer:
        entry = self._quarantine.whole(entry_id_of(visit.parts["id"]))
        return Saved(entry.raw, f"message-{entry.id}")

    def replay(self, visit: Visit) -> Answer:
        try:
            outcome = self._quarantine.replay(entry_id_of(visit.parts["id"]), by=visit.caller.username)
        except ReplayFailed as failed:
            return _page(self._beginning(visit), visit, failed.message)
        if outcome.is_duplicate:
            return Moved("/messages", "replayed-before")
        return Moved("/messages", "replayed-empty" if outcome.totals.empty else "replayed-one")

    def delete(self, visit: Visit) -> Answer:
        self._quarantine.delete(entry_id_of(visit.parts["id"]), by=visit.caller.username)
        return Moved("/messages", "deleted")

    def _beginning(self, visit: Visit) -> WholeEntry:
        """With as much of its bytes as is shown. Raises `NotQuarantined`."""
        entry_id = entry_id_of(visit.parts["id"])
        with self._connections.connection() as connection:
            entry = beginning_of_quarantined(connection, entry_id, _SHOWN_BYTES)
        if entry is None:
            raise NotQuarantined(entry_id)
        return entry


def shown_body(beginning: bytes, size: int) -> ShownBody:
    """Harmless whatever it is. `size` is that of all of it: the cut may go through a character."""
    is_cut = size > len(beginning)
    text = beginning.decode(errors="replace")
    if is_cut and text.endswith("\ufffd"):
        text = text.rstrip("\ufffd")
    is_text = "\ufffd" not in text
    return ShownBody(plain_lines(text), "" if is_text else _dump(beginning[:_DUMPED_BYTES]), is_cut)


def _page(entry: WholeEntry, visit: Visit, still_wrong: str | None = None) -> Shown:
    now, zone = visit.now, visit.reader.zone_info
    values = {
        "entry": entry,
        "reason": reason_in_words(entry.reason),
        "received": moment(entry.received_at, now, zone),
        "quarantined": moment(entry.quarantined_at, now, zone),
        "body": shown_body(entry.raw, entry.size),
        "still_wrong": still_wrong,
    }
    return Shown("quarantined.html", values, 422 if still_wrong else 200, seconds=0)


def _dump(raw: bytes) -> str:
    lines = [raw[start : start + _DUMP_WIDTH] for start in range(0, len(raw), _DUMP_WIDTH)]
    return "\n".join(
        f"{number * _DUMP_WIDTH:04x}  {line.hex(' '):<{3 * _DUMP_WIDTH - 1}}  {_letters(line)}"
        for number, line in enumerate(lines)
    )


def _letters(line: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in line)
