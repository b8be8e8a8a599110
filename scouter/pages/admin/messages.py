"""Is anything lost? The ledger, the spool, the consumers of brokers, and what is in quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from msgspec import Struct

from scouter.errors import DatabaseAway
from scouter.ingest.consumer_set import ConsumerSet
from scouter.ingest.ledger.books import Books
from scouter.ingest.quarantine.handling import QuarantineHandling
from scouter.ingest.quarantine.replay import ReplayProgress
from scouter.pages.site.page import Page
from scouter.pages.site.visit import Answer, Moved, Shown, Visit
from scouter.pages.text.times import TimeText, ago, moment
from scouter.pages.wording.ledger import ledger_in_words, spool_in_words
from scouter.pages.wording.quarantine import ReasonInWords, reason_in_words
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.errors import AWAY
from scouter.postgres.paging import Page as Rows
from scouter.postgres.paging import rows_to_fetch
from scouter.postgres.tables.quarantine import Entry, QuarantineFilter, QuarantineTotal, quarantine_page
from scouter.wire.decoding import convert_query
from scouter.wire.quarantine import Reason, Transport, accepted_by_quarantine

_ADDRESS = "/messages"
_ROWS = 50
_SECONDS = 15.0  # of work in one request
_STOPPED = "stopped: Postgres refuses everything"


class MessagesQuery(Struct, frozen=True):
    """`after`: the last message of the page before. `go_on`: the last one that a replay has tried."""

    reason: Reason | None = None
    transport: Transport | None = None
    after: UUID | None = None
    go_on: UUID | None = None
    ask: Literal["delete"] | None = None


class Selection(Struct, frozen=True):
    """Fields of the forms: which messages. Neither: all of them."""

    reason: Reason | None = None
    transport: Transport | None = None
    go_on: UUID | None = None

    @property
    def filter(self) -> QuarantineFilter:
        return QuarantineFilter(self.transport and self.transport.value, self.reason and self.reason.value)


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """Everything in quarantine for one reason."""

    reason: str
    words: ReasonInWords
    messages: int
    bytes: int


@dataclass(frozen=True, slots=True)
class EntryRow:
    entry: Entry
    received: TimeText


@dataclass(frozen=True, slots=True)
class ConsumerRow:
    """One reader of a broker. `problem` is None while it reads."""

    name: str
    behind: int
    since: TimeText
    problem: str | None


class Messages:
    def __init__(
        self,
        connections: ConnectionSource,
        books: Books,
        quarantine: QuarantineHandling,
        consumers: ConsumerSet | None,
        brokers: Sequence[str],
    ) -> None:
        """`brokers`: what is configured, whoever reads from it."""
        self._connections = connections
        self._books = books
        self._quarantine = quarantine
        self._consumers = consumers
        self._brokers = brokers

    def pages(self) -> list[Page]:
        return [
            Page(
                _ADDRESS,
                self.show,
                {"resume": self.resume, "replay": self.replay, "delete": self.delete},
                "admin",
                query=MessagesQuery,
                accepted=accepted_by_quarantine,
                acts_in="rest",
                summary="Is anything lost? The ledger, the spool, consumers, quarantine.",
            )
        ]

    def show(self, visit: Visit) -> Answer:
        reading = self._books.fleet.read()
        books, query = self._books.told(reading), visit.query
        totals = reading.kept or ()
        if query.ask == "delete":
            return _asked(query, totals)
        now, zone = visit.now, visit.reader.zone_info
        spool = books.spool
        return Shown(
            "messages.html",
            {
                "books": books,
                "words": ledger_in_words(books),
                "counted": moment(books.as_of, now, zone),
                "spool": spool_in_words(spool),
                "is_stopped": spool.state == _STOPPED,
                "oldest": None if spool.oldest is None else ago(spool.oldest, now, zone),
                "consumers": self._consumer_rows(visit),
                "brokers": self._brokers,
                "reasons": _by_reason(totals),
                "reason_names": {each.value: _name(each) for each in Reason},
                "transport_names": [each.value for each in Transport],
                "query": query,
                "chosen": _parameters(query),
                "first": _address(query),
                "ask_delete": _address(query, ask="delete").partition("#")[0],
                **self._list(visit),
            },
        )

    def resume(self, _: Visit) -> Answer:
        return Moved(_ADDRESS, "resumed" if self._books.ingest.resume() else "nothing")

    def replay(self, visit: Visit) -> Answer:
        wanted = _selection(visit)
        done = self._quarantine.replay_selected(
            wanted.filter, after=wanted.go_on, seconds=_SECONDS, by=visit.caller.username
        )
        go_on = {"go_on": str(done.cursor)} if done.remaining and done.cursor else {}
        return Moved(_address(wanted, **go_on), _said_of_replay(done))

    def delete(self, visit: Visit) -> Answer:
        wanted = _selection(visit)
        done = self._quarantine.delete_selected(wanted.filter, seconds=_SECONDS, by=visit.caller.username)
        if done.remaining:
            return Moved(_address(wanted), "deleted-some")
        return Moved(_ADDRESS, "deleted" if done.deleted else "nothing")

    def _consumer_rows(self, visit: Visit) -> list[ConsumerRow]:
        statuses = [each.status for each in self._consumers.workers] if self._consumers is not None else []
        zone = visit.reader.zone_info
        return [
            ConsumerRow(each.name, each.lag, ago(each.since, visit.now, zone), None if each.is_up else each.problem)
            for each in statuses
        ]

    def _list(self, visit: Visit) -> Mapping[str, Any]:
        """A page of messages. While nobody can look, the rest of the page stands."""
        query = visit.query
        try:
            with self._connections.connection() as connection:
                found = quarantine_page(
                    connection,
                    Selection(query.reason, query.transport).filter,
                    since=None,
                    until=None,
                    below=query.after,
                    maximum=rows_to_fetch(_ROWS),
                )
        except (*AWAY, DatabaseAway):
            return {"is_away": True, "entries": [], "next": None}
        page = Rows.of(found, _ROWS)
        rows = [EntryRow(each, ago(each.received_at, visit.now, visit.reader.zone_info)) for each in page.rows]
        last = page.next_cursor(lambda entry: str(entry.id))
        return {"is_away": False, "entries": rows, "next": last and _address(query, after=last)}


def _asked(query: MessagesQuery, totals: Sequence[QuarantineTotal]) -> Shown:
    """Before so many are gone."""
    wanted = Selection(query.reason, query.transport).filter
    chosen = [
        each for each in totals if wanted.reason in (None, each.reason) and wanted.transport in (None, each.transport)
    ]
    values = {
        "messages": sum(each.messages for each in chosen),
        "reason": query.reason and _name(query.reason),
        "transport": query.transport and query.transport.value,
        "chosen": _parameters(query),
        "back": _address(query),
    }
    return Shown("messages_delete.html", values, seconds=0)


def _by_reason(totals: Sequence[QuarantineTotal]) -> list[ReasonRow]:
    """Those with most messages first."""
    sums: dict[str, list[int]] = {}
    for each in totals:
        sums.setdefault(each.reason, [0, 0])
        sums[each.reason][0] += each.messages
        sums[each.reason][1] += each.bytes
    rows = [ReasonRow(reason, reason_in_words(reason), *both) for reason, both in sums.items()]
    return sorted(rows, key=lambda row: (-row.messages, row.reason))


def _selection(visit: Visit) -> Selection:
    """Raises `InvalidInput`."""
    sent = {name: value for name, value in visit.form.items() if value}
    return convert_query(sent, Selection, accepted=accepted_by_quarantine)


def _said_of_replay(done: ReplayProgress) -> str:
    if done.remaining:
        return "replay-goes-on"
    stored = done.replayed + done.duplicates
    if done.failed:
        return "replayed" if stored else "replayed-none"
    return "replayed-all" if stored else "nothing"


def _parameters(query: MessagesQuery | Selection) -> dict[str, str]:
    named = {"reason": query.reason, "transport": query.transport}
    return {name: value.value for name, value in named.items() if value is not None}


def _address(query: MessagesQuery | Selection, **more: str) -> str:
    """The page of those messages, at its list."""
    parameters = urlencode({**_parameters(query), **more})
    return f"{_ADDRESS}?{parameters}#quarantine" if parameters else f"{_ADDRESS}#quarantine"


def _name(reason: Reason) -> str:
    return reason.value.replace("_", " ")
