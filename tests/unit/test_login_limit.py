"""Failed logins are counted by name and address, and by address; pauses grow, and failures fade."""

from __future__ import annotations

from itertools import pairwise

import pytest

from scouter.auth.login_limit import (
    ADDRESS_FAILURES,
    COMPARISONS,
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    NAME_FAILURES,
    Attempt,
    LoginLimit,
)

ANA = Attempt("ana", "1.1.1.1")


def fail(limit: LoginLimit, attempt: Attempt, times: int, now: float = 0.0) -> float:
    return [limit.failed(attempt, now) for _ in range(times)][-1]


def test_a_pause_begins_with_the_last_failure_that_is_allowed() -> None:
    limit = LoginLimit()
    assert fail(limit, ANA, NAME_FAILURES.at_once - 1) == 0
    assert limit.wait(ANA, 0) == 0
    assert limit.failed(ANA, 2) == FIRST_PAUSE_SECONDS, "what has faded meanwhile makes no difference"
    assert limit.wait(ANA, 2) == FIRST_PAUSE_SECONDS
    assert limit.wait(ANA, 2 + FIRST_PAUSE_SECONDS) == 0


def test_a_limit_is_of_one_name_at_one_address() -> None:
    limit = LoginLimit()
    fail(limit, ANA, NAME_FAILURES.at_once)
    assert limit.wait(Attempt("ana", "1.1.1.2"), 1) == 0
    assert limit.wait(Attempt("bob", "1.1.1.1"), 1) == 0


def test_pauses_grow_while_somebody_goes_on_and_he_gets_few_guesses_an_hour() -> None:
    limit = LoginLimit()
    now = 0.0
    pauses = [fail(limit, ANA, NAME_FAILURES.at_once)]
    while now < 24 * 3600:
        now += pauses[-1]
        assert limit.wait(ANA, now) == 0
        pauses.append(limit.failed(ANA, now))
    assert all(later > sooner for sooner, later in pairwise(pauses[:8]))
    assert max(pauses) <= LONGEST_PAUSE_SECONDS
    assert len(pauses) <= NAME_FAILURES.at_once + 24 * NAME_FAILURES.per_hour


def test_failures_fade_and_who_mistypes_now_and_then_is_never_kept_waiting() -> None:
    limit = LoginLimit()
    assert {limit.failed(ANA, n * 600.0) for n in range(1000)} == {0.0}
    fail(limit, ANA, NAME_FAILURES.at_once, 1e6)
    assert fail(limit, ANA, NAME_FAILURES.at_once - 1, 1e6 + 3600) == 0


def test_an_address_is_limited_over_all_names() -> None:
    limit = LoginLimit()
    for n in range(ADDRESS_FAILURES.at_once):
        assert limit.wait(ANA, 1) == 0
        limit.failed(Attempt(f"nobody {n}", ANA.address), 1)
    assert limit.wait(ANA, 1) == FIRST_PAUSE_SECONDS
    assert limit.wait(Attempt("ana", "1.1.1.2"), 1) == 0


def test_those_who_bring_a_token_are_counted_apart() -> None:
    limit = LoginLimit()
    fail(limit, ANA, 2 * ADDRESS_FAILURES.at_once)
    bearer = Attempt("ana", ANA.address, has_token=True)
    assert limit.wait(bearer, 1) == 0
    assert not limit.is_suspect(bearer, 1)
    fail(limit, bearer, NAME_FAILURES.at_once)
    assert limit.wait(bearer, 0) == FIRST_PAUSE_SECONDS
    assert limit.wait(Attempt("ana", "1.1.1.2"), 1) == 0


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:1.1.1.1", "::ffff:1.1.1.2", False),
        ("", "", True),
    ],
)
def test_an_ipv6_network_is_one_address(one: str, other: str, together: bool) -> None:
    limit = LoginLimit()
    fail(limit, Attempt("ana", one), NAME_FAILURES.at_once)
    assert (limit.wait(Attempt("ana", other), 1) > 0) is together


def test_comparisons_end_too_and_come_back() -> None:
    limit = LoginLimit()
    allowed = [limit.may_compare(ANA, 0) for _ in range(10 * COMPARISONS.at_once)]
    assert sum(allowed) == COMPARISONS.at_once - 1
    assert limit.may_compare(ANA, 3600)


def test_those_who_have_not_failed_are_no_suspects() -> None:
    limit = LoginLimit()
    assert not limit.is_suspect(ANA, 0)
    limit.failed(ANA, 0)
    assert limit.is_suspect(ANA, 0)
    assert not limit.is_suspect(Attempt("bob", ANA.address), 0)
    fail(limit, Attempt("nobody", ANA.address), NAME_FAILURES.at_once)
    assert limit.is_suspect(Attempt("bob", ANA.address), 0)


def test_long_names_take_no_more_memory_than_short_ones() -> None:
    limit = LoginLimit()
    limit.failed(Attempt("x" * 1_000_000, "y" * 1_000_000), 0)
    keys = [key for table in (limit._names, limit._addresses) for key in table._levels]
    assert {len(key) for key in keys} == {16, 32}
