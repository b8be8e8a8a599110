"""The second opinion, against the vectors of the contract and against chance itself."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from scouter.drift.judgement import distributions as tails
from scouter.drift.judgement.episodes import episode_rate, next_state, window_alpha
from scouter.drift.judgement.holm import adjusted
from scouter.drift.judgement.margin import Measured, judge_margin
from scouter.drift.judgement.run_lengths import run_probability, smallest_run
from scouter.drift.judgement.shift_and_spike import Reference, judge_values
from scouter.drift.judgement.training_rows import RecoveredRows
from scouter.drift.judgement.two_sample import psi_that_is_significant, two_sample
from tests.golden import FOLDER

VECTORS: dict[str, list[dict[str, Any]]] = json.loads((FOLDER / "alert_judgement.json").read_text())


def vectors(section: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", VECTORS[section], ids=range(len(VECTORS[section])))


def recovered_rows(features: dict[str, list[float]]) -> dict[str, int | None]:
    found = RecoveredRows.of(features).rows
    return {name: found.get(name) for name in features}


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


@vectors("run_probability")
def test_runs_of_a_fair_coin(case: dict[str, Any]) -> None:
    assert run_probability(case["samples"], case["count"]) == near(case["probability"])


@vectors("smallest_run")
def test_the_smallest_number_that_fits_a_rule(case: dict[str, Any]) -> None:
    assert smallest_run(case["samples"], case["alpha"]) == case["count"]


@vectors("psi_verdict")
def test_two_samples(case: dict[str, Any]) -> None:
    found = two_sample(case["proportions"], case["counts"], case["training_rows"], other=case["other"])
    assert found.statistic == near(case["statistic"])
    assert found.degrees == case["degrees"]
    assert found.p_value == near(case["p_value"])


@vectors("psi_two_sample_threshold")
def test_the_psi_that_is_more_than_chance(case: dict[str, Any]) -> None:
    found = psi_that_is_significant(case["bins"], case["training_rows"], case["observations"], case["alpha"])
    assert found == near(case["threshold"])


@vectors("holm")
def test_several_features(case: dict[str, Any]) -> None:
    found = adjusted(case["p_values"])
    assert found == near(case["adjusted"])
    assert [each <= case["alpha"] for each in found] == case["rejected"]


@vectors("spc_verdict")
def test_values_of_spc(case: dict[str, Any]) -> None:
    reference = Reference(case["center"], case["sigma"], case["sample_size"], case["training_rows"])
    found = judge_values(np.array(case["values"], dtype=float), reference)
    for name in ("shift", "farthest", "autocorrelation", "p_shift", "p_spike", "p_value"):
        if name in case:
            assert getattr(found, name) == near(case[name]), name


@vectors("custom_verdict")
def test_metrics(case: dict[str, Any]) -> None:
    width, way = case["boundary"] or 0.0, case["direction"]
    lowest = -math.inf if way == "Above" else case["baseline"] - width
    highest = math.inf if way == "Below" else case["baseline"] + width
    found = judge_margin(
        Measured(case["count"], case["mean"], case["sd"]),
        lowest,
        highest,
        confidence=case["confidence"],
        min_samples=case["min_samples"],
    )
    assert (found is not None) == case["judged"]
    if found is not None:
        assert found.standard_error == near(case["standard_error"])
        assert found.quantile == pytest.approx(case["quantile"], rel=1e-5)
        assert found.is_significant == case["significant"]


@vectors("episodes")
def test_episodes_by_chance(case: dict[str, Any]) -> None:
    found = episode_rate(case["p"], fire=case["n"], window=case["m"], resolve=case["resolve"])
    assert found == pytest.approx(case["rate"], rel=case["tolerance"])


@vectors("window_alpha")
def test_the_alpha_of_a_budget(case: dict[str, Any]) -> None:
    fire, window = case["n_of_m"]
    found = window_alpha(case["windows_per_day"], case["budget_days"], fire=fire, window=window)
    assert found == pytest.approx(case["alpha"], rel=case["tolerance"])


@vectors("recovered_rows")
def test_rows_that_proportions_tell(case: dict[str, Any]) -> None:
    assert recovered_rows({"f": case["proportions"][0]}) == {"f": case["accepted"]}


def test_features_with_gaps_keep_rows_of_their_own() -> None:
    def deciles(rows: int) -> list[float]:
        counts = [rows // 10 + (at < rows % 10) for at in range(10)]
        return [count / rows for count in counts]

    found = recovered_rows({"whole": deciles(10_003), "gaps": deciles(9_931)})
    assert found == {"whole": 10_003, "gaps": 9_931}
    shares = {"whole": deciles(10_004), "binary": [5_001 / 10_004, 5_003 / 10_004], "even": [0.5, 0.5]}
    assert recovered_rows(shares) == dict.fromkeys(shares, 10_004)
    assert recovered_rows({"odd": [0.1234567891234, 0.8765432108766]}) == {"odd": None}


@vectors("machine")
def test_states(case: dict[str, Any]) -> None:
    shape = {"fire": case["n"], "window": case["m"], "resolve": case["resolve"]}
    state: tuple[tuple[bool, ...], bool] = ((), False)
    for bit, (wanted, _) in zip(case["bits"], case["states"], strict=True):
        if bit is not None:
            state = next_state(state, bool(bit), **shape)
        assert state[1] == (wanted == "firing")


@pytest.mark.parametrize(("x", "degrees"), [(0.5, 1), (3.84, 1), (18.3, 10), (180.0, 150), (1000.0, 900), (40.0, 3)])
def test_chi_square_against_simulation_of_normals(x: float, degrees: int) -> None:
    squares = (np.random.default_rng(5).standard_normal((20_000, degrees)) ** 2).sum(axis=1)
    share = float((squares > x).mean())
    expected = tails.chi_square_tail(x, degrees)
    assert share == pytest.approx(expected, abs=4 * math.sqrt(max(expected * (1 - expected), 1e-5) / 20_000) + 1e-4)
    if 1e-6 < expected < 1 - 1e-6:
        assert tails.chi_square_quantile(expected, degrees) == pytest.approx(x, rel=1e-6)


def test_chance_is_judged_bad_as_seldom_as_is_said() -> None:
    """2 000 windows without drift, against the client's rule which alerts in a third of them."""
    chooser = np.random.default_rng(11)
    reference = Reference(0.0, 1.0, 25, 10_000)
    bad = sum(judge_values(chooser.normal(0, 0.2, 100), reference).p_value <= 0.01 for _ in range(2_000))
    assert bad <= 2
    drifted = sum(judge_values(chooser.normal(0.25, 0.2, 100), reference).p_value <= 0.01 for _ in range(200))
    assert drifted >= 199


@pytest.mark.parametrize("values", [[1e308, -1e308], [1e308] * 30, [5e-324], [0.0] * 40])
def test_no_value_makes_it_fail(values: list[float]) -> None:
    for sigma in (0.0, 5e-324, 1.0, 1e308):
        found = judge_values(np.array(values), Reference(0.0, sigma, 25, 100))
        assert 0.0 <= found.p_value <= 1.0
