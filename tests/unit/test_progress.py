"""Progress as its owner tells it: nothing of what is quick, lines or a bar of what is not."""

from __future__ import annotations

import logging
import time

import pytest

from scouter.runtime import progress as module
from scouter.runtime.progress import progress

NAME = "garden"
log = logging.getLogger(NAME)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """After a tenth of a second, and every tenth."""
    monkeypatch.setattr(module, "FIRST_SECONDS", 0.1)
    monkeypatch.setattr(module, "pause_before_next_line", lambda _: 0.1)
    caplog.set_level(logging.INFO, NAME)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == NAME]


def wait_for_line(caplog: pytest.LogCaptureFixture, count: int = 1) -> None:
    deadline = time.monotonic() + 10
    while len(lines(caplog)) < count:
        assert time.monotonic() < deadline, caplog.text
        time.sleep(0.01)


def test_what_is_quick_is_not_spoken_of_but_for_its_result(caplog: pytest.LogCaptureFixture) -> None:
    with progress(log, "digging"):
        pass
    assert lines(caplog) == []
    with progress(log, "digging") as step:
        step.result = "dug a hole"
    assert [line.rpartition(",")[0] for line in lines(caplog)] == ["dug a hole"]


def test_what_takes_longer_is_said_now_and_then_and_at_its_end(caplog: pytest.LogCaptureFixture) -> None:
    with progress(log, "digging", total=3, unit="holes") as step:
        step.advance()
        step.detail = "in the garden"
        step.waits_for = lambda: "waits for a spade"
        wait_for_line(caplog, 2)
    first, *_, last = lines(caplog)
    assert first == "digging: 1 of 3 holes, in the garden, waits for a spade, 0 s so far"
    assert last.startswith("digging: 1 of 3 holes, done in 0.")
    count = len(lines(caplog))
    time.sleep(0.25)
    assert len(lines(caplog)) == count, "nothing is said after the end"


def test_what_breaks_off_is_not_said_to_be_done(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ZeroDivisionError), progress(log, "digging") as step:
        step.result = "dug a hole"
        wait_for_line(caplog)
        raise ZeroDivisionError
    assert lines(caplog)[-1].startswith("digging: broke off after 0.")


def test_a_log_that_does_not_want_it_is_spared(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, NAME)
    with progress(log, "digging") as step:
        step.result = "dug a hole"
        time.sleep(0.25)
    assert lines(caplog) == []
