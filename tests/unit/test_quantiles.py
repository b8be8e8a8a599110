"""The two quantiles behind the PSI thresholds: against scipy's, and as inverses of their own tails."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.drift.quantiles import chi_square_quantile_above, chi_square_tails, normal_quantile_above
from tests import golden

# From scipy's accuracy to ours: about the precision of double numbers, where the contract asks for 1e-9.
CLOSE = 1e-13

# Both ends need care: near 1 only the lower tail says how near.
alphas = st.one_of(
    st.floats(1e-300, 1, exclude_max=True),
    st.integers(1, 300).map(lambda power: 10.0**-power),
    st.integers(1, 53).map(lambda power: 1 - 2.0**-power),
)
degrees_of_freedom = st.integers(1, 2000)


@pytest.mark.parametrize("case", golden.cases("psi_thresholds"))
def test_the_golden_quantiles(case: dict[str, Any]) -> None:
    alpha, degrees = case["alpha"], case["bins"] - 1
    assert normal_quantile_above(alpha) == pytest.approx(golden.number(case["z"]), rel=CLOSE, abs=CLOSE)
    assert chi_square_quantile_above(alpha, degrees) == pytest.approx(golden.number(case["chi2"]), rel=CLOSE, abs=0)


@given(alphas, degrees_of_freedom)
def test_the_chi_square_quantile_is_the_inverse_of_the_tail(alpha: float, degrees: int) -> None:
    lower, upper = chi_square_tails(chi_square_quantile_above(alpha, degrees), degrees)
    tail, wanted = (upper, alpha) if alpha <= 0.5 else (lower, 1 - alpha)
    assert tail == pytest.approx(wanted, rel=1e-10, abs=0)
    assert lower + upper == pytest.approx(1, abs=1e-12)


@given(st.floats(1e-6, 5000), degrees_of_freedom)
def test_the_tail_is_the_inverse_of_the_chi_square_quantile(x: float, degrees: int) -> None:
    _, upper = chi_square_tails(x, degrees)
    if 1e-300 < upper < 0.9:
        assert chi_square_quantile_above(upper, degrees) == pytest.approx(x, rel=1e-9, abs=0)


@given(st.floats(1e-9, 1400))
def test_two_degrees_of_freedom_are_the_exponential_distribution(x: float) -> None:
    lower, upper = chi_square_tails(x, 2)
    assert upper == pytest.approx(math.exp(-x / 2), rel=1e-12, abs=0)
    assert lower == pytest.approx(-math.expm1(-x / 2), rel=1e-12, abs=0)


@given(st.floats(1e-9, 30))
def test_one_degree_of_freedom_is_the_square_of_a_normal_variable(x: float) -> None:
    lower, upper = chi_square_tails(x, 1)
    assert upper == pytest.approx(math.erfc(math.sqrt(x / 2)), rel=1e-12, abs=0)
    assert lower == pytest.approx(math.erf(math.sqrt(x / 2)), rel=1e-12, abs=0)


@given(alphas, alphas, degrees_of_freedom)
def test_a_smaller_alpha_never_has_a_smaller_quantile(one: float, other: float, degrees: int) -> None:
    rare, frequent = sorted((one, other))
    # Equal up to rounding when the two are next to one another.
    assert chi_square_quantile_above(rare, degrees) >= chi_square_quantile_above(frequent, degrees) * (1 - CLOSE)


@given(st.floats(1e-300, 0.999))
def test_the_normal_quantile_is_the_inverse_of_the_tail(alpha: float) -> None:
    assert math.erfc(normal_quantile_above(alpha) / math.sqrt(2)) / 2 == pytest.approx(alpha, rel=1e-11, abs=0)


@pytest.mark.parametrize("degrees", [1, 9, 100_000])
def test_alpha_zero_is_exceeded_by_nothing(degrees: int) -> None:
    assert chi_square_quantile_above(0.0, degrees) == math.inf
    assert normal_quantile_above(0.0) == math.inf


@pytest.mark.parametrize("alpha", [5e-324, 1e-300, 0.5, 0.05, 1 - 2**-53])
@pytest.mark.parametrize("degrees", [1, 2, 3, 1_000_000])
def test_the_most_extreme_questions_are_answered(alpha: float, degrees: int) -> None:
    assert 0 < chi_square_quantile_above(alpha, degrees) < math.inf
    assert math.isfinite(normal_quantile_above(alpha))
