"""A cut in mid-COMMIT has to find the COMMIT, however the stream comes in."""

from __future__ import annotations

import struct

import pytest

from tests.drills.frontend_messages import FrontendMessage, FrontendStream


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">i", len(body) + 4) + body


STARTUP = message(b"", b"\x00\x03\x00\x00user\x00drill\x00\x00")
STREAM = (
    STARTUP,
    message(b"Q", b"BEGIN\x00"),
    message(b"d", b"COMMIT"),
    message(b"c", b""),
    message(b"Q", b"COMMIT\x00"),
)


@pytest.mark.parametrize("piece", [1, 3, 7, 1000])
def test_messages_come_out_whole_whatever_the_pieces(piece: int) -> None:
    data = b"".join(STREAM)
    stream = FrontendStream()
    found = [one for begin in range(0, len(data), piece) for one in stream.read(data[begin : begin + piece])]
    assert [one.data for one in found] == list(STREAM)
    assert [one.commits for one in found] == [False, False, False, False, True]
    assert [one.ends_copy for one in found] == [False, False, False, True, False]


def test_a_commit_is_known_in_every_form_it_travels_in() -> None:
    assert FrontendMessage(b"Q", message(b"Q", b"UPDATE ledger SET x = 1; COMMIT\x00")).commits
    assert FrontendMessage(b"P", message(b"P", b"\x00COMMIT\x00\x00\x00")).commits
    assert not FrontendMessage(b"Q", message(b"Q", b"CREATE TEMP TABLE t (x int) ON COMMIT DROP\x00")).commits
