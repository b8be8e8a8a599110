"""The second opinion on a check that alerts, put beside its alerts. Where nothing alerts there is nothing to judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

from scouter.drift.judgement.budget import budget_of
from scouter.drift.judgement.clients_word import as_the_client_says
from scouter.drift.judgement.custom_judgement import judge_custom
from scouter.drift.judgement.psi_judgement import judge_psi
from scouter.drift.judgement.rules import JudgementRules
from scouter.drift.judgement.spc_judgement import judge_spc
from scouter.drift.spc_check import TimedValues
from scouter.postgres.statements import Connection
from scouter.profiles.training_rows import known_rows
from scouter.wire.check_results import CheckResult, CustomObservation, Observation, PsiObservation, SpcObservation
from scouter.wire.profiles import PsiProfile, SpcProfile

_Seen = TypeVar("_Seen", bound=Observation)


@dataclass(frozen=True, slots=True)
class Judging:
    """Of one profile. What its features were trained on is asked for only when something alerts."""

    connection: Connection
    entity_id: int
    document: str
    rules: JudgementRules

    def spc(self, profile: SpcProfile, window: Mapping[str, TimedValues], result: CheckResult) -> CheckResult:
        if not self._is_asked("Spc", result):
            return _left_to_the_client(result)
        seen = _of_type(result, SpcObservation)
        rows = known_rows(self.connection, self.entity_id, profile, self.document)
        alpha = self._alpha(profile.config.alert_config.schedule)
        return replace(result, judgements=judge_spc(profile, window, seen, rows, alpha=alpha, rules=self.rules))

    def psi(self, profile: PsiProfile, window: Mapping[str, Mapping[int, int]], result: CheckResult) -> CheckResult:
        if not self._is_asked("Psi", result):
            return _left_to_the_client(result)
        seen = _of_type(result, PsiObservation)
        rows = known_rows(self.connection, self.entity_id, profile, self.document)
        alpha = self._alpha(profile.config.alert_config.schedule)
        return replace(result, judgements=judge_psi(profile, window, seen, rows, alpha=alpha, rules=self.rules))

    def custom(self, deviations: Mapping[str, float | None], result: CheckResult) -> CheckResult:
        if not self._is_asked("Custom", result):
            return _left_to_the_client(result)
        seen = _of_type(result, CustomObservation)
        return replace(result, judgements=judge_custom(seen, deviations, rules=self.rules))

    def _is_asked(self, drift_type: str, result: CheckResult) -> bool:
        return bool(result.alerts) and self.rules.judge_of(drift_type) == "corrected"

    def _alpha(self, schedule: str) -> float:
        return budget_of(schedule, self.rules).alpha


def _left_to_the_client(result: CheckResult) -> CheckResult:
    return replace(result, judgements=as_the_client_says(result)) if result.alerts else result


def _of_type(result: CheckResult, kind: type[_Seen]) -> Sequence[_Seen]:
    return [seen for seen in result.observations if isinstance(seen, kind)]
