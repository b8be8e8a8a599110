"""A judge who could not find anything would prove nothing: each broken promise is told, with the numbers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.drills.findings import Findings, judge
from tests.drills.ledger_watch import LedgerReading
from tests.drills.sent_messages import GOOD, Outcome, SentMessage
from tests.drills.stored_numbers import Found, Quarantined

KEPT_ID = "0199aa00-0000-7000-8000-000000000001"


def sent(first: int, outcome: Outcome, *, count: int = 3, detail: str = "") -> SentMessage:
    return SentMessage(first, count, GOOD, outcome, 200, 1, detail)


def judged(
    messages: Sequence[SentMessage],
    stored: Sequence[int],
    *,
    quarantined: Sequence[Quarantined] = (),
    ledger: LedgerReading | None = None,
) -> Findings:
    found = Found(np.array(stored, dtype=np.int64), list(quarantined))
    return judge(messages, found, ledger=ledger)


def reading(**counts: int) -> LedgerReading:
    names = ("received", "stored", "duplicate", "quarantined", "refused", "empty", "spooled", "records_stored")
    total: dict[str, Any] = {name: counts.get(name, 0) for name in names}
    return LedgerReading(0.0, {"balanced": True, "total": total, "transports": {}, "spool": {"messages": 0}})


def test_nothing_is_wrong_when_acknowledged_records_are_there_and_the_others_may_be() -> None:
    messages = [sent(10, Outcome.STORED), sent(20, Outcome.SPOOLED), sent(30, Outcome.UNANSWERED)]
    for also in ([], [30, 31, 32]):
        found = judged(messages, [10, 11, 12, 20, 21, 22, *also])
        assert found.broken == []
        assert (found.sent, found.acknowledged, found.stored) == (9, 6, 6 + len(also))
        assert found.unanswered_stored == len(also)


@pytest.mark.parametrize(
    ("outcome", "stored", "broken", "named"),
    [
        (Outcome.STORED, [], ["lost: 3"], {"lost": ["10", "11", "12"]}),
        (Outcome.SPOOLED, [10, 11], ["lost: 1", "cut in two: 1"], {"lost": ["12"], "cut in two": ["10"]}),
        (Outcome.STORED, [10, 11, 12, 12, 12], ["duplicate: 2"], {"duplicate": ["12"]}),
        (Outcome.UNANSWERED, [10, 11, 12, 11], ["duplicate: 1"], {"duplicate": ["11"]}),
        (Outcome.UNANSWERED, [10], ["cut in two: 1"], {"cut in two": ["10"]}),
        (Outcome.UNANSWERED, [13], ["strange: 1"], {"strange": ["13"]}),
        (Outcome.UNANSWERED, [9], ["strange: 1"], {"strange": ["9"]}),
        (Outcome.REFUSED, [10, 11, 12], ["refused yet stored: 3"], {"refused yet stored": ["10", "11", "12"]}),
    ],
)
def test_what_is_wrong_is_counted_and_named(
    outcome: Outcome, stored: list[int], broken: list[str], named: dict[str, list[str]]
) -> None:
    found = judged([sent(10, outcome)], stored)
    assert found.broken == broken
    assert found.names == named


def test_a_message_in_quarantine_is_not_lost_and_must_be_there_when_it_was_said_to_be() -> None:
    kept = Quarantined(KEPT_ID, "invalid", (10, 11, 12))
    spooled = sent(10, Outcome.SPOOLED)
    assert judged([spooled], [], quarantined=[kept]).broken == []
    told = sent(10, Outcome.QUARANTINED, detail=KEPT_ID)
    assert judged([told], [], quarantined=[kept]).broken == []
    assert judged([told], []).broken == ["missing in quarantine: 1"]
    assert judged([spooled], [10, 11, 12], quarantined=[kept]).broken == ["stored and quarantined: 3"]
    unsure = Quarantined(KEPT_ID, "outcome_unknown", (10, 11, 12))
    assert judged([spooled], [10, 11, 12], quarantined=[unsure]).broken == []


def test_what_is_still_in_the_spool_is_not_lost_but_late() -> None:
    found = judge([sent(10, Outcome.SPOOLED)], Found(np.array([10, 11]), [], np.array([12])), ledger=None)
    assert found.broken == ["spooled: 1", "cut in two: 1"]


def test_a_ledger_that_does_not_add_up_says_where() -> None:
    assert reading(received=5, stored=3, refused=1, spooled=1).faults == []
    faults = reading(received=5, stored=3).faults
    assert len(faults) == 1
    assert faults[0].startswith("total: received 5, accounted for 3")


def test_a_ledger_at_the_end_says_what_the_database_and_the_senders_say() -> None:
    messages = [sent(10, Outcome.STORED), sent(20, Outcome.REFUSED)]
    right = reading(received=2, stored=1, refused=1, records_stored=3)
    assert judged(messages, [10, 11, 12], ledger=right).broken == []
    for wrong in (
        reading(received=2, stored=1, refused=1, records_stored=4),
        reading(received=2, stored=2, refused=1, records_stored=3),
        reading(received=1, stored=1, refused=1, records_stored=3),
        reading(received=2, stored=1, refused=0, records_stored=3),
        reading(received=2, stored=1, refused=1, quarantined=1, records_stored=3),
    ):
        assert judged(messages, [10, 11, 12], ledger=wrong).broken == ["disagreements: 1"]


def test_the_first_few_are_named_and_the_others_counted() -> None:
    found = judged([sent(0, Outcome.STORED, count=100)], [])
    assert found.names["lost"] == [*map(str, itertools.islice(itertools.count(), 10)), "and 90 more"]
