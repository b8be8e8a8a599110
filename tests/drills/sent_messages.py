"""What a sender has to say of each of its messages, kept line by line in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

GOOD = "good"


class Outcome(StrEnum):
    STORED = "stored"
    SPOOLED = "spooled"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


ACKNOWLEDGED = frozenset({Outcome.STORED, Outcome.SPOOLED, Outcome.DUPLICATE})


@dataclass(frozen=True, slots=True)
class SentMessage:
    """Records with the numbers from `first` on as their values. `detail` is what else the answer said."""

    first: int
    count: int
    kind: str  # GOOD, or what is wrong with it
    outcome: Outcome
    status: int = 0
    attempts: int = 1
    detail: str = ""

    @property
    def acknowledged(self) -> bool:
        return self.outcome in ACKNOWLEDGED


def write(message: SentMessage, file: TextIO) -> None:
    of = message
    file.write(f"{of.first},{of.count},{of.kind},{of.outcome},{of.status},{of.attempts},{of.detail}\n")


def read(file: Path) -> Iterator[SentMessage]:
    with file.open() as lines:
        for line in lines:
            first, count, kind, outcome, status, attempts, detail = line.rstrip("\n").split(",", 6)
            yield SentMessage(int(first), int(count), kind, Outcome(outcome), int(status), int(attempts), detail)
