"""What the next check of a profile waits for, in words: whoever sees no run yet asks why."""

from __future__ import annotations

from datetime import datetime

from scouter.postgres.tables.checks import WaitingCheck
from scouter.wire.runs import WaitingRun, WaitingState

_WORDS: dict[WaitingState, str] = {
    "inactive": "the profile is not active, so it is not checked; PUT /scouter/profile/status switches it on",
    "under_way": "{window} is being checked",
    "window": "{window} is not over; it is checked at {due}",
    "grace": "{window} is over; its last records may be on their way until {due}",
    "retry": "the last try to check {window} failed; the next one is made at {due}",
    "due": "{window} has been due since {due}, and waits for a server that makes checks",
}


def waiting_run(check: WaitingCheck) -> WaitingRun:
    due_at = max(check.due_at, check.retry_at or check.due_at)
    state = _state(check, due_at)
    message = _WORDS[state].format(window=f"the window until {_shown(check.next_run)}", due=_shown(due_at))
    return WaitingRun(state, message, check.previous_run, check.next_run, due_at if check.active else None)


def _state(check: WaitingCheck, due_at: datetime) -> WaitingState:
    if not check.active:
        return "inactive"
    if check.is_under_way:
        return "under_way"
    if check.now < check.next_run:
        return "window"
    if check.now < check.due_at:
        return "grace"
    return "retry" if check.now < due_at else "due"


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
