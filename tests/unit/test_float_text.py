"""Numbers as the clients write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.wire.float_text import float_text

GOLDEN = json.loads((Path(__file__).parents[1] / "contract" / "golden" / "float_text.json").read_text())


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["case"])
def test_the_golden_texts(case: dict[str, Any]) -> None:
    assert float_text(float(case["value"])) == case["text"]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_text_reads_back_as_the_number_and_is_plain(value: float) -> None:
    text = float_text(value)
    assert repr(float(text)) == repr(value)
    assert "e" not in text
    assert not text.endswith(".0")


def test_integers_are_numbers_too() -> None:
    assert float_text(3) == "3"
