"""Silences: what matches, when they hold, and what cannot be one."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.errors import InvalidInput
from scouter.policy.globs import matches_glob
from scouter.policy.silences import (
    Silence,
    SilenceState,
    SilenceSubject,
    exact_space,
    matches_all,
    read_matchers,
    require_comment,
    require_valid_span,
    silenced_by,
    write_matchers,
)
from tests.unit.policy.moments import at

AGE = SilenceSubject("credit", "churn", "1.2.0", "Psi", "psi", "age", "")


def matcher(field: str, comparison: str, value: str) -> dict[str, str]:
    return {"field": field, "is": comparison, "value": value}


def silence(*matchers: dict[str, str], hours: tuple[float, float] = (0, 10), number: int = 1) -> Silence:
    return Silence(
        UUID(int=number), read_matchers(list(matchers)), at(hours=hours[0]), at(hours=hours[1]), "why", "ada"
    )


@given(pattern=st.text("ab*?", max_size=8), text=st.text("ab", max_size=10))
def test_globs_match_as_the_regular_expression_of_the_same_meaning(pattern: str, text: str) -> None:
    expression = pattern.replace("*", ".*").replace("?", ".")
    assert matches_glob(pattern, text) == (re.fullmatch(expression, text, re.DOTALL) is not None)


def test_no_glob_takes_long() -> None:
    begun = time.monotonic()
    assert not matches_glob("a*" * 500 + "b", "a" * 1024)
    assert not matches_glob("*a" * 400 + "b", "a" * 1024)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("pattern", ["[a]ge", "a.e", "age|x", "(age)", "AGE", "a\\*"])
def test_other_signs_stand_for_themselves(pattern: str) -> None:
    assert not matches_glob(pattern, "age")


@pytest.mark.parametrize(
    ("matchers", "matches"),
    [
        ([matcher("space", "=", "credit")], True),
        ([matcher("space", "=", "credit"), matcher("subject", "=", "income")], False),
        ([matcher("subject", "!=", "income")], True),
        ([matcher("subject", "!=", "age")], False),
        ([matcher("name", "glob", "ch?r*"), matcher("version", "glob", "1.*")], True),
        ([matcher("direction", "=", "")], True),
        ([matcher("signal", "glob", "*")], True),
    ],
)
def test_all_matchers_must_match(matchers: list[dict[str, str]], matches: bool) -> None:
    assert matches_all(read_matchers(matchers), AGE) == matches


def test_matchers_that_are_written_are_read_as_the_same() -> None:
    sent = [matcher("space", "=", "credit"), matcher("name", "glob", "a*")]
    assert write_matchers(read_matchers(sent)) == sent


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ([], "matchers"),
        ("space", "matchers"),
        (None, "matchers"),
        ([matcher("space", "=", "a")] * 21, "matchers"),
        ([{"field": "space", "value": "a"}], "matchers[0]"),
        ([matcher("uid", "=", "a")], "matchers[0].field"),
        ([matcher("space", "=", "a"), matcher("name", "=~", "a.*")], "matchers[1].is"),
        ([matcher("name", "=", "a" * 1025)], "matchers[0].value"),
        ([{"field": "name", "is": "=", "value": 1}], "matchers[0].value"),
        ([{"field": ["name"], "is": "=", "value": "a"}], "matchers[0].field"),
    ],
)
def test_an_error_names_the_matcher(sent: object, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_matchers(sent)
    assert refused.value.field == field


def test_states_go_by_time() -> None:
    each = silence(matcher("space", "=", "credit"), hours=(2, 5))
    states = [each.state(at(hours=hour)) for hour in (1, 2, 4.9, 5)]
    assert states == [SilenceState.pending, SilenceState.active, SilenceState.active, SilenceState.expired]
    assert [each.holds(AGE, at(hours=hour)) for hour in (1, 2, 5)] == [False, True, False]


def test_the_silence_that_holds_longest_is_named() -> None:
    short, long = (
        silence(matcher("subject", "=", "age")),
        silence(matcher("name", "glob", "c*"), hours=(0, 20), number=2),
    )
    later = silence(matcher("name", "glob", "c*"), hours=(5, 99), number=3)
    assert silenced_by([short, long, later], AGE, at(hours=1)) == long
    assert silenced_by([short], AGE, at(hours=11)) is None


def test_only_an_exact_space_binds_a_silence_to_one_space() -> None:
    assert exact_space(read_matchers([matcher("name", "=", "a"), matcher("space", "=", "credit")])) == "credit"
    assert exact_space(read_matchers([matcher("space", "glob", "credit")])) is None
    assert exact_space(read_matchers([matcher("space", "!=", "credit")])) is None
    assert exact_space(read_matchers([matcher("name", "=", "a")])) is None


def test_a_silence_ends_within_90_days() -> None:
    now = at()
    require_valid_span(now, now + timedelta(days=90), now)
    require_valid_span(now - timedelta(days=80), now + timedelta(days=90), now)  # extended
    for starts_at, ends_at in [
        (now, now),
        (now, now - timedelta(hours=1)),
        (now + timedelta(hours=2), now + timedelta(hours=1)),
        (now, now + timedelta(days=90, seconds=1)),
    ]:
        with pytest.raises(InvalidInput, match="ends_at"):
            require_valid_span(starts_at, ends_at, now)


def test_a_silence_says_why() -> None:
    assert require_comment(" migration of the warehouse ") == "migration of the warehouse"
    for comment in ("", " \n", "a\x00b", "a" * 2001):
        with pytest.raises(InvalidInput, match="comment"):
            require_comment(comment)
