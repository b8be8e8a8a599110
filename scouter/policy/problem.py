"""A problem and its states: verdicts by the end of their windows go in, the state is derived from those that are kept.

    ok -> pending (a bad window, not n of m yet) -> firing -> ok again (resolved)

The state after the windows that count no more is kept as settled; those after it may still be replaced when records
come late, and the state is derived anew from there. So the order in which verdicts arrive makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from scouter.policy.firing_rule import FiringRule

LEAST_REPLACEABLE = 8


class State(StrEnum):
    ok = "ok"
    pending = "pending"
    firing = "firing"


class Reason(StrEnum):
    """Why a problem is as it is, where its windows alone do not say it."""

    late_records = "late records"
    deactivated = "deactivated"
    activated_again = "activated again"
    profile_changed = "profile changed"
    policy_changed = "policy changed"


class Step(StrEnum):
    """What happened to a problem, as its history names it."""

    pending = "pending"
    firing = "firing"
    resolved = "resolved"
    passed = "passed"  # it never fired
    ended = "ended"
    changed = "changed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one evaluated window."""

    window_end: datetime
    bad: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A state, and the end of the first bad window that led to it."""

    state: State = State.ok
    since: datetime | None = None


NOTHING_WRONG = Standing()


@dataclass(frozen=True, slots=True)
class Problem:
    """One row, and all that decides about its state.

    `verdicts` are in the order of their windows; those up to `settled_until` only have a say in what comes after them.
    `episode` counts how often it began. `bad_at` is when the newest bad window was recorded.
    """

    standing: Standing = NOTHING_WRONG
    episode: int = 0
    verdicts: tuple[Verdict, ...] = ()
    settled: Standing = NOTHING_WRONG
    settled_until: datetime | None = None
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    bad_at: datetime | None = None
    reason: Reason | None = None

    @property
    def state(self) -> State:
        return self.standing.state

    @property
    def since(self) -> datetime | None:
        return self.standing.since

    def follows_windows(self, rule: FiringRule) -> bool:
        """Whether good windows still say anything about it; otherwise they need not be written down."""
        last = self.verdicts[-rule.context :] if rule.context else ()
        return self.state is not State.ok or any(verdict.bad for verdict in last)


@dataclass(frozen=True, slots=True)
class Change:
    """The problem after something happened, and what its history says of it; None: nothing worth saying."""

    problem: Problem
    step: Step | None = None


def advanced(
    problem: Problem, verdicts: Iterable[Verdict], rule: FiringRule, at: datetime, *, late: bool = False
) -> Change:
    """With these verdicts beside or instead of those of the same windows. `at`: when they are recorded.

    Windows before those that can be replaced make no difference any more. `late`: records that came late are why.
    """
    new = {
        verdict.window_end: verdict.bad
        for verdict in verdicts
        if problem.settled_until is None or verdict.window_end > problem.settled_until
    }
    if not new:
        return Change(problem)
    merged = {verdict.window_end: verdict.bad for verdict in problem.verdicts} | new
    kept = tuple(Verdict(end, merged[end]) for end in sorted(merged))
    derived = _settled(replace(problem, verdicts=kept), rule)
    standing = _derive(derived, rule)[-1]
    seen = replace(derived, bad_at=at if _newest_is_bad(kept, new) else problem.bad_at)
    return _moved(problem, seen, standing, at, Reason.late_records if late else None)


def _newest_is_bad(kept: tuple[Verdict, ...], new: Mapping[datetime, bool]) -> bool:
    newest = max((verdict.window_end for verdict in kept if verdict.bad), default=None)
    return newest is not None and newest in new


def _settled(problem: Problem, rule: FiringRule) -> Problem:
    """At most so many windows can be replaced. Those before are settled, and kept while they have a say."""
    open_windows = len(problem.verdicts) - _first_open(problem)
    too_many = open_windows - max(LEAST_REPLACEABLE, rule.context + 1)
    if too_many <= 0:
        return problem
    last = _first_open(problem) + too_many
    settled = _derive(replace(problem, verdicts=problem.verdicts[:last]), rule)[-1]
    kept = problem.verdicts[max(last - rule.context, 0) :]
    return replace(problem, verdicts=kept, settled=settled, settled_until=problem.verdicts[last - 1].window_end)


def _first_open(problem: Problem) -> int:
    if problem.settled_until is None:
        return 0
    return sum(verdict.window_end <= problem.settled_until for verdict in problem.verdicts)


def _derive(problem: Problem, rule: FiringRule) -> list[Standing]:
    """The settled standing, and the one after each window that is open."""
    standings = [problem.settled]
    for last in range(_first_open(problem), len(problem.verdicts)):
        standings.append(_next(standings[-1], problem.verdicts[: last + 1], rule))
    return standings


def _next(before: Standing, verdicts: tuple[Verdict, ...], rule: FiringRule) -> Standing:
    """After the last of these verdicts."""
    newest = verdicts[-1]
    if before.state is State.firing:
        lately = verdicts[-rule.resolve :]
        is_over = len(lately) == rule.resolve and not any(verdict.bad for verdict in lately)
        return NOTHING_WRONG if is_over else before
    if newest.bad:
        bad = sum(verdict.bad for verdict in verdicts[-rule.fire.windows :])
        state = State.firing if bad >= rule.fire.bad else State.pending
        return Standing(state, before.since or newest.window_end)
    still_counts = rule.fire.windows > 1 and any(verdict.bad for verdict in verdicts[-rule.fire.windows + 1 :])
    return before if still_counts else NOTHING_WRONG


def _moved(before: Problem, seen: Problem, standing: Standing, at: datetime, reason: Reason | None) -> Change:
    """The new standing, with what it means for the episode. `seen` holds the new verdicts already."""
    was, now = before.state, standing.state
    after = replace(seen, standing=standing)
    if was is now:
        return Change(after)
    if now is State.firing:
        begun = before.episode + (was is State.ok)
        return Change(replace(after, episode=begun, fired_at=at, resolved_at=None, reason=reason), Step.firing)
    if was is State.ok:
        return Change(
            replace(after, episode=before.episode + 1, fired_at=None, resolved_at=None, reason=reason), Step.pending
        )
    if was is State.pending:
        return Change(replace(after, reason=reason), Step.passed)
    return _firing_no_more(after, at, reason)


def _firing_no_more(after: Problem, at: datetime, reason: Reason | None) -> Change:
    """Late records may take back that it fired while a bad window still counts: what was told has to be taken back."""
    return Change(replace(after, resolved_at=at, reason=reason), Step.resolved)
