"""What is left after a drill over HTTP, and whether it is what was promised."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tests.drills.ledger_watch import LedgerReading
from tests.drills.sent_messages import GOOD, Outcome, SentMessage
from tests.drills.stored_numbers import Found, Numbers

_SHOWN = 10
_UNKNOWN_OUTCOME = "outcome_unknown"  # kept because nobody can say whether it was stored: it may well be


@dataclass(frozen=True)
class Findings:
    """Counted in records where nothing else is said. A promise is a count that has to be 0."""

    sent: int
    acknowledged: int
    stored: int
    duplicate: int  # rows there more often than they were sent
    quarantined: int
    spooled: int  # still, at the end
    lost: int  # acknowledged, and neither stored nor in quarantine nor in the spool
    # --- how it went
    messages: int
    answered_spooled: int  # messages
    answered_duplicate: int  # messages: sent again under their key, and known already
    unanswered: int
    unanswered_stored: int
    refused: int
    ledger_readings: int
    # --- further promises
    strange: int  # rows with a number that nobody sent
    cut_in_two: int  # messages of which only a part is stored
    refused_yet_stored: int
    stored_and_quarantined: int
    missing_in_quarantine: int  # messages whose answer names an id that is not there
    unbalanced: int  # readings of the ledger
    disagreements: int  # between the ledger at the end and the database
    complaints: int  # what the drill itself found
    names: dict[str, list[str]] = field(default_factory=dict)  # the first few of everything that is wrong

    @property
    def broken(self) -> list[str]:
        names = [one.name for one in dataclasses.fields(self)]
        promises = ["duplicate", "spooled", "lost", *names[names.index("strange") : names.index("names")]]
        return [f"{name.replace('_', ' ')}: {getattr(self, name)}" for name in promises if getattr(self, name)]

    def shown(self) -> str:
        counts = {one.name: getattr(self, one.name) for one in dataclasses.fields(self) if one.name != "names"}
        lines = [f"{name.replace('_', ' '):24}{count:>12,}" for name, count in counts.items()]
        return "\n".join(lines + [f"{what}: {', '.join(named)}" for what, named in self.names.items()])


class _Numbered:
    """All numbers that were sent, side by side: message after message, in the order of their numbers."""

    def __init__(self, sent: Sequence[SentMessage], found: Found) -> None:
        self.messages = sorted(sent, key=lambda message: message.first)
        self.firsts = np.array([message.first for message in self.messages], dtype=np.int64)
        self.counts = np.array([message.count for message in self.messages], dtype=np.int64)
        self.begins = np.cumsum(self.counts) - self.counts
        self.total = int(self.counts.sum())
        self.numbers = np.repeat(self.firsts - self.begins, self.counts) + np.arange(self.total)
        self.times_stored, self.strange = self._times(found.stored)
        kept = [number for one in found.quarantined for number in one.numbers]
        self.times_quarantined, _ = self._times(np.array(kept, dtype=np.int64))
        unsure = [number for one in found.quarantined if one.reason == _UNKNOWN_OUTCOME for number in one.numbers]
        self.times_spooled, _ = self._times(found.spooled)
        self.times_unsure, _ = self._times(np.array(unsure, dtype=np.int64))

    def of(self, chosen: Callable[[SentMessage], bool]) -> npt.NDArray[np.bool_]:
        """Which numbers belong to messages that are so."""
        return np.repeat(np.array([chosen(message) for message in self.messages], dtype=bool), self.counts)

    def stored_in_each(self) -> Numbers:
        """By message, how many of its numbers are stored at least once."""
        there = np.concatenate([[0], np.cumsum(self.times_stored > 0)])
        in_each: Numbers = there[self.begins + self.counts] - there[self.begins]
        return in_each

    def _times(self, found: Numbers) -> tuple[Numbers, Numbers]:
        """How often each number was found, and what was found that nobody sent."""
        if not self.messages or not len(found):
            return np.zeros(self.total, dtype=np.int64), found
        nearest = np.searchsorted(self.firsts, found, "right") - 1
        behind = found - self.firsts[nearest]
        known = (nearest >= 0) & (behind < self.counts[nearest])
        places = self.begins[nearest[known]] + behind[known]
        return np.bincount(places, minlength=self.total).astype(np.int64), found[~known]


def judge(
    sent: Sequence[SentMessage],
    found: Found,
    *,
    ledger: LedgerReading | None,
    readings: int = 0,
    faults: Sequence[str] = (),
    complaints: Sequence[str] = (),
) -> Findings:
    """Look at everything when the server has stopped. `ledger` is its last reading, `faults` those of all readings."""
    of = _Numbered(sent, found)
    acknowledged = of.of(lambda message: message.acknowledged)
    unanswered = of.of(lambda message: message.outcome == Outcome.UNANSWERED)
    refused = of.of(lambda message: message.outcome in (Outcome.REFUSED, Outcome.QUARANTINED))
    stored, kept = of.times_stored > 0, of.times_quarantined > 0
    spooled = of.times_spooled > 0
    lost = acknowledged & ~stored & ~kept & ~spooled
    twice = of.times_stored > 1
    both = stored & kept & (of.times_unsure == 0)
    in_each = of.stored_in_each()
    partly = (in_each > 0) & (in_each < of.counts)
    ids = {one.id for one in found.quarantined}
    missing = [one for one in of.messages if one.outcome == Outcome.QUARANTINED and one.detail not in ids]
    disagreements = _disagreements(of, in_each, found, ledger)
    return Findings(
        sent=of.total,
        acknowledged=int(acknowledged.sum()),
        stored=len(found.stored),
        duplicate=int((of.times_stored[twice] - 1).sum()),
        quarantined=int(kept.sum()),
        spooled=int(spooled.sum()),
        lost=int(lost.sum()),
        messages=len(of.messages),
        answered_spooled=sum(message.outcome == Outcome.SPOOLED for message in of.messages),
        answered_duplicate=sum(message.outcome == Outcome.DUPLICATE for message in of.messages),
        unanswered=int(unanswered.sum()),
        unanswered_stored=int((unanswered & stored).sum()),
        refused=int(refused.sum()),
        ledger_readings=readings,
        strange=len(of.strange),
        cut_in_two=int(partly.sum()),
        refused_yet_stored=int((refused & stored).sum()),
        stored_and_quarantined=int(both.sum()),
        missing_in_quarantine=len(missing),
        unbalanced=len(faults),
        disagreements=len(disagreements),
        complaints=len(complaints),
        names=_named(
            {
                "lost": of.numbers[lost],
                "duplicate": of.numbers[twice],
                "strange": of.strange,
                "cut in two": of.firsts[partly],
                "refused yet stored": of.numbers[refused & stored],
                "stored and quarantined": of.numbers[both],
                "missing in quarantine": [f"{one.first} ({one.detail})" for one in missing],
                "unbalanced": faults,
                "disagreements": disagreements,
                "complaints": complaints,
            }
        ),
    )


def _disagreements(of: _Numbered, in_each: Numbers, found: Found, ledger: LedgerReading | None) -> list[str]:
    """Where the ledger at the end says something else than the database, or knows less than the senders do."""
    if ledger is None:
        return []
    outcomes = [message.outcome for message in of.messages]
    exact = {
        "records_stored": len(found.stored),
        "stored": int((in_each == of.counts).sum()),
        "quarantined": len(found.quarantined),
    }
    least = {
        "received": len(outcomes) - outcomes.count(Outcome.UNANSWERED),
        "duplicate": outcomes.count(Outcome.DUPLICATE),
        "refused": outcomes.count(Outcome.REFUSED),
    }
    said = [f"{name} {ledger.total(name)}, in the database {n}" for name, n in exact.items() if ledger.total(name) != n]
    return said + [
        f"{name} {ledger.total(name)}, senders saw {n}" for name, n in least.items() if ledger.total(name) < n
    ]


def _named(wrong: dict[str, Sequence[object] | Numbers]) -> dict[str, list[str]]:
    named = {}
    for what, found in wrong.items():
        if len(found):
            more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
            named[what] = [str(one) for one in found[:_SHOWN]] + more
    return named


def refusals(sent: Sequence[SentMessage], *, allowed: frozenset[int] = frozenset()) -> list[str]:
    """Good messages that were refused with a status other than those allowed, as a complaint."""
    wrong = [one for one in sent if one.kind == GOOD and one.status not in (0, 200) and one.status not in allowed]
    if not wrong:
        return []
    statuses = sorted({one.status for one in wrong})
    return [f"{len(wrong)} good messages were refused, with {statuses}; the first is {wrong[0].first}"]
