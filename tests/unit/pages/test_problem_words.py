"""Judgements, problems, silences and policies in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from scouter.pages.problems.history import why_held
from scouter.pages.site.reader import Reader
from scouter.pages.site.responder import NOBODY
from scouter.pages.site.visit import Visit
from scouter.pages.wording.judgements import effect_in_words, judged_in_words, judgement_sentence, training_in_words
from scouter.pages.wording.problems import (
    bad_windows,
    event_in_words,
    problem_sentence,
    reason_in_words,
    rule_in_words,
    title_of,
)
from scouter.pages.wording.silences import matchers_in_words
from scouter.policy.firing_rule import Count, FiringRule
from scouter.policy.problem import Reason, Step
from scouter.policy.telling import Kind
from scouter.wire.check_results import JudgedBy, Judgement, RowsOrigin
from scouter.wire.problems import ProblemItem, ProblemSignal, ProblemState
from scouter.wire.silences import MatcherItem

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
TESTED = Judgement(
    "age",
    JudgedBy.two_samples,
    significant=True,
    material=True,
    p_value=0.0004,
    adjusted_p_value=0.002,
    alpha=0.0155,
    effect=0.265,
    training_rows=10_000,
    training_rows_origin=RowsOrigin.stated,
)


def item(**changed: Any) -> ProblemItem:
    members: dict[str, Any] = dict.fromkeys(ProblemItem.__struct_fields__)
    made = {"signal": ProblemSignal.spc, "subject": "age", "direction": "above", "state": ProblemState.firing}
    return ProblemItem(**{**members, **made, **changed})


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({}, "significant"),
        ({"significant": False, "adjusted_p_value": 0.2}, "chance"),
        ({"significant": False, "material": False}, "a trifle"),
        ({"significant": False, "material": False, "adjusted_p_value": 1.0}, "chance"),
        ({"significant": None, "judge": JudgedBy.client}, "by the client's rule"),
        ({"significant": None, "judge": JudgedBy.none}, "not judged"),
    ],
)
def test_a_judgement_is_a_word(changed: dict[str, Any], word: str) -> None:
    assert judged_in_words(msgspec.structs.replace(TESTED, **changed)) == word


def test_a_judgement_is_a_sentence_with_its_numbers() -> None:
    assert judgement_sentence(TESTED, "Psi") == (
        "More than chance, and it matters: PSI 0.265, p 0.0004, among all features 0.002 (up to 0.0155 is more than "
        "chance), 10\u202f000 training rows (as somebody stated)."
    )
    alone = Judgement("mae", JudgedBy.none, reason="one record has no scatter")
    assert judgement_sentence(alone, "Custom") == "Not judged. One record has no scatter."


def test_effects_and_rows_have_units() -> None:
    effects = [effect_in_words(1.5, kind) for kind in ("Psi", "Spc", "Custom")]
    assert effects == ["PSI 1.5", "1.5 sigma off", "1.5 from its baseline"]
    assert effect_in_words(None, "Psi") == "\u2013"
    assert training_in_words(None, RowsOrigin.unknown) == "nobody knows"
    assert training_in_words(500, RowsOrigin.recovered) == "500 (recovered from its proportions)"
    assert training_in_words(None, None) == ""


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"effect": 1.5}, "1.5 sigma above its center."),
        ({"effect": None, "direction": "below"}, "Below its center."),
        ({"effect": None, "direction": None}, "Away from its center."),
        ({"signal": ProblemSignal.custom, "effect": 3.5}, "3.5 above its baseline."),
        ({"signal": ProblemSignal.psi, "effect": 0.3}, "PSI 0.3: its values fall into other bins than in training."),
        ({"signal": ProblemSignal.psi}, "Its values fall into other bins than in training."),
        ({"signal": ProblemSignal.silent}, "Its records have stopped, or never came."),
    ],
)
def test_a_problem_is_a_sentence(changed: dict[str, Any], sentence: str) -> None:
    assert problem_sentence(item(**changed)) == sentence


def test_every_signal_has_a_title() -> None:
    assert title_of(item(subject="age")) == "age"
    assert all(title_of(item(signal=each, subject="")) for each in ProblemSignal)


def test_windows_and_rules_are_counted() -> None:
    assert bad_windows([True, False, True]) == "2 of the last 3 windows were bad"
    assert bad_windows([True]) == "the last window was bad"
    assert bad_windows([]) == ""
    assert rule_in_words(FiringRule(Count(2, 3), 2)) == (
        "It fires at 2 bad windows of the last 3, and is over after 2 good ones in a row."
    )
    assert rule_in_words(FiringRule(Count(1, 1), 1)) == "It fires at 1 bad window, and is over after a good one."


def test_every_kind_of_event_has_words() -> None:
    kinds = [*Step, *(f"told {each}" for each in Kind), "acknowledged", "taken back", "held"]
    assert [kind for kind in kinds if event_in_words(kind) == kind] == []
    assert len({event_in_words(kind) for kind in kinds}) == len(kinds)
    assert [reason for reason in Reason if reason_in_words(reason) == reason] == []


def test_what_holds_a_message_back_is_said() -> None:
    visit = Visit(NOBODY, Reader(), NOW, "/", "http://localhost")
    silence = "0b5e5c0e-3c1b-4f6e-9f3f-3a3f0f0f0f0f"
    assert why_held(f"silence {silence}", visit) == (
        "held back by a silence",
        f"/silences?expired=1#silence-{silence}",
    )
    assert why_held("muted until 2026-01-02T20:00:00+00:00", visit) == ("muted until today 20:00", None)
    assert why_held("muted until whenever", visit) == ("muted until whenever", None)
    assert why_held("acknowledged", visit)[0] == "no reminder: somebody has taken it"
    berlin = replace(visit, reader=Reader("Europe/Berlin"))
    assert why_held("muted until 2026-01-02T20:00:00+00:00", berlin)[0] == "muted until today 21:00"


def test_matchers_are_said() -> None:
    matchers = [
        MatcherItem("space", "=", "shop"),
        MatcherItem("subject", "glob", "inc*"),
        MatcherItem("name", "!=", "x"),
    ]
    assert matchers_in_words(matchers) == "space is shop, feature or metric is like inc*, profile is not x"
