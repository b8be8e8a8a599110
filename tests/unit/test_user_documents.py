"""What a user may be called and granted, recovery codes, and secrets that errors keep to themselves."""

from __future__ import annotations

import msgspec
import pytest

from scouter.auth.recovery_codes import CODES, hash_recovery_code, new_recovery_codes
from scouter.errors import InvalidInput
from scouter.wire.decoding import decode_json
from scouter.wire.users import CreateUserRequest, NewPassword, Password, Permission, Username, accepted_by_users


def fits(text: str, wanted: object) -> bool:
    try:
        msgspec.convert(text, wanted)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", ["a", "ana", "ana maria", "ana@example.com", "jürgen", "a.b", "a" * 200])
def test_usable_names(name: str) -> None:
    assert fits(name, Username)


@pytest.mark.parametrize("name", ["", " a", "a ", "a\n", "\na", "a\x00", "a\x9f", "a/b", ".", "..", ".a", "a" * 201])
def test_names_that_no_path_or_header_can_hold(name: str) -> None:
    assert not fits(name, Username)


@pytest.mark.parametrize("password", ["password", "p w/.   x", "ключ ключ", "p" * 1024])
def test_usable_passwords(password: str) -> None:
    assert fits(password, NewPassword)


def test_a_new_password_has_eight_characters() -> None:
    assert not fits("7 chars", NewPassword)
    assert fits("8 chars!", NewPassword)
    assert fits("p", Password), "one that was made before is asked for as it is"


@pytest.mark.parametrize("password", ["", " p", "p ", "p\n", "p\x00", "a\x1fb", "p" * 1025])
def test_passwords_that_no_header_can_hold(password: str) -> None:
    assert not fits(password, Password)
    assert not fits(password.replace("p", "password"), NewPassword)


@pytest.mark.parametrize("permission", ["read:a", "write:a b", "delete:all", "read:a:b", "read:" + "s" * 200])
def test_usable_permissions(permission: str) -> None:
    assert fits(permission, Permission)


@pytest.mark.parametrize(
    "permission", ["", "read", "read:", "READ:a", "own:a", " read:a", "read:a\n", "read:\x00", "write:" + "s" * 202]
)
def test_permissions_that_mean_nothing(permission: str) -> None:
    assert not fits(permission, Permission)


def test_recovery_codes_differ_and_so_do_their_hashes() -> None:
    codes = new_recovery_codes()
    assert len(codes) == len(set(codes)) == CODES
    assert all(len(code) == 16 and code.isalnum() for code in codes)
    assert len({hash_recovery_code(code) for code in codes}) == CODES
    assert not any(code in hash_recovery_code(code) for code in codes)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"username": "a", "email": "e", "password": 5150}', "(hidden)"),
        (b'["a", "5150"]', "(hidden)"),
        (b'{"username": "a", "password": "password", "email": 5150}', "5150"),
        (b'{"username": "a", "email": "e"}', "an absent field"),
    ],
)
def test_errors_show_what_is_no_secret(body: bytes, shown: str) -> None:
    decoder = msgspec.json.Decoder(CreateUserRequest)
    with pytest.raises(InvalidInput) as refused:
        decode_json(decoder, body, accepted=accepted_by_users, secrets={"password"})
    assert refused.value.value == shown
    assert ("5150" in str(refused.value)) is (shown == "5150")


def test_a_new_password_that_is_too_short_is_told_all_that_is_asked_of_one() -> None:
    decoder = msgspec.json.Decoder(CreateUserRequest)
    raw = b'{"username": "a", "email": "e", "password": "7 chars"}'
    with pytest.raises(InvalidInput) as error:
        decode_json(decoder, raw, accepted=accepted_by_users, secrets={"password"})
    assert "8 to 1024 characters" in error.value.accepted
    assert "7 chars" not in str(error.value)
