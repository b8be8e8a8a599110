"""What a server would say of a profile, window by window: verdicts, states and messages, without a database.

The steps are those of `checks/decide_problems.py` and `alerting/group_speech.py`, with the same pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scouter.drift.schedule_gaps import shortest_gap
from scouter.policy.check_verdicts import Finding, blind_findings, findings_for, findings_of
from scouter.policy.groups import PAUSE
from scouter.policy.identity import ProblemKey, signal_of
from scouter.policy.opinions import opinions_of
from scouter.policy.policy import Policy
from scouter.policy.problem import Problem, State, Verdict, advanced
from scouter.policy.telling import UNKNOWN_STRENGTH, Kind, Strength, Told, decide
from scouter.wire.check_results import CheckResult

_UID = "simulated"
_CHECKED_AFTER = timedelta(seconds=1)


@dataclass(frozen=True)
class Watched:
    """One problem, and what was told of it."""

    problem: Problem = field(default_factory=Problem)
    strength: Strength = UNKNOWN_STRENGTH
    told: Told | None = None


@dataclass(frozen=True)
class Watch:
    """One profile under one policy, up to some window. Its group tells of nothing else, and speaks after each check."""

    drift_type: str
    schedule: str
    policy: Policy = field(default_factory=Policy)
    problems: Mapping[ProblemKey, Watched] = field(default_factory=dict)

    def after(self, window_end: datetime, result: CheckResult) -> tuple[Watch, frozenset[Kind]]:
        """With one more window, and what its message says; empty: there is none."""
        recorded = self._with_verdicts(window_end, self._findings(result))
        said: set[Kind] = set()
        for key, watched in recorded.items():
            now = window_end + _CHECKED_AFTER + PAUSE
            decision = decide(watched.problem, watched.strength, watched.told, self.policy, now)
            recorded[key] = Watched(watched.problem, watched.strength, decision.told)
            said |= set() if decision.kind is None else {decision.kind}
        return Watch(self.drift_type, self.schedule, self.policy, recorded), frozenset(said)

    def tells_of(self, subject: str) -> bool:
        """Whether people were told that it drifts, and not yet that this is over."""
        return any(
            key.subject == subject and watched.told is not None and watched.told.state is State.firing
            for key, watched in self.problems.items()
        )

    def _findings(self, result: CheckResult) -> dict[ProblemKey, Finding]:
        judge = self.policy.judge_of(signal_of(self.drift_type))
        drift = findings_of(_UID, self.drift_type, result, opinions_of(result), {}, judge)
        return {**blind_findings(_UID, result), **drift}

    def _with_verdicts(self, window_end: datetime, findings: Mapping[ProblemKey, Finding]) -> dict[ProblemKey, Watched]:
        after = dict(self.problems)
        for key in {*after, *(key for key, finding in findings.items() if finding.bad)}:
            finding, before = findings_for(key, findings), after.get(key, Watched())
            rule = self.policy.firing_rule(key.signal, shortest_gap(self.schedule))
            if finding is None or not (finding.bad or before.problem.follows_windows(rule)):
                continue
            verdict = Verdict(window_end, finding.bad)
            change = advanced(before.problem, [verdict], rule, window_end + _CHECKED_AFTER)
            strength = Strength(finding.effect, finding.zone_4) if finding.bad else before.strength
            after[key] = Watched(change.problem, strength, before.told)
        return after
