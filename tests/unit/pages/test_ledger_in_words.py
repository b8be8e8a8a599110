"""What the ledger says in words: true, and a sum that adds up."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from scouter.pages.wording.ledger import ledger_in_words, spool_in_words
from scouter.wire.ledger import LedgerCounts, LedgerReply, QuarantineCounts, SpoolCounts


def books(*, deleted: int = 0, expired: int = 0, balanced: bool = True, **counts: int) -> LedgerReply:
    names = ("stored", "duplicate", "quarantined", "refused", "empty", "spooled")
    settled = {name: counts.get(name, 0) for name in names}
    total = LedgerCounts(received=sum(settled.values()), **settled, records_stored=0, records_skipped=0)
    kept = settled["quarantined"] - deleted - expired
    quarantine = QuarantineCounts(kept, 0, 10, deleted, expired)
    return LedgerReply(balanced, True, datetime.now(UTC), total, {}, quarantine, spool())


def spool(messages: int = 0, state: str = "idle") -> SpoolCounts:
    return SpoolCounts(messages, 0, 10, None, state)


@pytest.mark.parametrize(
    ("read", "state", "verdict"),
    [
        (books(), "new", "No message has come yet."),
        (books(stored=96_000), "ok", "Nothing is lost: everything that was accepted is stored."),
        (
            books(stored=95_990, quarantined=10),
            "no_data",
            "Nothing is lost: what was accepted is stored, and 10 messages that could not be stored are kept in "
            "quarantine.",
        ),
        (
            books(stored=5, quarantined=1, spooled=1),
            "no_data",
            "Nothing is lost: 1 message waits on disk, and what was accepted else is stored.",
        ),
        (books(stored=5, quarantined=3, deleted=1, expired=2), "ok", None),
        (books(stored=1, balanced=False), "failed", None),
    ],
)
def test_verdicts(read: LedgerReply, state: str, verdict: str | None) -> None:
    said = ledger_in_words(read)
    assert said.state == state
    assert verdict in (None, said.verdict)


def test_the_sum_has_every_part_that_is_not_nothing() -> None:
    read = books(stored=90, duplicate=1, quarantined=9, deleted=3, expired=4, refused=5, empty=6, spooled=7)
    said = ledger_in_words(read)
    assert said.total == (
        "118 received = 90 stored + 1 sent twice + 2 in quarantine + 3 deleted + 4 expired + 5 refused + 6 empty"
        " + 7 waiting"
    )
    numbers = [int(each) for each in re.findall(r"\d+", said.total)]
    assert numbers[0] == sum(numbers[1:])
    assert len(said.rest) == 4
    assert (
        "4 messages that could not be stored have left quarantine by its limits of age and size, and are gone."
        in said.rest
    )


def test_what_the_spool_is_at() -> None:
    assert spool_in_words(spool()) == "Nothing waits."
    assert spool_in_words(spool(3)) == "Messages wait to be stored."
    assert spool_in_words(spool(3, "drains")) == "What waits is being stored."
    assert "later" in spool_in_words(spool(3, "waits for Postgres"))
    assert spool_in_words(spool(3, "something new")) == "something new"
