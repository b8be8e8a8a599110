"""Problems in words: what is wrong, what happened to it, and why something was not told."""

from __future__ import annotations

from scouter.pages.text.numbers import count, counted, number
from scouter.pages.text.plain_text import shortened
from scouter.policy.firing_rule import FiringRule
from scouter.wire.problems import ProblemItem, ProblemSignal

_SUBJECTS = {
    ProblemSignal.silent: "No records come",
    ProblemSignal.failing: "Checks fail",
}
SIGNALS = {
    ProblemSignal.spc: "SPC",
    ProblemSignal.psi: "PSI",
    ProblemSignal.custom: "custom metric",
    ProblemSignal.silent: "silent",
    ProblemSignal.blind: "cannot be checked",
    ProblemSignal.failing: "check failed",
}
_EVENTS = {
    "pending": "First bad window",
    "firing": "Fires",
    "resolved": "Is over",
    "passed": "Passed without having fired",
    "ended": "Ended",
    "changed": "Begins anew",
    "told firing": "Told that it fires",
    "told reminder": "Told that it still fires",
    "told worse": "Told that it is worse",
    "told resolved": "Told that it is over",
    "told ended": "Told that it ended",
    "acknowledged": "Acknowledged",
    "taken back": "Acknowledgement taken back",
    "held": "Not told",
}
_REASONS = {
    "late records": "because of records that came late",
    "deactivated": "because its profile was switched off",
    "activated again": "because its profile was switched on again",
    "profile changed": "because its profile was changed",
    "policy changed": "because its policy was changed",
}


def title_of(item: ProblemItem) -> str:
    """The feature or metric; of a whole profile what is wrong with it."""
    return item.subject or _SUBJECTS.get(item.signal, SIGNALS[item.signal])


def problem_sentence(item: ProblemItem) -> str:
    """`PSI 0.265: its values fall into other bins than in training.`, `1.62 sigma above its center.`"""
    match item.signal:
        case ProblemSignal.silent:
            return "Its records have stopped, or never came."
        case ProblemSignal.blind:
            return "Records come, but it cannot be checked."
        case ProblemSignal.failing:
            return "A check of it failed."
        case ProblemSignal.psi:
            moved = "its values fall into other bins than in training."
            return moved.capitalize() if item.effect is None else f"PSI {number(item.effect)}: {moved}"
        case ProblemSignal.spc:
            return _off(item, " sigma", "center")
        case ProblemSignal.custom:
            return _off(item, "", "baseline")


def bad_windows(windows: list[bool]) -> str:
    """`3 of the last 5 windows were bad`; empty where none is kept."""
    if not windows:
        return ""
    bad = sum(windows)
    if len(windows) == 1:
        return "the last window was bad" if bad else "the last window was good"
    return f"{count(bad)} of the last {count(len(windows))} windows {'was' if bad == 1 else 'were'} bad"


def rule_in_words(rule: FiringRule) -> str:
    """`It fires at 2 bad windows of the last 3, and is over after 2 good ones in a row.`"""
    bad = counted(rule.fire.bad, "bad window", "bad windows")
    of = "" if rule.fire.windows == rule.fire.bad else f" of the last {rule.fire.windows}"
    good = "a good one" if rule.resolve == 1 else f"{rule.resolve} good ones in a row"
    return f"It fires at {bad}{of}, and is over after {good}."


def event_in_words(kind: str) -> str:
    """A kind that is not known as it is."""
    return _EVENTS.get(kind, shortened(kind))


def reason_in_words(reason: str | None) -> str:
    """`because of records that came late`; empty where the windows say it all."""
    return "" if reason is None else _REASONS.get(reason, shortened(reason))


def _off(item: ProblemItem, unit: str, middle: str) -> str:
    way = {"above": "above", "below": "below"}.get(item.direction or "", "away from")
    if item.effect is None:
        return f"{way.capitalize()} its {middle}."
    return f"{number(item.effect)}{unit} {way} its {middle}."
