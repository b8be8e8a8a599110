"""The second opinion on whole checks: several features at once, rows from wherever they are known, and the budget."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pytest

from scouter.drift.custom import ObservedMean
from scouter.drift.custom_check import check_custom
from scouter.drift.judgement.budget import budget_of
from scouter.drift.judgement.clients_word import as_the_client_says
from scouter.drift.judgement.custom_judgement import judge_custom
from scouter.drift.judgement.expected_alerts import custom_rate, psi_rate, spc_rates
from scouter.drift.judgement.holm import adjusted
from scouter.drift.judgement.known_rows import KnownRows, SaidRows, rows_in
from scouter.drift.judgement.outlook import (
    Samples,
    alert_rows_a_week,
    false_messages_a_week,
    first_number,
    rates_of,
)
from scouter.drift.judgement.psi_judgement import judge_psi
from scouter.drift.judgement.rules import DEFAULT_RULES as RULES
from scouter.drift.judgement.rules import FireAfter, JudgementRules
from scouter.drift.judgement.shift_and_spike import Reference, judge_values
from scouter.drift.judgement.spc_judgement import judge_spc
from scouter.drift.judgement.training_rows import RecoveredRows
from scouter.drift.judgement.two_sample import two_sample
from scouter.drift.psi_check import check_psi
from scouter.drift.spc_check import TimedValues, check_spc
from scouter.wire.check_results import CheckResult, JudgedBy, Judgement, RowsOrigin
from scouter.wire.profiles import AlertCondition, AlertThreshold, CustomProfile, PsiProfile, SpcProfile
from tests import profile_documents

NOBODY_SAID = KnownRows(SaidRows())
DECILES = [1000] * 7 + [1001] * 3  # of 10 003 rows


def psi_profile(**features: Sequence[int]) -> PsiProfile:
    """From counts of the training data, bin by bin."""
    document = profile_documents.psi_profile(bins=2)
    document["features"] = {name: psi_feature(name, counts) for name, counts in features.items()}
    document["config"]["alert_config"]["features_to_monitor"] = []
    return msgspec.convert(document, PsiProfile)


def psi_feature(name: str, counts: Sequence[int]) -> dict[str, Any]:
    edges: list[Any] = ["-inf", *range(len(counts) - 1), "inf"]
    bins = [
        {"id": n, "lower_limit": edges[n], "upper_limit": edges[n + 1], "proportion": count / sum(counts)}
        for n, count in enumerate(counts)
    ]
    return {"id": name, "bins": bins, "timestamp": profile_documents.NOW_STAMP, "bin_type": "Numeric"}


def recovered(profile: PsiProfile) -> KnownRows:
    shares = {name: [each.proportion for each in feature.bins] for name, feature in profile.features.items()}
    return KnownRows(SaidRows(), RecoveredRows.of(shares))


def judged_psi(
    profile: PsiProfile, window: Mapping[str, Mapping[int, int]], rows: KnownRows, alpha: float = 0.01
) -> dict[str, Judgement]:
    seen = check_psi(profile, window).observations
    made = judge_psi(profile, window, seen, rows, alpha=alpha, rules=RULES)  # type: ignore[arg-type]
    assert [each.name for each in made] == [each.name for each in seen]
    return {each.name: each for each in made}


def counts(chooser: np.random.Generator, shares: Sequence[float], size: int) -> dict[int, int]:
    return dict(enumerate(chooser.multinomial(size, np.array(shares) / sum(shares)).tolist()))


def undrifted(chooser: np.random.Generator, trained: Sequence[float], rows: int, size: int) -> dict[int, int]:
    """A window from what the training data may have been a sample of."""
    return counts(chooser, list(counts(chooser, trained, rows).values()), size)


# PSI


def test_chance_is_not_drift_and_drift_is() -> None:
    profile = psi_profile(still=DECILES, moved=DECILES)
    chooser = np.random.default_rng(3)
    window = {"still": counts(chooser, DECILES, 10_000), "moved": counts(chooser, [1.4, *[1.0] * 8, 0.6], 10_000)}
    found = judged_psi(profile, window, recovered(profile))
    assert (found["moved"].significant, found["still"].significant) == (True, False)
    assert found["moved"].judge is JudgedBy.two_samples
    assert (found["moved"].training_rows, found["moved"].training_rows_origin) == (10_003, RowsOrigin.recovered)
    alone = [two_sample([each / 10_003 for each in DECILES], list(window[n].values()), 10_003) for n in found]
    among = adjusted([each.p_value for each in alone])
    assert [each.p_value for each in found.values()] == pytest.approx([each.p_value for each in alone])
    assert [each.adjusted_p_value for each in found.values()] == pytest.approx(among)


def test_a_trifle_is_certain_and_does_not_matter() -> None:
    profile = psi_profile(f=[50_001, 50_002])
    found = judged_psi(profile, {"f": {0: 520_000, 1: 480_000}}, recovered(profile))["f"]
    assert found.p_value is not None
    assert found.p_value < 1e-6
    assert (found.material, found.significant) == (False, False)


def test_undrifted_windows_are_refuted_where_the_client_alerts_in_every_second() -> None:
    profile, chooser = psi_profile(**{f"f{n}": DECILES for n in range(5)}), np.random.default_rng(8)
    rows, alerts, bad = recovered(profile), 0, 0
    for _ in range(150):
        window = {name: undrifted(chooser, DECILES, 10_003, 10_000) for name in profile.features}
        alerts += bool(check_psi(profile, window).alerts)
        bad += any(each.significant for each in judged_psi(profile, window, rows, alpha=0.05).values())
    assert alerts > 120
    assert bad <= 15


def test_without_rows_a_psi_has_to_be_large_and_more_than_chance() -> None:
    fifty = psi_profile(f=[20] * 50)
    chooser = np.random.default_rng(2)
    windows = [{"f": undrifted(chooser, [1] * 50, 1000, 1000)} for _ in range(60)]
    chance = [judged_psi(fifty, window, NOBODY_SAID)["f"] for window in windows]
    assert sum(each.effect is not None and each.effect >= 0.1 for each in chance) > 10
    assert sum(bool(each.significant) for each in chance) <= 3
    drifted = judged_psi(fifty, {"f": counts(chooser, [3] * 10 + [1] * 40, 1000)}, NOBODY_SAID)["f"]
    assert (drifted.judge, drifted.significant) == (JudgedBy.fixed, True)
    assert (drifted.training_rows, drifted.training_rows_origin) == (None, RowsOrigin.unknown)
    assert drifted.reason is not None
    assert "PUT /scouter/profile/judgement" in drifted.reason


def test_a_feature_without_rows_counts_and_stands_in_no_order() -> None:
    profile = psi_profile(known=DECILES, even=[10] * 10)
    rows = recovered(profile)
    assert rows.of("even").origin is RowsOrigin.recovered, "it fits those of the other one"
    apart = KnownRows(SaidRows(features={"known": 10_003}))
    window = {"known": counts(np.random.default_rng(1), DECILES, 1000), "even": dict.fromkeys(range(10), 100)}
    found = judged_psi(profile, window, apart)
    assert found["even"].adjusted_p_value is None
    assert found["known"].p_value is not None
    assert found["known"].adjusted_p_value == pytest.approx(min(1.0, 2 * found["known"].p_value))


def test_what_is_in_no_bin_of_the_profile_is_a_bin_of_its_own() -> None:
    profile = psi_profile(f=DECILES)
    found = judged_psi(profile, {"f": {**dict.fromkeys(range(10), 1000), 77: 300}}, recovered(profile))["f"]
    assert found.p_value is not None
    assert found.p_value < 1e-30


# Rows


def test_what_is_said_of_a_feature_goes_before_what_is_said_of_the_table() -> None:
    own = RecoveredRows.of({"f": [each / 10_003 for each in DECILES]})
    said = SaidRows(table=20_007, features={"f": 9_000}, tagged=500)
    assert KnownRows(said, own).of("f") == (9_000, RowsOrigin.stated)
    assert KnownRows(SaidRows(tagged=30_009), own).of("f") == (30_009, RowsOrigin.tagged)
    assert KnownRows(SaidRows(), own).of("f") == (10_003, RowsOrigin.recovered)
    assert KnownRows(SaidRows(), own).of("g") == (None, RowsOrigin.unknown)


def test_a_feature_with_gaps_has_fewer_rows_than_the_table() -> None:
    own = RecoveredRows.of({"gaps": [each / 9_931 for each in [993] * 9 + [994]], "odd": [0.1234567891234, 0.8765432]})
    rows = KnownRows(SaidRows(table=10_003), own)
    assert rows.of("gaps") == (9_931, RowsOrigin.stated)
    assert rows.of("odd") == (10_003, RowsOrigin.stated)
    assert KnownRows(SaidRows(table=500), own).of("gaps") == (500, RowsOrigin.stated), "whoever says so may know"


def test_the_newest_tag_that_is_a_number_counts() -> None:
    assert SaidRows.of(None, {}, ["many", "10003", "7"]).tagged == 10_003
    assert [rows_in(text) for text in ("1e4", "-5", "0", "1", "1.5", "", "9" * 17, "١٢٣")] == [None] * 8
    assert rows_in(" 2 ") == 2


# SPC


def spc_profile(*names: str) -> SpcProfile:
    document = profile_documents.spc_profile(features=1)
    limits = document["features"]["f0"]
    document["features"] = {name: {**limits, "id": name} for name in names}
    document["config"]["alert_config"]["features_to_monitor"] = []
    return msgspec.convert(document, SpcProfile)


def judged_spc(profile: SpcProfile, window: Mapping[str, Sequence[float]], alpha: float = 0.01) -> dict[str, Judgement]:
    timed = {name: TimedValues(np.arange(len(values)), np.array(values)) for name, values in window.items()}
    seen = check_spc(profile, timed).observations
    made = judge_spc(profile, timed, seen, NOBODY_SAID, alpha=alpha, rules=RULES)  # type: ignore[arg-type]
    return {each.name: each for each in made}


def test_a_shift_is_found_and_a_run_by_chance_is_not() -> None:
    chooser = np.random.default_rng(4)
    still, moved = chooser.normal(0, 0.2, 100), chooser.normal(0.3, 0.2, 100)
    found = judged_spc(spc_profile("moved", "still"), {"still": still.tolist(), "moved": moved.tolist()})
    assert (found["moved"].significant, found["still"].significant) == (True, False)
    assert found["moved"].effect == pytest.approx(abs(moved.mean()))
    assert (found["still"].p_value, found["still"].material) == (1.0, False)
    assert found["moved"].training_rows_origin is RowsOrigin.unknown


def test_a_value_that_stands_out_is_found_by_how_far_it_is() -> None:
    values = [0.05, -0.05] * 20
    found = judged_spc(spc_profile("f"), {"f": [*values, 2.5]})["f"]
    assert (found.significant, found.effect) == (True, 2.5)


@pytest.mark.parametrize("sigma", [0.0, 0.2, 0.6])
@pytest.mark.parametrize("shift", [0.0, 0.0999, 0.1, 0.4])
def test_whole_checks_say_what_the_test_of_one_series_says(sigma: float, shift: float) -> None:
    values = np.random.default_rng(6).normal(shift, sigma, 40)
    found = judged_spc(spc_profile("f"), {"f": values.tolist()})["f"]
    assert found.p_value == judge_values(values, Reference(0.0, 1.0, 25)).p_value


@pytest.mark.parametrize("values", [[math.inf], [-math.inf, 1e308], [math.nan, 0.2], [1e308] * 30, [5e-324]])
@pytest.mark.parametrize("center, limit", [(0.0, 3.0), (0.0, 0.0), (-1e308, 1e308), (1.0, 1.0 + 1e-15)])
def test_every_number_of_an_spc_judgement_is_finite(values: list[float], center: float, limit: float) -> None:
    document = profile_documents.spc_profile(features=1)
    document["features"]["f0"].update(center=center, three_ucl=limit)
    profile = msgspec.convert(document, SpcProfile)
    (found,) = judged_spc(profile, {"f0": values}).values()
    assert all_finite(found)
    assert found.significant is not None or found.reason


def test_order_and_gaps_of_the_records_make_no_difference() -> None:
    values = [0.2, 0.5, 0.1, 0.6, 0.3] * 8
    profile, moments = spc_profile("f"), np.arange(40)
    shuffle = np.random.default_rng(1).permutation(40)
    mixed = {"f": TimedValues(np.append(moments[shuffle], 3), np.append(np.array(values)[shuffle], math.nan))}
    seen = check_spc(profile, mixed).observations
    (found,) = judge_spc(profile, mixed, seen, NOBODY_SAID, alpha=0.01, rules=RULES)  # type: ignore[arg-type]
    assert found == judged_spc(profile, {"f": values})["f"]


# Custom metrics, and the client's word


def custom_result(observed: float, count: int, boundary: float | None = 0.5, way: str = "Above") -> CheckResult:
    document = profile_documents.custom_profile()
    document["config"]["alert_config"]["alert_conditions"]["mae"] = {"alert_threshold": way, "delta": boundary}
    return check_custom(msgspec.convert(document, CustomProfile), {"mae": ObservedMean(count, observed)})


def judged_custom(result: CheckResult, deviation: float | None, rules: JudgementRules = RULES) -> Judgement:
    (found,) = judge_custom(result.observations, {"mae": deviation}, rules=rules)  # type: ignore[arg-type]
    return found


def test_a_mean_has_to_be_beyond_its_boundary_by_more_than_its_scatter() -> None:
    assert judged_custom(custom_result(1.6, 20), 0.1).significant is True
    assert judged_custom(custom_result(1.6, 20), 1.0).significant is False
    assert judged_custom(custom_result(0.3, 20, way="Outside"), 0.1).significant is True
    assert judged_custom(custom_result(1.6, 20), 0.1).effect == pytest.approx(0.6)


def test_too_few_records_are_not_judged_and_count_as_the_client_says() -> None:
    for found in (
        judged_custom(custom_result(9.0, 9), 0.1),
        judged_custom(custom_result(9.0, 1), None, JudgementRules(min_samples=1)),
        judged_custom(custom_result(9.0, 50), math.inf),
        judged_custom(custom_result(9.0, 50), math.nan),
    ):
        assert (found.judge, found.significant, found.refutes) == (JudgedBy.none, None, False)
        assert found.reason
        assert all_finite(found)


def test_the_clients_word_is_written_down_for_what_alerts() -> None:
    assert as_the_client_says(custom_result(1.2, 9)) == ()
    assert as_the_client_says(custom_result(2.0, 9)) == (Judgement("mae", JudgedBy.client, effect=1.0),)
    profile = psi_profile(f=DECILES)
    (found,) = as_the_client_says(check_psi(profile, {"f": {0: 5000, 1: 5000}}))
    assert found.effect is not None
    assert found.effect > 1
    spc = check_spc(spc_profile("f"), {"f": TimedValues(np.arange(2), np.array([5.0, 4.0]))})
    assert [each.effect for each in as_the_client_says(spc)] == [4.5]


def test_corrected_is_what_counts_but_for_custom_metrics() -> None:
    assert [JudgementRules().judge_of(kind) for kind in ("Spc", "Psi", "Custom")] == [
        "corrected",
        "corrected",
        "client",
    ]
    assert JudgementRules(judge="corrected").judge_of("Custom") == "corrected"
    assert JudgementRules(judge="client").judge_of("Psi") == "client"


def test_results_of_before_are_read() -> None:
    old = b'{"alerts": [], "observations": [], "not_checked": []}'
    assert msgspec.json.decode(old, type=CheckResult) == CheckResult((), (), ())
    judged = CheckResult((), (), (), (Judgement("f", JudgedBy.two_samples, significant=False, alpha=0.01),))
    assert msgspec.json.decode(msgspec.json.encode(judged), type=CheckResult) == judged


# The budget


@pytest.mark.parametrize(
    ("schedule", "fire_after", "alpha"),
    [
        ("@daily", "1 of 1", 0.0114),
        ("0 0 */6 * * *", "1 of 1", 0.0028),
        ("@hourly", "2 of 3", 0.0155),
        ("0 */15 * * * *", "2 of 3", 0.0077),
        ("0 * * * * *", "2 of 3", 0.0020),
        ("no schedule", "1 of 1", 0.0114),
    ],
)
def test_the_budget_makes_alpha(schedule: str, fire_after: str, alpha: float) -> None:
    budget = budget_of(schedule, RULES)
    assert str(budget.fire_after) == fire_after
    assert budget.alpha == pytest.approx(alpha, abs=5e-5)
    assert budget.messages_a_week(budget.alpha) == pytest.approx(7 / 90, rel=1e-3)


def test_people_choose_the_budget_and_after_how_many_windows() -> None:
    assert budget_of("@daily", JudgementRules(false_alarms=30.0)).alpha > budget_of("@daily", RULES).alpha
    chosen = budget_of("@daily", JudgementRules(fire_after=FireAfter(2, 2)))
    assert (chosen.fire_after, chosen.alpha) == (FireAfter(2, 2), 0.05)
    assert chosen.messages_a_week(1.0) == 0.0


# What the client's rules raise by chance


def test_rates_of_the_default_spc_rule() -> None:
    profile = spc_profile("a", "b")
    rule, features = profile.config.alert_config.rule, list(profile.features.values())
    for samples, rows, share in ((20, None, 0.054), (100, None, 0.315), (100, 1000, 0.39), (500, None, 0.863)):
        first, second = spc_rates(features, rule, batch=25, samples=samples, training_rows=rows)
        assert first == second
        assert first.share == pytest.approx(share, abs=0.035)
        assert first.rows >= first.share
    assert spc_rates(features, rule, batch=25, samples=0, training_rows=None)[0].share == 0.0
    constant = msgspec.structs.replace(features[0], three_ucl=0.0)
    assert spc_rates([constant], rule, batch=25, samples=100, training_rows=None)[0].share == 0.0


def test_rates_of_psi() -> None:
    profile = psi_profile(f=DECILES, empty=[5, 0, 5])
    feature, threshold = profile.features["f"], profile.config.alert_config.threshold
    for rows, samples, share in ((1000, 1000, 0.49), (10_000, 1000, 0.083), (1000, 10_000, 0.998), (None, 1000, 0.49)):
        assert psi_rate(feature, threshold, rows, samples).share == pytest.approx(share, abs=0.02)
    assert psi_rate(feature, threshold, 1000, 100).share == 0.0, "no check of so few"
    assert psi_rate(profile.features["empty"], threshold, 100_000_000, 10_000).share < 0.05


def test_metrics_without_a_boundary_alert_by_chance() -> None:
    for way, share in ((AlertThreshold.Above, 0.5), (AlertThreshold.Below, 0.5), (AlertThreshold.Outside, 1.0)):
        rate = custom_rate(AlertCondition(way))
        assert rate is not None
        assert rate.share == share
    assert custom_rate(AlertCondition(AlertThreshold.Above, delta=0.1)) is None


def test_the_outlook_of_a_week_keeps_the_budget_where_alerts_are_judged() -> None:
    profile = psi_profile(**{f"f{n}": DECILES for n in range(20)})
    rows, samples, budget = (
        recovered(profile),
        Samples({f"f{n}": 10_000 for n in range(20)}),
        budget_of("@daily", RULES),
    )
    rates = rates_of(profile, rows, samples)
    assert alert_rows_a_week(rates, budget) == pytest.approx(20 * 7 * 0.49, rel=0.05)
    judged = false_messages_a_week(rates, budget, "corrected", together=rates, alone=budget.alpha)
    assert judged == pytest.approx(7 / 90, rel=1e-3)
    unjudged = false_messages_a_week(rates, budget, "client", together=rates, alone=budget.alpha)
    apart = false_messages_a_week(rates, budget, "corrected", together=(), alone=budget.alpha)
    assert unjudged is not None
    assert unjudged > 10
    assert apart == pytest.approx(20 * 7 / 90, rel=1e-3), "each for itself"


def test_nobody_can_say_without_windows() -> None:
    for profile in (psi_profile(f=DECILES), spc_profile("f")):
        rates = rates_of(profile, NOBODY_SAID, Samples({}))
        assert rates == {"f": None}
        assert alert_rows_a_week(rates, budget_of("@daily", RULES)) is None
        assert first_number(profile, Samples({}), 0.01) is None


def test_the_first_number_that_fits_is_for_all_features_together() -> None:
    few, many = spc_profile("f"), spc_profile(*[f"f{n}" for n in range(20)])
    assert [first_number(few, Samples({}, count), 0.01) for count in (20, 50, 100, 1440)] == [11, 12, 14, 18]
    assert first_number(many, Samples({}, 100), 0.01) == 18
    assert first_number(many, Samples({"f0": 20, "f1": 100, "f2": 100}), 0.01) == 18
    assert first_number(few, Samples({}, 10**12), 0.0001) is not None
    assert first_number(psi_profile(f=DECILES), Samples({}, 100), 0.01) is None


def all_finite(judgement: Judgement) -> bool:
    document = json.loads(msgspec.json.encode(judgement))
    numbers = msgspec.structs.asdict(judgement)
    return all(document[name] == value for name, value in numbers.items() if isinstance(value, float))
