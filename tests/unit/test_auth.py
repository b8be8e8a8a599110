"""Passwords, tokens, permissions and the limit of failed logins."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from scouter.auth.login_limit import MAX_FAILURES, WINDOW_SECONDS, LoginLimit
from scouter.auth.passwords import PasswordChecks, hash_password, verify_password
from scouter.auth.permissions import Caller
from scouter.auth.tokens import Tokens, claimed_subject
from scouter.errors import PermissionDenied

KEY = "k" * 32
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_hash_verifies_its_password_and_no_other() -> None:
    phc = hash_password("pässword")
    assert phc.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify_password("pässword", phc)
    assert not verify_password("password", phc)
    assert not verify_password("pässword", "no PHC string")
    assert hash_password("pässword") != phc


@pytest.mark.quiet
def test_a_right_password_is_hashed_once_and_a_changed_one_is_not_remembered() -> None:
    checks = PasswordChecks()
    phc = hash_password("one")
    assert checks.matches("ana", "one", phc)
    began = time.perf_counter()
    for _ in range(100):
        assert checks.matches("ana", "one", phc)
    assert time.perf_counter() - began < 0.5
    assert not checks.matches("ana", "one", hash_password("two"))
    assert not checks.matches("ana", "wrong", phc)
    assert not checks.matches("nobody", "one", None)


def test_a_token_lasts_an_hour_and_a_minute() -> None:
    tokens = Tokens(KEY)
    fresh = tokens.issue("ana", 7, ["read:x"], ["user"], datetime.now(UTC))
    claims = tokens.read(fresh)
    assert claims is not None
    assert (claims.username, claims.credential_version) == ("ana", 7)
    assert tokens.read(tokens.issue("ana", 7, [], [], datetime.now(UTC) - timedelta(minutes=60, seconds=30)))
    old = tokens.issue("ana", 7, [], [], datetime.now(UTC) - timedelta(minutes=62))
    assert tokens.read(old) is None
    assert claimed_subject(old) == "ana"
    assert Tokens("other" * 8).read(fresh) is None
    assert claimed_subject("nonsense") is None


@pytest.mark.parametrize(
    ("permissions", "groups", "verb", "space", "may"),
    [
        (["read:a"], [], "read", "a", True),
        (["read:a"], [], "write", "a", False),
        (["read:a"], [], "read", "ab", False),
        (["write:a"], [], "read", "a", False),
        (["read:all"], [], "read", "anything", True),
        (["read:all"], [], "write", "anything", False),
        ([], ["admin"], "write", "anything", True),
        ([], ["user"], "read", "a", False),
        (["read:a:b"], [], "read", "a:b", True),
    ],
)
def test_permissions_mean_what_they_say(
    permissions: list[str], groups: list[str], verb: str, space: str, may: bool
) -> None:
    caller = Caller("ana", frozenset(permissions), frozenset(groups))
    assert caller.may(verb, space) is may  # type: ignore[arg-type]
    if not may:
        with pytest.raises(PermissionDenied, match=space):
            caller.require(verb, space)  # type: ignore[arg-type]


def test_failures_are_counted_by_user_and_address_in_a_sliding_minute() -> None:
    limit = LoginLimit()
    assert [limit.failed("ana", "1", second) for second in range(MAX_FAILURES)] == [None] * MAX_FAILURES
    wait = limit.failed("ana", "1", MAX_FAILURES)
    assert wait == WINDOW_SECONDS - MAX_FAILURES
    assert limit.failed("ana", "2", MAX_FAILURES) is None
    assert limit.failed("bob", "1", MAX_FAILURES) is None
    assert limit.failed("ana", "1", MAX_FAILURES + WINDOW_SECONDS) is None
