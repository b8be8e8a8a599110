"""What need not be told because something else that is wrong with the same profile explains it."""

from __future__ import annotations

from collections.abc import Collection

from scouter.policy.identity import Signal

# No record can be checked where none comes; whether any comes is not the question while its check fails.
HELD_BACK_BY = {Signal.blind: Signal.silent, Signal.silent: Signal.failing}


def held_back_by(signal: Signal, firing: Collection[Signal]) -> Signal | None:
    """Which of the problems that fire for its profile keeps it from being told. None: none does."""
    by = HELD_BACK_BY.get(signal)
    return by if by in firing else None


def holds_back(signal: Signal) -> Signal | None:
    """What may be told when this is over."""
    return next((held for held, by in HELD_BACK_BY.items() if by is signal), None)
