"""Names can hold anything."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.pages.text.plain_text import plain, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("income", "income"),
        ("a\tb\nc", "a\ufffdb\ufffdc"),
        ("abc\u202edef", "abc\ufffddef"),
        ("\u2066x\u2069", "\ufffdx\ufffd"),
        ("\ud800", "\ufffd"),
        ("Größe שלום 大小 🙂", "Größe שלום 大小 🙂"),
    ],
)
def test_what_could_harm_is_replaced_and_nothing_else(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(st.characters()))
def test_what_is_left_can_stand_in_xml(text: str) -> None:
    from html import escape

    ElementTree.fromstring(f"<t>{escape(plain(text))}</t>")  # noqa: S314 - our own text


def test_long_names_are_cut() -> None:
    assert shortened("a" * 10_000) == "a" * 59 + "…"
    assert shortened("a" * 60) == "a" * 60
    assert shortened("ab cd", 4) == "ab…"
