"""The checks of a replay, window by window, from what became of each feature: as they would have been recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from scouter.drift.judgement.budget import budget_of
from scouter.drift.judgement.clients_word import as_the_client_says
from scouter.drift.judgement.psi_judgement import PsiTest, psi_judgements
from scouter.drift.judgement.rules import JudgementRules
from scouter.drift.judgement.spc_judgement import SpcTest, spc_judgements
from scouter.drift.replayed_features import ReplayedFeature, Test
from scouter.wire.check_results import CheckResult, Judgement, NotChecked
from scouter.wire.profiles import CustomProfile, Profile, PsiProfile, SpcProfile


@dataclass(frozen=True, slots=True)
class HowJudged:
    """What the judgement of a profile goes by, beside its records and training rows."""

    profile: Profile
    rules: JudgementRules

    @property
    def drift_type(self) -> str:
        return self.profile.config.drift_type.value

    @property
    def asks_tests(self) -> bool:
        return self.rules.asks_tests(self.drift_type)


def replayed_checks(how: HowJudged, features: Sequence[ReplayedFeature], windows: int) -> Iterator[CheckResult]:
    """One for each window, in their order."""
    alpha = budget_of(how.profile.config.alert_config.schedule, how.rules).alpha
    for window in range(windows):
        result = CheckResult.of(feature.outcomes[window] for feature in features)
        if result.alerts:
            yield replace(result, judgements=_judgements(how, features, window, result, alpha))
        else:
            yield result


def _judgements(
    how: HowJudged, features: Sequence[ReplayedFeature], window: int, result: CheckResult, alpha: float
) -> tuple[Judgement, ...]:
    if not how.asks_tests:
        return as_the_client_says(result)
    checked = sorted(
        (each for each in features if not isinstance(each.outcomes[window][0], NotChecked)), key=lambda each: each.name
    )
    tests: list[Test | None] = [each.tests[window] for each in checked]
    match how.profile:
        case SpcProfile():
            of_spc = [test if isinstance(test, SpcTest) else None for test in tests]
            return spc_judgements([each.name for each in checked], of_spc, alpha)
        case PsiProfile():
            return psi_judgements([test for test in tests if isinstance(test, PsiTest)], alpha, how.rules)
        case CustomProfile():
            return tuple(test for test in tests if isinstance(test, Judgement))
