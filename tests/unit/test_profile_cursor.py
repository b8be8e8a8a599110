"""The cursor of profile pages."""

from __future__ import annotations

import base64

import pytest

from scouter.errors import InvalidInput
from scouter.wire.cursors import cursor_at, position_at
from scouter.wire.profile_listing import Position
from scouter.wire.profiles import DriftType


@pytest.mark.parametrize("name", ["m", "a b/c?d&e=f+g%h'\"ü…", "x" * 200])
def test_a_cursor_leads_back_to_its_position(name: str) -> None:
    position = Position("s", name, "0.1.0", DriftType.Spc)
    cursor = cursor_at(position)
    assert position_at(cursor, Position) == position
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?%# ")


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[]",
        '["s", "m", "1"]',
        '["s", "m", "1", "Nope"]',
        '["s", "m", "1", "Spc", 5]',
        '["s\\u0000", "m", "1", "Spc"]',
        "[" * 5000,
    ],
)
def test_what_no_page_has_given_is_refused(text: str) -> None:
    for cursor in (text, base64.urlsafe_b64encode(text.encode()).decode()):
        with pytest.raises(InvalidInput):
            position_at(cursor, Position)
