"""Bodies of messages, shown harmlessly whatever they are."""

from __future__ import annotations

import random

import pytest

from scouter.pages.admin.quarantined_message import shown_body
from scouter.pages.text.plain_text import plain, plain_lines


def test_text_is_shown_with_its_lines() -> None:
    body = shown_body(b'{\n\t"a": 1}', 10)
    assert (body.text, body.dump, body.is_cut) == ('{\n\t"a": 1}', "", False)


@pytest.mark.parametrize("cut", range(1, 4))
def test_a_cut_through_a_character_is_no_fault_of_the_message(cut: int) -> None:
    raw = "a\U0001f600".encode()
    body = shown_body(raw[: 1 + cut], 5)
    assert body.text.startswith("a")
    assert body.dump == ""
    assert body.is_cut is (cut < 4)


def test_what_is_no_utf8_is_shown_in_numbers_too() -> None:
    body = shown_body(bytes(range(128, 160)), 32)
    assert body.dump.splitlines()[1].startswith("0010  90 91 92")
    assert set(body.text) == {"\ufffd"}


def test_no_character_that_turns_or_rings_is_left() -> None:
    text = shown_body("a\u202eb\u2066c\x07\x1b[31m\u2028\r\n".encode(), 30).text
    assert text == "a\ufffdb\ufffdc\ufffd\ufffd[31m\ufffd\ufffd\n"


def test_any_bytes_are_survived() -> None:
    chance = random.Random(7)
    for _ in range(200):
        raw = chance.randbytes(chance.randrange(300))
        body = shown_body(raw, len(raw) + chance.randrange(2))
        assert plain(body.text.replace("\n", "").replace("\t", "")) == body.text.replace("\n", "").replace("\t", "")


def test_lines_and_tabs_alone_are_left() -> None:
    assert plain_lines("a\r\n\tb\x00") == "a\ufffd\n\tb\ufffd"
