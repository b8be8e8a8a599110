from __future__ import annotations

import threading
import time

import pytest

from scouter.errors import Busy
from scouter.pages.site.reading_room import ReadingRoom


def seconds_until_seated(room: ReadingRoom) -> float:
    began = time.monotonic()
    with room.seat():
        return time.monotonic() - began


def test_a_seat_rests_twice_as_long_as_it_was_taken() -> None:
    room = ReadingRoom(1)
    assert seconds_until_seated(room) < 0.5
    with room.seat():
        time.sleep(0.15)
    assert 0.2 < seconds_until_seated(room) < 1.0


def test_it_rests_half_a_second_at_most() -> None:
    room = ReadingRoom(1)
    with room.seat():
        time.sleep(1.5)
    assert seconds_until_seated(room) < 1.25


def test_who_comes_takes_a_seat_that_has_rested_before_one_that_has_not() -> None:
    room = ReadingRoom(2)
    with room.seat():
        time.sleep(0.25)
    assert seconds_until_seated(room) < 0.2


def test_a_page_that_fails_leaves_its_seat() -> None:
    room = ReadingRoom(1)
    with pytest.raises(ZeroDivisionError), room.seat():
        raise ZeroDivisionError
    assert seconds_until_seated(room) < 1.0


def test_whom_there_is_no_seat_for_is_told_so_and_all_others_get_theirs() -> None:
    room = ReadingRoom(1)
    seated: list[float] = []
    with room.seat():
        readers = [threading.Thread(target=lambda: seated.append(seconds_until_seated(room))) for _ in range(3)]
        for reader in readers:
            reader.start()
        time.sleep(0.2)
    for reader in readers:
        reader.join(5.0)
    assert len(seated) == 3
    with room.seat(), pytest.raises(Busy), room.seat():
        pass
