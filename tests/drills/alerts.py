"""Undrifted profiles for months of simulated days, then one feature of each drifts: who is told of what, and how soon.

Checks, judgement, states and what is told are the server's own functions; there is no database and no clock.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from scouter.drift.schedule_gaps import windows_a_day
from scouter.drift.schedules import Schedule
from scouter.policy.merging import PolicyLayers
from scouter.policy.telling import Kind
from scouter.profiles.judgement_rules import rules_of
from tests.drills.simulated_profiles import FEATURES, Shifts, SimulatedProfile, SimulatedPsi, SimulatedSpc
from tests.drills.simulated_watch import Watch

DAILY, HOURLY = "0 0 0 * * *", "0 0 * * * *"
HOURLY_EVERY, HOURLY_DAYS = 10, 14
DRIFT = {FEATURES[0]: 0.25}
BUDGET_BAR, SOON_BAR = 1.5, 0.99
SOON, LAST = 3, 5  # windows of full drift
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_UNTOLD = 20  # windows after which nobody waits any longer


@dataclass(frozen=True)
class Outcome:
    """Of one profile. `told_after`: windows of full drift until it was told; None: not within `_UNTOLD`.

    `false`: messages that something new is wrong, when nothing was; `others`: those that followed from them.
    """

    kind: str
    windows: int
    alerting: int  # windows with an alert row: messages, if each check had one
    false: int
    others: int
    allowed: float
    told_after: int | None


def add_to(drills: Any) -> None:
    parser = drills.add_parser("alerts", help=__doc__)
    parser.add_argument("--profiles", type=int, default=200, help="half of them PSI and half SPC, every tenth hourly")
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=None)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> bool:
    seed = random.randrange(2**32) if options.seed is None else options.seed
    print(f"{options.profiles} profiles of {len(FEATURES)} features, {options.days} days, seed {seed}", flush=True)
    began = time.monotonic()
    outcomes = [simulate(number, options.days, seed) for number in range(options.profiles)]
    print(shown(outcomes), f"\nin {time.monotonic() - began:.0f} s", sep="")
    broken = broken_bars(outcomes)
    if broken:
        print(f"BROKEN: {', '.join(broken)}")
        return False
    print("kept: messages by chance stay within the budget, and drift is told in time")
    return True


def simulate(number: int, days: int, seed: int) -> Outcome:
    """One profile, from the middle on twice: with nothing wrong to the last day, and with drift until it is told."""
    chooser = np.random.default_rng((seed, number))
    schedule = HOURLY if number % HOURLY_EVERY == HOURLY_EVERY - 1 else DAILY
    make = SimulatedSpc.trained if number // HOURLY_EVERY % 2 else SimulatedPsi.trained
    profile: SimulatedProfile = make(chooser, schedule, rules_of(PolicyLayers()))
    days = min(days, HOURLY_DAYS) if schedule == HOURLY else days
    ends = _ends(schedule, round(days * (windows_a_day(schedule) or 1.0)) + _UNTOLD)
    quiet = _quiet(profile, ends[:-_UNTOLD], chooser)
    middle = len(quiet.said) // 2
    return Outcome(
        kind=f"{profile.drift_type} {'hourly' if schedule == HOURLY else 'daily'}",
        windows=len(quiet.said),
        alerting=quiet.alerting,
        false=sum(Kind.firing in kinds for kinds in quiet.said),
        others=sum(bool(kinds) and Kind.firing not in kinds for kinds in quiet.said),
        allowed=days / profile.rules.false_alarms,
        told_after=_told_after(profile, quiet.watches[middle], ends[middle:], chooser, DRIFT),
    )


@dataclass
class _Quiet:
    """Windows in which nothing drifts: the watch before each, what was said after it, and how many alert."""

    watches: list[Watch] = field(default_factory=list)
    said: list[frozenset[Kind]] = field(default_factory=list)
    alerting: int = 0


def _quiet(profile: SimulatedProfile, ends: Sequence[datetime], chooser: np.random.Generator) -> _Quiet:
    quiet, watch = _Quiet(), Watch(profile.drift_type, profile.schedule)
    for end in ends:
        result = profile.look(chooser, {})
        quiet.watches.append(watch)
        watch, kinds = watch.after(end, result)
        quiet.said.append(kinds)
        quiet.alerting += bool(result.alerts)
    return quiet


def _told_after(
    profile: SimulatedProfile, watch: Watch, ends: Sequence[datetime], chooser: np.random.Generator, shifts: Shifts
) -> int | None:
    for count, end in enumerate(ends[:_UNTOLD], start=1):
        watch, _ = watch.after(end, profile.look(chooser, shifts))
        if all(map(watch.tells_of, shifts)):
            return count
    return None


def _ends(schedule: str, count: int) -> list[datetime]:
    parsed, ends = Schedule.parse(schedule), [_BEGIN]
    while len(ends) <= count:
        following = parsed.next_after(ends[-1])
        assert following is not None
        ends.append(following)
    return ends[1:]


def broken_bars(outcomes: Sequence[Outcome]) -> list[str]:
    """The budget holds for PSI and SPC each: the silence of one must not hide the other's noise."""
    broken = []
    for drift_type in ("Psi", "Spc"):
        of_budget = share_of_budget([each for each in outcomes if each.kind.startswith(drift_type)])
        if of_budget > BUDGET_BAR:
            broken.append(f"{drift_type}: {of_budget:.2f} times the false messages allowed, the bar is {BUDGET_BAR}")
    for within, bar in ((SOON, SOON_BAR), (LAST, 1.0)):
        told = share_told(outcomes, within)
        if told < bar:
            broken.append(f"{told:.1%} of profiles told within {within} windows, the bar is {bar:.0%}")
    return broken


def share_of_budget(outcomes: Sequence[Outcome]) -> float:
    return sum(each.false for each in outcomes) / (sum(each.allowed for each in outcomes) or 1.0)


def share_told(outcomes: Sequence[Outcome], within: int) -> float:
    return sum(each.told_after is not None and each.told_after <= within for each in outcomes) / len(outcomes)


def shown(outcomes: Sequence[Outcome]) -> str:
    kinds = sorted({each.kind for each in outcomes})
    groups = [(kind, [each for each in outcomes if each.kind == kind]) for kind in kinds]
    heading = (
        f"{'':12}{'profiles':>9}{'windows':>9}{'alerting':>9}{'false':>7}{'allowed':>9}{'others':>8}"
        f"{'told in 1':>11}{'2':>8}{'3':>8}{'5':>8}{'most':>6}"
    )
    return "\n".join([heading, *(_line(*group) for group in [*groups, ("all", outcomes)])])


def _line(kind: str, outcomes: Sequence[Outcome]) -> str:
    windows = sum(each.windows for each in outcomes)
    told = "".join(f"{share_told(outcomes, within):>{11 if within == 1 else 8}.1%}" for within in (1, 2, SOON, LAST))
    most = max(_UNTOLD + 1 if each.told_after is None else each.told_after for each in outcomes)
    return (
        f"{kind:12}{len(outcomes):>9}{windows:>9,}{sum(each.alerting for each in outcomes) / windows:>9.0%}"
        f"{sum(each.false for each in outcomes):>7}{sum(each.allowed for each in outcomes):>9.1f}"
        f"{sum(each.others for each in outcomes):>8}{told}{most if most <= _UNTOLD else 'never':>6}"
    )
