"""What makes two findings the same problem: profile, signal, subject and direction; no kind, no zone, no number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Signal(StrEnum):
    """What raised a problem."""

    spc = "spc"
    psi = "psi"
    custom = "custom"
    silent = "silent"  # a profile that usually sends has stopped, or never sent
    blind = "blind"  # records come, and a feature cannot be checked
    failing = "failing"  # a window was written down as failed

    @property
    def is_drift(self) -> bool:
        return self in (Signal.spc, Signal.psi, Signal.custom)


class Side(StrEnum):
    """Where the values went. A feature that was too high and is now too low is another problem."""

    above = "above"
    below = "below"
    none = ""


@dataclass(frozen=True, slots=True, order=True)
class ProblemKey:
    """`subject`: a feature or a metric; empty where the whole profile is meant."""

    uid: str
    signal: Signal
    subject: str = ""
    direction: Side = Side.none


def signal_of(drift_type: str) -> Signal:
    """The signal of bad windows of a profile of this type."""
    return Signal(drift_type.lower())


def side_of(difference: float | None) -> Side:
    """Of observed - expected. None: it is not known."""
    if difference is None or not difference:
        return Side.none
    return Side.above if difference > 0 else Side.below
