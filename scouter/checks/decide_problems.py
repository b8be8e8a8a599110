"""What a check makes of problems, in the transaction that records it: nothing else decides about them by windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from scouter.checks.checked_profile import CheckedProfile
from scouter.checks.schedule_messages import MessagePlan, schedule_messages
from scouter.drift.schedule_gaps import shortest_gap
from scouter.policy.check_findings import findings_of_check
from scouter.policy.check_verdicts import Finding, blind_findings, findings_for
from scouter.policy.firing_rule import MOST_WINDOWS, FiringRule
from scouter.policy.merging import PolicyLayers
from scouter.policy.policy import Policy
from scouter.policy.problem import Change, Problem, Verdict, advanced
from scouter.policy.telling import Strength
from scouter.postgres.connections.backend_sessions import database_time
from scouter.postgres.statements import Connection
from scouter.postgres.tables.problems import (
    Evidence,
    StoredProblem,
    add_check_events,
    has_followed_problems,
    problems_of_check,
    put_problem,
    windows_evaluated_after,
)
from scouter.settings.alerting import AlertingSettings
from scouter.wire.check_results import CheckResult


class _AlertConfig(msgspec.Struct, frozen=True):
    schedule: str


class _Config(msgspec.Struct, frozen=True):
    alert_config: _AlertConfig


class _AnyProfile(msgspec.Struct, frozen=True):
    config: _Config


@dataclass(frozen=True, slots=True)
class CheckedOnce:
    """A check as it was recorded. `result` None: it failed. `again`: the window had been checked before.

    `alert_ids`: the alerts that it raised, by feature or metric.
    """

    run_id: int
    window_end: datetime
    result: CheckResult | None
    alert_ids: Mapping[str, Sequence[int]]
    again: bool = False


def decide_problems(
    connection: Connection,
    profile: CheckedProfile,
    checked: CheckedOnce,
    layers: PolicyLayers,
    settings: AlertingSettings,
) -> None:
    """The caller's transaction holds the profile. Times are the database's. Ask `says_something` first."""
    findings = findings_of_check(profile.uid, profile.drift_type, checked.result, layers)
    bad = sorted(key for key, finding in findings.items() if finding.bad)
    now = database_time(connection)
    if checked.again and now - checked.window_end > timedelta(hours=layers.policy().late_hours):
        return
    decision = _Decision(connection, profile, checked, layers, settings, now)
    stored = problems_of_check(connection, profile.entity_id, profile.uid, bad)
    for key in sorted({*bad, *stored}):
        finding = findings_for(key, findings)
        if finding is not None:
            decision.of(stored.get(key) or StoredProblem(None, key, Problem()), finding)
    decision.follow_up()


def says_something(connection: Connection, profile: CheckedProfile, result: CheckResult | None) -> bool:
    """Whether a check changes any problem. Nearly none does: then nothing is read for it, and nothing written."""
    if result is None or result.alerts or any(finding.bad for finding in blind_findings(profile.uid, result).values()):
        return True
    return has_followed_problems(connection, profile.entity_id)


@dataclass(frozen=True, slots=True)
class _Decision:
    connection: Connection
    profile: CheckedProfile
    checked: CheckedOnce
    layers: PolicyLayers
    settings: AlertingSettings
    now: datetime
    changed: list[tuple[StoredProblem, Policy]] = field(default_factory=list)
    steps: list[tuple[StoredProblem, str, str]] = field(default_factory=list)

    def of(self, before: StoredProblem, finding: Finding) -> None:
        policy = self.layers.policy(before.key.subject or None)
        signal = before.key.signal
        rule = policy.firing_rule(signal, self._gap() if signal.is_drift else None)
        verdicts = [Verdict(self.checked.window_end, finding.bad), *self._good_ones_after(before, finding, rule)]
        change = advanced(before.problem, verdicts, rule, self.now, late=self.checked.again)
        if change.problem == before.problem:
            return
        after = replace(before, problem=change.problem, evidence=self._evidence(before, change, finding))
        self._store(after, change, rule, policy)

    def follow_up(self) -> None:
        """The history of what changed, and who is to hear of it."""
        if self.steps:
            add_check_events(self.connection, self.steps, at=self.now, run_id=self.checked.run_id)
        plan = MessagePlan(self.profile, self.layers.policy(), self.settings, self.now, self.checked.window_end)
        schedule_messages(self.connection, self.changed, plan)

    def _store(self, after: StoredProblem, change: Change, rule: FiringRule, policy: Policy) -> None:
        followed, run_id = after.problem.follows_windows(rule), self.checked.run_id
        stored = put_problem(self.connection, self.profile.entity_id, after, followed=followed, run_id=run_id)
        after = replace(after, id=stored)
        self.changed.append((after, policy))
        if change.step is not None:
            self.steps.append((after, change.step.value, msgspec.json.encode(_detail(after, self.checked)).decode()))

    def _good_ones_after(self, before: StoredProblem, finding: Finding, rule: FiringRule) -> list[Verdict]:
        """Good windows of a problem that nobody followed were not written down: they were none the less."""
        if not self.checked.again or not finding.bad or before.problem.follows_windows(rule):
            return []
        known = {verdict.window_end for verdict in before.problem.verdicts}
        later = windows_evaluated_after(
            self.connection, self.profile.entity_id, self.checked.window_end, 2 * MOST_WINDOWS
        )
        return [Verdict(end, bad=False) for end in later if end not in known]

    def _evidence(self, before: StoredProblem, change: Change, finding: Finding) -> Evidence:
        """That of the newest bad window."""
        if not finding.bad or change.problem.bad_at != self.now:
            return before.evidence
        alert_ids = tuple(self.checked.alert_ids.get(before.key.subject, ()))
        kept = alert_ids or (before.evidence.alert_ids if self.checked.again else ())
        strength = Strength(finding.effect, finding.zone_4)
        return Evidence(strength, finding.p_value, self.checked.again, kept)

    def _gap(self) -> timedelta | None:
        return shortest_gap(msgspec.json.decode(self.profile.document, type=_AnyProfile).config.alert_config.schedule)


def _detail(after: StoredProblem, checked: CheckedOnce) -> dict[str, object]:
    strength, reason = after.evidence.strength, after.problem.reason
    return {
        "window_end": checked.window_end,
        "effect": strength.effect,
        "p_value": after.evidence.p_value,
        "reason": None if reason is None else reason.value,
    }
