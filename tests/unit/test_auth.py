"""Passwords, tokens and permissions."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from scouter.auth.passwords import PasswordChecks, hash_of_nothing, hash_password, verify_password
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


def test_a_token_of_a_clock_that_was_ahead_is_no_good_when_it_is_right_again() -> None:
    """It would live for as long as the clock was ahead, and outlive whatever ends tokens after an hour."""
    tokens = Tokens(KEY)
    assert tokens.read(tokens.issue("ana", 7, [], [], datetime.now(UTC) + timedelta(minutes=4)))
    assert tokens.read(tokens.issue("ana", 7, [], [], datetime.now(UTC) + timedelta(hours=24))) is None


def test_a_token_that_was_issued_for_another_use_is_not_taken() -> None:
    """What other ways in will issue under the same key: pages, or a stream of messages."""
    claims = {"sub": "ana", "exp": int(time.time()) + 60, "cred": 7}
    tokens = Tokens(KEY)
    for use in ("page", "grpc", "", 1, ["page"]):
        assert tokens.read(jwt.encode({**claims, "use": use}, KEY)) is None, use
    page = jwt.encode({**claims, "use": "page"}, KEY)
    assert tokens.read(page, ("page",)) is not None
    assert tokens.read(jwt.encode(claims, KEY), ("page",)) is None


def test_a_token_is_known_for_genuine_after_its_end_and_under_one_key() -> None:
    tokens = Tokens(KEY)
    old = tokens.issue("ana", 7, [], [], datetime.now(UTC) - timedelta(days=30))
    assert tokens.read(old) is None
    assert tokens.is_genuine(old)
    assert not Tokens("other" * 8).is_genuine(old)
    assert not tokens.is_genuine("nonsense")
    assert not tokens.is_genuine(jwt.encode({"sub": "ana"}, "", algorithm="none"))


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


def test_what_is_compared_for_nobody_costs_as_much_as_a_hash_and_fits_nothing() -> None:
    kind, version, cost = hash_password("password").split("$")[1:4]
    nothing = hash_of_nothing()
    assert nothing.split("$")[1:4] == [kind, version, cost]
    assert [len(part) for part in nothing.split("$")] == [len(part) for part in hash_password("password").split("$")]
    assert not verify_password("password", nothing)
