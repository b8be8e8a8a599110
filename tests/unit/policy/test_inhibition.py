"""What explains what: a silence a blind feature, a check that fails a silence."""

from __future__ import annotations

import pytest

from scouter.policy.identity import Signal
from scouter.policy.inhibition import held_back_by, holds_back


@pytest.mark.parametrize(
    ("signal", "firing", "by"),
    [
        (Signal.blind, [Signal.silent], Signal.silent),
        (Signal.silent, [Signal.failing, Signal.psi], Signal.failing),
        (Signal.blind, [Signal.failing], None),
        (Signal.psi, [Signal.silent, Signal.failing], None),
        (Signal.failing, [Signal.silent], None),
        (Signal.silent, [], None),
    ],
)
def test_what_holds_back_what(signal: Signal, firing: list[Signal], by: Signal | None) -> None:
    assert held_back_by(signal, firing) is by


def test_the_end_of_one_lets_the_other_speak() -> None:
    assert (holds_back(Signal.silent), holds_back(Signal.failing)) == (Signal.blind, Signal.silent)
    assert holds_back(Signal.psi) is None
