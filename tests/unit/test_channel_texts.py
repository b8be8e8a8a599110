"""What is decided about alerts on their way out without asking anybody: pauses, shares, cuts, times."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.alerting.channels.http_post import retry_after
from scouter.alerting.channels.outcome import Refused, Retry
from scouter.alerting.channels.truncation import pieces, truncate
from scouter.alerting.retry_policy import Again, GiveUp, RetryPolicy
from scouter.alerting.worker_shares import WorkerShares
from scouter.wire.notifications import ChannelName
from tests.notifications import NOW


def _pause(attempts: int, retry_after_seconds: float | None = None, jitter: float = 1.0, **policy: float) -> float:
    outcome = Retry("down", retry_after_seconds)
    step = RetryPolicy(**policy).after(outcome, attempts=attempts, created_at=NOW, now=NOW, jitter=jitter)  # type: ignore[arg-type]
    assert isinstance(step, Again)
    return (step.at - NOW).total_seconds()


def test_pauses_grow_up_to_the_longest() -> None:
    assert [_pause(attempts) for attempts in range(1, 9)] == [2, 8, 32, 128, 512, 2048, 3600, 3600]


def test_jitter_takes_up_to_half_of_a_pause() -> None:
    assert _pause(2, jitter=0.0) == 4
    assert _pause(2, jitter=0.5) == 6


def test_what_the_service_says_comes_before_our_own_pauses() -> None:
    assert _pause(1, 100.0, jitter=0.0) == 100
    assert _pause(6, 3.0, jitter=0.0) == 3
    assert _pause(1, 0.0, jitter=0.0) == 0.5


def test_the_last_try_is_made_when_the_time_is_up() -> None:
    assert _pause(1, 10.0**11) == timedelta(hours=24).total_seconds()


def test_tries_end() -> None:
    policy = RetryPolicy(max_attempts=3)
    step = policy.after(Retry("down"), attempts=3, created_at=NOW, now=NOW, jitter=0.5)
    assert step == GiveUp("down (the last of 3 tries)")
    step = policy.after(Retry("down"), attempts=1, created_at=NOW, now=NOW + timedelta(hours=24), jitter=0.5)
    assert step == GiveUp("down (for 1 day, 0:00:00)")
    step = policy.after(Refused("no such channel"), attempts=1, created_at=NOW, now=NOW, jitter=0.5)
    assert step == GiveUp("no such channel")


def test_a_clock_that_is_ahead_ends_no_tries_and_shortens_no_pause() -> None:
    tomorrow = NOW + timedelta(days=1, minutes=1)
    step = RetryPolicy().after(Retry("down"), attempts=1, created_at=NOW, now=tomorrow, settled=NOW, jitter=0.0)
    assert step == Again(tomorrow + timedelta(seconds=1))


def test_a_channel_occupies_its_share_and_no_more() -> None:
    shares = WorkerShares(4)
    shares.occupy(ChannelName.slack)
    assert shares.open() == [each for each in ChannelName if each is not ChannelName.slack]
    shares.leave(ChannelName.slack)
    assert shares.open() == list(ChannelName)
    assert WorkerShares(1).open() == list(ChannelName)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("30", 30.0),
        (" 0 ", 0.0),
        ("Fri, 02 Jan 2026 03:05:05 GMT", 60.0),
        ("Fri, 02 Jan 2026 03:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("nan", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


def test_a_cut_text_says_so() -> None:
    assert truncate("abc", 3) == "abc"
    assert truncate("abcd", 3) == "ab…"


def test_texts_are_parted_between_lines() -> None:
    assert list(pieces("one\ntwo\nthree", 7)) == ["one\ntwo", "three"]
    assert list(pieces("abcdefgh\nx", 3)) == ["abc", "def", "gh", "x"]
    assert list(pieces("\n \n", 7)) == []


@given(st.text(alphabet="ab\n", max_size=60), st.integers(1, 10))
def test_no_text_is_lost_in_pieces(text: str, maximum: int) -> None:
    parts = list(pieces(text, maximum))
    assert all(0 < len(part) <= maximum for part in parts)
    assert "".join(parts).replace("\n", "") == text.replace("\n", "")
