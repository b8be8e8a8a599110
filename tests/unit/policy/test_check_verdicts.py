"""What one check says about each problem."""

from __future__ import annotations

import pytest

from scouter.policy.check_verdicts import GOOD, Finding, Opinion, blind_findings, findings_for, findings_of, is_bad
from scouter.policy.identity import ProblemKey, Side, Signal
from scouter.wire.alerts import Alert, CustomAlert, PsiAlert, SpcAlert, SpcKind
from scouter.wire.check_results import (
    CheckResult,
    CustomObservation,
    NotChecked,
    Observation,
    Obstacle,
    PsiObservation,
    SpcObservation,
)
from scouter.wire.profiles import AlertThreshold, Zone

SIGNIFICANT, CHANCE = Opinion(True, True, 0.4, 0.001), Opinion(True, False, 0.01, 0.6)
UNJUDGED = Opinion(False, False)


def spc(mean: float | None, name: str = "age") -> SpcObservation:
    return SpcObservation(name, 20, 0, mean, None, None, 10.0, 7.0, 13.0, (0,) * 9)


def psi(name: str = "age", drift: float = 0.3) -> PsiObservation:
    return PsiObservation(name, 1000, 0, 10, drift, 0.1)


def spc_alert(zone: Zone = Zone.Zone1, name: str = "age") -> Alert:
    return Alert(spc=SpcAlert(name, SpcKind.Consecutive, zone))


def found(drift_type: str, seen: list[Observation], alerts: list[Alert], opinion: Opinion | None = None) -> object:
    result = CheckResult(tuple(alerts), tuple(seen), ())
    opinions = {} if opinion is None else {each.name: opinion for each in seen}
    return findings_of("u", drift_type, result, opinions, {}, "corrected")


@pytest.mark.parametrize(
    ("has_alert", "opinion", "judge", "bad"),
    [
        (True, SIGNIFICANT, "corrected", True),
        (True, CHANCE, "corrected", False),
        (True, CHANCE, "client", True),
        (True, UNJUDGED, "corrected", True),
        (False, SIGNIFICANT, "corrected", False),
        (False, SIGNIFICANT, "client", False),
    ],
)
def test_bad_is_what_the_rule_found_and_nothing_refutes(
    has_alert: bool, opinion: Opinion, judge: str, bad: bool
) -> None:
    assert is_bad(has_alert=has_alert, opinion=opinion, judge=judge) == bad


@pytest.mark.parametrize(
    ("mean", "side"), [(12.0, Side.above), (8.0, Side.below), (10.0, Side.none), (None, Side.none)]
)
def test_the_direction_of_spc_is_that_of_its_mean(mean: float | None, side: Side) -> None:
    effect = None if mean is None else abs(mean - 10)
    assert found("Spc", [spc(mean)], [spc_alert()]) == {ProblemKey("u", Signal.spc, "age", side): Finding(True, effect)}


def test_zone_4_is_seen_in_any_of_its_alerts() -> None:
    (finding,) = found("Spc", [spc(12.0)], [spc_alert(), spc_alert(Zone.Zone4)]).values()  # type: ignore[attr-defined]
    assert finding.zone_4


def test_psi_has_no_direction() -> None:
    alert = Alert(psi=PsiAlert("age", 0.3, 0.1))
    key = ProblemKey("u", Signal.psi, "age")
    assert found("Psi", [psi()], [alert]) == {key: Finding(True, 0.3)}
    assert found("Psi", [psi()], [alert], SIGNIFICANT) == {key: Finding(True, 0.4, 0.001)}
    assert found("Psi", [psi()], [alert], CHANCE) == {key: GOOD}


def test_a_metric_goes_above_or_below_its_baseline() -> None:
    seen = CustomObservation("mae", 20, 14.0, 10.0, None, 12.0)
    alert = Alert(custom=CustomAlert("mae", 10.0, 14.0, 2.0, AlertThreshold.Above))
    assert found("Custom", [seen], [alert]) == {ProblemKey("u", Signal.custom, "mae", Side.above): Finding(True, 4.0)}


def test_a_window_that_is_bad_the_other_way_round_is_good_for_a_problem() -> None:
    findings = findings_of("u", "Spc", CheckResult((spc_alert(),), (spc(8.0),), ()), {}, {}, "corrected")
    above, below = (ProblemKey("u", Signal.spc, "age", side) for side in (Side.above, Side.below))
    assert findings_for(above, findings) == GOOD
    assert findings_for(below, findings) == Finding(True, 2.0)
    assert findings_for(ProblemKey("u", Signal.spc, "income", Side.above), findings) is None


def test_a_feature_may_have_a_judge_of_its_own() -> None:
    result = CheckResult((spc_alert(),), (spc(12.0),), ())
    findings = findings_of("u", "Spc", result, {"age": CHANCE}, {"age": "client"}, "corrected")
    assert [each.bad for each in findings.values()] == [True]


@pytest.mark.parametrize(
    ("obstacle", "samples", "blind"),
    [
        (Obstacle.too_few_samples, 5, True),
        (Obstacle.not_finite, 5, True),
        (Obstacle.unusable_profile, 5, True),
        (Obstacle.unusable_profile, 0, None),
        (Obstacle.no_data, 0, None),
        (Obstacle.no_condition, 5, None),
    ],
)
def test_blind_is_where_records_come_that_cannot_be_checked(
    obstacle: Obstacle, samples: int, blind: bool | None
) -> None:
    result = CheckResult((), (psi("income"),), (NotChecked("age", obstacle, samples, "why"),))
    findings = blind_findings("u", result)
    assert findings[ProblemKey("u", Signal.blind, "income")] == GOOD
    finding = findings.get(ProblemKey("u", Signal.blind, "age"))
    assert (None if finding is None else finding.bad) == blind


@pytest.mark.parametrize("mean", [1e308, -1e308, 5e-324])
def test_no_number_makes_it_fail(mean: float) -> None:
    flat = SpcObservation("age", 1, 0, mean, None, None, -mean, -mean, -mean, (0,) * 9)
    assert found("Spc", [flat], [spc_alert()])
