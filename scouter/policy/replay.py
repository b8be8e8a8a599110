"""What policy would have made of checks: verdicts, states and messages of one profile, window after window.

The same states, and the same rule of what is told, as in the transactions that record real checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from scouter.policy.check_findings import findings_of_check
from scouter.policy.check_verdicts import Finding, findings_for
from scouter.policy.firing_rule import FiringRule
from scouter.policy.identity import ProblemKey, Signal, signal_of
from scouter.policy.merging import PolicyLayers
from scouter.policy.mutes import muted_until
from scouter.policy.policy import Policy
from scouter.policy.problem import State, Step, Verdict, advanced
from scouter.policy.replayed_group import Held, Member, ReplayedGroup, Said
from scouter.policy.silences import Silence, SilenceSubject, silenced_by
from scouter.policy.telling import Kind, Strength
from scouter.wire.check_results import CheckResult

_WEIGHTIEST_FIRST = (State.firing, State.pending, State.ok)


@dataclass(frozen=True, slots=True)
class ReplayedProfile:
    """Whose checks these are. `gap`: how far its windows are apart; None: not known."""

    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    gap: timedelta | None

    def subject(self, key: ProblemKey) -> SilenceSubject:
        return SilenceSubject(
            self.space,
            self.name,
            self.version,
            self.drift_type,
            key.signal.value,
            key.subject,
            key.direction.value,
        )


@dataclass(frozen=True, slots=True)
class ReplayedStep:
    """What the history of a problem would have said."""

    window_end: datetime
    step: Step
    key: ProblemKey
    episode: int


@dataclass(frozen=True, slots=True)
class ReplayedWindow:
    """How things stood after a window. `bad`: the features and metrics that were bad in it."""

    bad: tuple[str, ...]
    state: State


class Replay:
    """Windows go in one after another, the oldest first; each counts as recorded when it closes.

    `silences` None: neither silences nor mutes hold anything back.
    """

    def __init__(
        self, profile: ReplayedProfile, layers: PolicyLayers, silences: tuple[Silence, ...] | None = None
    ) -> None:
        self._profile = profile
        self._layers = layers
        self._silences = silences
        self._policy_of = cache(lambda subject: layers.policy(subject or None))  # merged once, and not every window
        self._group = ReplayedGroup(self._policy_of, self._holds)
        self._not_said: list[Said] = []
        self._told_at_once: list[Said] = []
        self._told_each = layers.policy().messages == "every_alert"
        self.steps: list[ReplayedStep] = []

    @property
    def said(self) -> list[Said]:
        """What was told and what was held back, in the order of time."""
        return sorted([*self._group.said, *self._not_said, *self._told_at_once], key=lambda each: (each.at, each.key))

    def window(self, end: datetime, result: CheckResult) -> ReplayedWindow:
        if not self._told_each:
            self._group.speak_before(end)
        findings = findings_of_check(self._profile.uid, self._profile.drift_type, result, self._layers)
        for member in list(self._touched(findings)):
            finding = findings_for(member.key, findings)
            if finding is not None:
                self._advance(member, finding, end)
        self._note_what_is_not_told(result, findings, end)
        if not self._told_each:
            self._group.speak_until(end)
        return ReplayedWindow(_bad(findings), self._state())

    def end(self, moment: datetime) -> None:
        """Nothing is checked any more; what was planned until then is said."""
        if not self._told_each:
            self._group.speak_until(moment)

    def _touched(self, findings: dict[ProblemKey, Finding]) -> Iterator[Member]:
        """Those that are bad now, and those whose good windows say something."""
        followed = {each.key for each in self._group.members if each.problem.follows_windows(self._rule(each.key))}
        for key in sorted(followed | {key for key, finding in findings.items() if finding.bad}):
            yield self._group.member(key)

    def _advance(self, member: Member, finding: Finding, end: datetime) -> None:
        verdict = Verdict(end, finding.bad)
        change = advanced(member.problem, [verdict], self._rule(member.key), end)
        if change.problem == member.problem:
            return
        member.problem = change.problem
        if finding.bad and change.problem.bad_at == end:
            member.strength, member.p_value = Strength(finding.effect, finding.zone_4), finding.p_value
        if change.step is not None:
            self.steps.append(ReplayedStep(end, change.step, member.key, change.problem.episode))
        if not self._told_each:
            self._group.has_changed(member, end)

    def _note_what_is_not_told(self, result: CheckResult, findings: dict[ProblemKey, Finding], end: datetime) -> None:
        """Alerts that are refuted, and bad windows that are not enough yet."""
        alerting = {alert.subject for alert in result.alerts}
        if self._told_each:
            self._tell_each(sorted(alerting), end)
            return
        effects = {each.name: each for each in result.judgements}
        for key, finding in sorted(findings.items()):
            if finding.bad and self._group.member(key).problem.state is State.pending:
                why = str(self._rule(key).fire)
                self._not_said.append(Said(end, Kind.firing, key, finding.effect, finding.p_value, why))
            elif not finding.bad and key.subject in alerting and key.signal.is_drift:
                judged = effects.get(key.subject)
                effect, p_value = (None, None) if judged is None else (judged.effect, judged.adjusted_p_value)
                self._not_said.append(Said(end, Kind.firing, key, effect, p_value, "not significant"))

    def _tell_each(self, alerting: list[str], end: datetime) -> None:
        """A message a check; of custom metrics, one of each."""
        signal = signal_of(self._profile.drift_type)
        subjects = alerting if signal is Signal.custom else [""] * bool(alerting)
        keys = (ProblemKey(self._profile.uid, signal, subject) for subject in subjects)
        self._told_at_once += [Said(end, Kind.firing, key, None, None) for key in keys]

    def _holds(self, key: ProblemKey, policy: Policy, now: datetime) -> Held:
        if self._silences is None:
            return None, None
        silence = silenced_by(self._silences, self._profile.subject(key), now)
        if silence is not None:
            return f"silence {silence.id}", silence.ends_at
        until = muted_until(policy.mute, key.signal, now)
        return (None, None) if until is None else (f"muted until {until.isoformat()}", until)

    def _rule(self, key: ProblemKey) -> FiringRule:
        policy: Policy = self._policy_of(key.subject)
        return policy.firing_rule(key.signal, self._profile.gap if key.signal.is_drift else None)

    def _state(self) -> State:
        states = {each.problem.state for each in self._group.members}
        return next((state for state in _WEIGHTIEST_FIRST if state in states), State.ok)


def _bad(findings: dict[ProblemKey, Finding]) -> tuple[str, ...]:
    return tuple(sorted({key.subject for key, finding in findings.items() if finding.bad and key.signal.is_drift}))
