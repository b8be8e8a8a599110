"""The thread that no error ends and every stop does."""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from prometheus_client import REGISTRY

from scouter.runtime.worker_thread import WorkerThread
from tests.conditions import eventually

NAME = "unit"
ERRORS = [
    ZeroDivisionError("bug"),
    OSError(errno.EMFILE, "too many"),
    MemoryError(),
    SystemExit(3),
    KeyboardInterrupt(),
]


@contextmanager
def running(action: Callable[[], float], *, retry_seconds: float = 0.0) -> Iterator[WorkerThread]:
    thread = WorkerThread(NAME, action, retry_seconds=retry_seconds)
    thread.start()
    try:
        yield thread
    finally:
        thread.request_stop()
        assert thread.join(time.monotonic() + 5)


def failures() -> float:
    return REGISTRY.get_sample_value("scouter_thread_failures_total", {"thread": NAME}) or 0.0


class Action:
    """Fails as often as it is told, and counts its calls."""

    def __init__(self, *problems: BaseException, pause: float = 60.0) -> None:
        self._problems = list(problems)
        self._pause = pause
        self.called_at: list[float] = []

    def __call__(self) -> float:
        self.called_at.append(time.monotonic())
        if self._problems:
            raise self._problems.pop(0)
        return self._pause


@pytest.mark.parametrize("problem", ERRORS, ids=lambda problem: type(problem).__name__)
def test_whatever_an_action_raises_is_logged_and_counted_and_it_is_called_again(
    problem: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    before, action = failures(), Action(problem)
    with running(action) as thread:
        eventually(lambda: len(action.called_at) == 2)
        assert thread.alive
    assert failures() == before + 1
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "thread 'unit' failed" in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[1] is problem


def test_it_is_failing_while_it_rests_after_a_failure() -> None:
    with running(Action(ValueError("once"), pause=0.0), retry_seconds=0.5) as thread:
        eventually(lambda: thread.is_failing)
        eventually(lambda: not thread.is_failing)


def test_it_is_no_longer_failing_in_an_action_that_never_comes_back() -> None:
    release = threading.Event()
    problems: list[BaseException] = [ValueError("once")]

    def act() -> float:
        if problems:
            raise problems.pop()
        return float(release.wait(10))

    with running(act, retry_seconds=0.1) as thread:
        eventually(lambda: thread.is_failing)
        eventually(lambda: not thread.is_failing)
        release.set()


def test_it_rests_after_a_failure_for_as_long_as_it_is_told() -> None:
    action = Action(ValueError("once"))
    with running(action, retry_seconds=0.3):
        eventually(lambda: len(action.called_at) == 2)
    assert action.called_at[1] - action.called_at[0] >= 0.3


def test_it_rests_after_an_action_for_as_long_as_that_says() -> None:
    action = Action(pause=0.2)
    with running(action):
        eventually(lambda: len(action.called_at) == 3)
    assert action.called_at[2] - action.called_at[0] >= 0.4


def test_a_log_that_fails_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("scouter.runtime.worker_thread.log.exception", no_memory)
    action = Action(ValueError("once"))
    with running(action):
        eventually(lambda: len(action.called_at) == 2)


@pytest.mark.parametrize("nonsense", [None, "soon", float("inf")])
def test_a_pause_that_is_none_is_a_failure_and_not_an_end(nonsense: float) -> None:
    before = failures()
    action = Action(pause=nonsense)
    with running(action) as thread:
        eventually(lambda: len(action.called_at) > 2)
        assert thread.alive
    assert failures() > before


@pytest.mark.parametrize("pause", [60.0, 0.0, -1.0])
def test_a_stop_ends_it_at_once_however_it_rests(pause: float) -> None:
    action = Action(pause=pause)
    with running(action) as thread:
        eventually(lambda: bool(action.called_at))
        began = time.monotonic()
        thread.request_stop()
        assert thread.join(began + 5)
    assert time.monotonic() - began < 1


def test_a_stop_cuts_short_the_rest_after_a_failure() -> None:
    with running(Action(ValueError()), retry_seconds=60) as thread:
        eventually(lambda: thread.is_failing)
        began = time.monotonic()
        thread.request_stop()
        assert thread.join(began + 5)
    assert time.monotonic() - began < 1


def test_a_stop_cuts_short_a_pause_within_an_action_and_says_so() -> None:
    pauses: list[bool] = []

    def act() -> float:
        pauses.append(False)
        pauses[-1] = thread.pause(60)
        return 60.0

    thread = WorkerThread(NAME, act)
    thread.start()
    eventually(lambda: bool(pauses))
    thread.request_stop()
    assert thread.join(time.monotonic() + 5)
    assert pauses == [True]


def test_nothing_is_done_after_the_action_under_way() -> None:
    action = Action(pause=0.0)
    with running(action) as thread:
        thread.request_stop()
        assert thread.join(time.monotonic() + 5)
        done = len(action.called_at)
        time.sleep(0.05)
    assert len(action.called_at) == done


def test_one_that_hangs_is_waited_for_until_the_deadline_and_no_longer() -> None:
    release = threading.Event()
    with running(lambda: float(release.wait(10))) as thread:
        thread.request_stop()
        began = time.monotonic()
        assert not thread.join(began + 0.2)
        assert 0.2 <= time.monotonic() - began < 1
        assert not thread.join(began - 10), "a deadline that has passed is none to wait for"
        release.set()


def test_one_that_was_never_started_has_ended() -> None:
    thread = WorkerThread(NAME, Action())
    assert not thread.alive
    thread.request_stop()
    assert thread.join(time.monotonic() - 1)


def test_its_failures_are_at_zero_before_the_first() -> None:
    WorkerThread("unit, never failed", Action())
    assert REGISTRY.get_sample_value("scouter_thread_failures_total", {"thread": "unit, never failed"}) == 0
