"""What runs make of problems, reckoned anew from their results, one profile after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from scouter.drift.schedule_gaps import shortest_gap
from scouter.policy.check_verdicts import GOOD, Finding, blind_findings, findings_for, findings_of
from scouter.policy.firing_rule import MOST_WINDOWS, FiringRule
from scouter.policy.identity import ProblemKey, Signal, signal_of
from scouter.policy.opinions import opinions_of
from scouter.policy.policy import Policy
from scouter.policy.problem import Problem, Verdict, advanced
from scouter.wire.check_results import CheckResult


@dataclass(frozen=True)
class ReplayedRun:
    """As it is stored; runs of a profile are recorded one after the other, in the order of their ids."""

    id: int
    window_end: datetime
    outcome: str
    late: bool
    result: str | None
    finished_at: datetime


@dataclass(frozen=True)
class Step:
    """What a run did to a problem."""

    kind: str
    episode: int
    run_id: int


@dataclass
class Replayed:
    problem: Problem = field(default_factory=Problem)
    followed: bool = False
    steps: list[Step] = field(default_factory=list)


@dataclass
class ProfileReplay:
    uid: str
    drift_type: str
    schedule: str
    policy: Policy
    problems: dict[ProblemKey, Replayed] = field(default_factory=dict)
    _evaluated: set[datetime] = field(default_factory=set)

    def play(self, runs: Sequence[ReplayedRun]) -> Mapping[ProblemKey, Replayed]:
        """Those that were ever written down."""
        for run in runs:
            self._decide(run, self._findings(run))
            if run.outcome in ("ok", "alert"):
                self._evaluated.add(run.window_end)
        return self.problems

    def _findings(self, run: ReplayedRun) -> dict[ProblemKey, Finding]:
        failing = ProblemKey(self.uid, Signal.failing)
        if run.result is None:
            return {failing: Finding(bad=True)}
        result = msgspec.json.decode(run.result, type=CheckResult)
        judge = self.policy.judge_of(signal_of(self.drift_type))
        drift = findings_of(self.uid, self.drift_type, result, opinions_of(result), {}, judge)
        return {failing: GOOD, **blind_findings(self.uid, result), **drift}

    def _decide(self, run: ReplayedRun, findings: Mapping[ProblemKey, Finding]) -> None:
        bad = {key for key, finding in findings.items() if finding.bad}
        for key in bad | {key for key, each in self.problems.items() if each.followed}:
            finding = findings_for(key, findings)
            if finding is not None:
                self._advance(key, run, finding)

    def _advance(self, key: ProblemKey, run: ReplayedRun, finding: Finding) -> None:
        before = self.problems.get(key, Replayed())
        rule = self.policy.firing_rule(key.signal, shortest_gap(self.schedule) if key.signal.is_drift else None)
        verdicts = [Verdict(run.window_end, finding.bad), *self._good_ones_after(before.problem, run, finding, rule)]
        change = advanced(before.problem, verdicts, rule, run.finished_at, late=run.late)
        if change.problem == before.problem:
            return
        steps = [] if change.step is None else [Step(change.step.value, change.problem.episode, run.id)]
        followed = change.problem.follows_windows(rule)
        self.problems[key] = Replayed(change.problem, followed, before.steps + steps)

    def _good_ones_after(
        self, before: Problem, run: ReplayedRun, finding: Finding, rule: FiringRule
    ) -> Sequence[Verdict]:
        """Good windows are written down only where somebody follows them."""
        if not run.late or not finding.bad or before.follows_windows(rule):
            return ()
        known = {verdict.window_end for verdict in before.verdicts}
        later = sorted(end for end in self._evaluated if end > run.window_end)[: 2 * MOST_WINDOWS]
        return [Verdict(end, bad=False) for end in later if end not in known]
