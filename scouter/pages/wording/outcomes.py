"""How checks ended and how profiles stand: a word each, and why something was not checked."""

from __future__ import annotations

from scouter.pages.text.numbers import count, counted
from scouter.pages.text.plain_text import shortened
from scouter.wire.check_results import NotChecked, Obstacle

# States of a profile and outcomes of a check share their words; `charts.small.mark` has a shape for each.
STATES = {
    "alert": "alert",
    "failed": "check failed",
    "silent": "silent",
    "no_data": "no data",
    "new": "new",
    "ok": "fine",
    "off": "off",
}
# As they stand behind a number, in the order in which they are looked at.
STATES_COUNTED = {
    "alert": "alerting",
    "failed": "checks failed",
    "silent": "silent",
    "no_data": "without data",
    "new": "new",
    "ok": "fine",
    "off": "switched off",
}
KINDS = {"Spc": "SPC", "Psi": "PSI", "Custom": "custom metric"}
_THINGS = {"Spc": ("feature", "features"), "Psi": ("feature", "features"), "Custom": ("metric", "metrics")}
_OBSTACLES = {
    Obstacle.no_data: "No values in the window",
    Obstacle.too_few_samples: "Too few values",
    Obstacle.not_finite: "No finite values",
    Obstacle.not_in_profile: "Not in the profile",
    Obstacle.unusable_profile: "The profile cannot be used for it",
    Obstacle.no_condition: "No alert condition",
}
_WAITING = {
    "inactive": "Switched off: it is not checked.",
    "window": "Its window is not over yet.",
    "grace": "Its window is over; the last records of it may still be on their way.",
    "due": "It is due, and waits for a server to take it up.",
    "retry": "The last try failed; it is tried again.",
    "under_way": "It is under way.",
}


def state_in_words(state: str) -> str:
    """One or two words; a state that is not known as it is."""
    return STATES.get(state, shortened(state))


def kind_in_words(drift_type: str) -> str:
    """`SPC`, `PSI`, `custom metric`."""
    return KINDS.get(drift_type, shortened(drift_type))


def things(drift_type: str, number: int) -> str:
    """`3 features`, `1 metric`: what a profile of this kind watches."""
    return counted(number, *_THINGS.get(drift_type, ("feature", "features")))


def waiting_in_words(state: str) -> str:
    """What the next check waits for."""
    return _WAITING.get(state, shortened(state))


def obstacle_sentence(left_out: NotChecked) -> str:
    """`Too few values: 61; more than 100 observations are needed, 10 for each of 10 bins.`"""
    said = _OBSTACLES[left_out.obstacle]
    if left_out.obstacle is Obstacle.no_data:
        return f"{said}."
    if left_out.obstacle is Obstacle.too_few_samples:
        return f"{said}: {count(left_out.samples)}; {left_out.detail}."
    return f"{said}: {left_out.detail}."


def verdict(outcome: str, drift_type: str, checked: int, alerting: int, left_out: int) -> str:
    """The sentence that answers whether a check found anything: its bold part, without a full stop."""
    one, many = _THINGS.get(drift_type, ("feature", "features"))
    match outcome:
        case "failed":
            return "The check failed"
        case "no_data":
            return "No records came"
        case "alert":
            verb = "is outside of its limits" if alerting == 1 else "are outside of their limits"
            return f"{count(alerting)} of {counted(checked, one, many)} {verb}"
        case _ if not checked and left_out:
            return f"No {one} could be checked"
        case _ if checked == 1:
            return f"The {one} is within its limits"
        case _:
            return f"All {counted(checked, one, many)} are within their limits"


def left_out_sentence(left_out: int, drift_type: str) -> str:
    """`2 more features could not be checked.` Empty where all were."""
    if not left_out:
        return ""
    one, many = _THINGS.get(drift_type, ("feature", "features"))
    return f"{count(left_out)} more {one if left_out == 1 else many} could not be checked."
