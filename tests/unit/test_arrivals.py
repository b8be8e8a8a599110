"""For which profiles records came, by the hour: kept in memory until it is written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput
from scouter.ingest.arrival_notes import BrokerLag
from scouter.ingest.arrivals import Arrivals
from scouter.ingest.messages.batch import Batch, ValidatedMessage
from scouter.ingest.messages.inbound import InboundMessage
from scouter.ingest.messages.outcomes import Outcome
from scouter.ingest.messages.results import Accepted, rejected
from scouter.postgres.tables.records import Rows, to_microseconds

NOON = datetime(2026, 10, 6, 12, tzinfo=UTC)
ANYBODY = Caller("u", frozenset(), frozenset())
STORED = Outcome.stored(1, {})


def message(entity_id: int, received_at: datetime) -> ValidatedMessage:
    rows = Rows("spc_record", entity_id, 1, 0, 0, frozenset(), b"")
    return ValidatedMessage(InboundMessage("http", b"", ANYBODY, received_at), Accepted([rows]))


def at(moment: datetime) -> int:
    return to_microseconds(moment)


def test_what_is_stored_at_once_counts_for_the_time_of_the_database() -> None:
    arrivals, stored_at = Arrivals(), NOON + timedelta(minutes=5)
    batch = Batch([message(1, NOON - timedelta(hours=9)), message(2, NOON + timedelta(hours=9))])
    arrivals.note(batch, [STORED, STORED], at(stored_at))
    assert arrivals.take() == [(NOON, {1: stored_at, 2: stored_at})]
    assert arrivals.take() == []


def test_what_has_waited_counts_for_the_hour_in_which_it_was_received() -> None:
    arrivals, stored_at = Arrivals(), NOON + timedelta(hours=3)
    early, ahead = NOON - timedelta(minutes=10), NOON + timedelta(hours=5)
    batch = Batch([message(1, early), message(1, NOON), message(2, ahead)], has_waited=True)
    arrivals.note(batch, [STORED] * 3, at(stored_at))
    assert arrivals.take() == [
        (NOON - timedelta(hours=1), {1: early}),
        (NOON, {1: NOON}),
        (stored_at, {2: stored_at}),
    ]


def test_only_what_was_stored_has_arrived() -> None:
    arrivals, error = Arrivals(), InvalidInput("records", None, "some")
    bad = ValidatedMessage(InboundMessage("http", b"", ANYBODY, NOON), rejected(error))
    batch = Batch([message(1, NOON), message(2, NOON), bad])
    arrivals.note(batch, [Outcome.duplicate(1, {}), Outcome.quarantined(error), Outcome.quarantined(error)], at(NOON))
    assert arrivals.take() == []


def test_what_could_not_be_written_down_is_kept_beside_what_is_newer() -> None:
    arrivals = Arrivals()
    arrivals.note(Batch([message(1, NOON), message(2, NOON)]), [STORED] * 2, at(NOON))
    ((hour, moments),) = arrivals.take()
    later = NOON + timedelta(minutes=1)
    arrivals.note(Batch([message(1, later)]), [STORED], at(later))
    arrivals.give_back(hour, moments)
    assert arrivals.take() == [(NOON, {1: later, 2: NOON})]


def test_consumers_are_behind_when_more_waits_than_they_store_twice_in_a_row() -> None:
    lag = BrokerLag()
    looks = [(5, 0), (0, 5), (1, 5), (9, 100), (500, 110), (600, 120), (90, 700), (7, 700), (7, 700)]
    seen = [lag.look({"kafka": waits}, {"kafka": stored})["kafka"] for waits, stored in looks]
    assert seen == [False, False, False, False, False, True, False, False, True]
