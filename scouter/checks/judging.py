"""The second opinion on a check that alerts, put beside its alerts. Where nothing alerts there is nothing to judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

from scouter.checks.checked_profile import CheckedProfile
from scouter.drift.judgement.budget import budget_of
from scouter.drift.judgement.clients_word import as_the_client_says
from scouter.drift.judgement.custom_judgement import judge_custom
from scouter.drift.judgement.known_rows import KnownRows
from scouter.drift.judgement.psi_judgement import judge_psi
from scouter.drift.judgement.rules import JudgementRules
from scouter.drift.judgement.spc_judgement import judge_spc
from scouter.drift.spc_check import TimedValues
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_policies import policies_of_profile
from scouter.profiles.judgement_rules import rules_of
from scouter.profiles.training_rows import known_rows
from scouter.wire.check_results import CheckResult, CustomObservation, Observation, PsiObservation, SpcObservation
from scouter.wire.profiles import PsiProfile, SpcProfile

_Seen = TypeVar("_Seen", bound=Observation)


@dataclass(frozen=True, slots=True)
class Judging:
    """Of one profile. Its rules, and what its features were trained on, are asked for only when something alerts."""

    connection: Connection
    profile: CheckedProfile

    def spc(self, profile: SpcProfile, window: Mapping[str, TimedValues], result: CheckResult) -> CheckResult:
        rules = self._rules("Spc", result)
        if rules is None:
            return _left_to_the_client(result)
        alpha = budget_of(profile.config.alert_config.schedule, rules).alpha
        seen = _of_type(result, SpcObservation)
        return replace(
            result, judgements=judge_spc(profile, window, seen, self._rows(profile), alpha=alpha, rules=rules)
        )

    def psi(self, profile: PsiProfile, window: Mapping[str, Mapping[int, int]], result: CheckResult) -> CheckResult:
        rules = self._rules("Psi", result)
        if rules is None:
            return _left_to_the_client(result)
        alpha = budget_of(profile.config.alert_config.schedule, rules).alpha
        seen = _of_type(result, PsiObservation)
        return replace(
            result, judgements=judge_psi(profile, window, seen, self._rows(profile), alpha=alpha, rules=rules)
        )

    def custom(self, deviations: Mapping[str, float | None], result: CheckResult) -> CheckResult:
        rules = self._rules("Custom", result)
        if rules is None:
            return _left_to_the_client(result)
        seen = _of_type(result, CustomObservation)
        return replace(result, judgements=judge_custom(seen, deviations, rules=rules))

    def _rules(self, drift_type: str, result: CheckResult) -> JudgementRules | None:
        """None: nothing alerts, or the client's word counts for everything."""
        if not result.alerts:
            return None
        rules = rules_of(policies_of_profile(self.connection, self.profile.entity_id, self.profile.space))
        return rules if rules.asks_tests(drift_type) else None

    def _rows(self, profile: SpcProfile | PsiProfile) -> KnownRows:
        return known_rows(self.connection, self.profile.entity_id, profile, self.profile.document)


def _left_to_the_client(result: CheckResult) -> CheckResult:
    return replace(result, judgements=as_the_client_says(result)) if result.alerts else result


def _of_type(result: CheckResult, kind: type[_Seen]) -> Sequence[_Seen]:
    return [seen for seen in result.observations if isinstance(seen, kind)]
