"""The look-up of profiles: what names one, what is said when nothing does, and what is authorised when."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput, NotFound, PermissionDenied
from scouter.postgres.tables.entities import SERVICE, Entity, EntityKey, EntityName
from scouter.profiles.lookup import LookUp, ProfileRef, find, find_if_any, find_service, spaces

SCOUTER = Path(__file__).parents[2] / "scouter"
STORED = Entity(1, "the-uid", "s", "m", "0.1.0", "Spc")
THE_SERVICE = Entity(2, "its-uid", "s", "m", "0.1.0", SERVICE)
READER = Caller("ron", frozenset({"read:s"}), frozenset())
OUTSIDER = Caller("eve", frozenset({"read:other"}), frozenset())


THERE: dict[EntityKey, Entity] = {
    "the-uid": STORED,
    "its-uid": THE_SERVICE,
    EntityName("s", "m", "0.1.0", "Spc"): STORED,
    EntityName("s", "m", "0.1.0", SERVICE): THE_SERVICE,
}
look_up: LookUp = THERE.get


BY_NAMES = ProfileRef(None, "s", "m", "0.1.0", "Spc")


@pytest.mark.parametrize("ref", [ProfileRef("the-uid"), BY_NAMES, ProfileRef(None, "s", "m", "0.1.0", only="Spc")])
def test_a_uid_or_all_names_name_a_profile(ref: ProfileRef) -> None:
    assert find(ref, "read", READER, look_up) is STORED


@pytest.mark.parametrize(
    ("ref", "accepted"),
    [
        (ProfileRef(), "a profile's uid, or space, name, version and drift_type together"),
        (ProfileRef(None, "s", "m", "0.1.0"), "a profile's uid, or space, name, version and drift_type together"),
        (ProfileRef(None, "s", "m", None, only="Spc"), "a profile's uid, or space, name and version together"),
    ],
)
def test_what_is_missing_is_said(ref: ProfileRef, accepted: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        find(ref, "read", READER, look_up)
    assert (refused.value.field, refused.value.accepted) == ("uid", accepted)


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        (ProfileRef("nope"), "there is no profile 'nope'"),
        (ProfileRef("x" * 300), f"there is no profile '{'x' * 200}'"),
        (ProfileRef("the-uid", only="Psi"), "there is no Psi profile 'the-uid'"),
        (ProfileRef(None, "s", "n", "0.1.0", "Spc"), "there is no Spc profile 's/n 0.1.0'"),
    ],
)
def test_what_is_not_there_is_said_in_one_way(ref: ProfileRef, said: str) -> None:
    assert find_if_any(ref, "read", READER, look_up) is None
    with pytest.raises(NotFound) as refused:
        find(ref, "read", READER, look_up)
    assert refused.value.message == said


@pytest.mark.parametrize("ref", [BY_NAMES, ProfileRef("the-uid", "s"), ProfileRef(None, "s")])
def test_a_named_space_is_authorised_before_anything_is_looked_up(ref: ProfileRef) -> None:
    def nobody_asks(key: EntityKey) -> Entity | None:
        raise AssertionError(key)

    for look in (find, find_if_any, find_service):
        with pytest.raises(PermissionDenied):
            look(ref, "read", OUTSIDER, nobody_asks)


def test_what_a_uid_belongs_to_is_authorised_whatever_space_is_named() -> None:
    for ref in (ProfileRef("the-uid"), ProfileRef("the-uid", "other")):
        for look in (find, find_if_any, find_service):
            with pytest.raises(PermissionDenied):
                look(ref, "read", OUTSIDER, look_up)


def test_the_verb_counts() -> None:
    with pytest.raises(PermissionDenied):
        find(BY_NAMES, "write", READER, look_up)


def test_a_service_is_found_by_its_names_or_by_a_profile_of_its() -> None:
    assert find_service(ProfileRef("the-uid"), "read", READER, look_up) is THE_SERVICE
    assert find_service(ProfileRef(None, "s", "m", "0.1.0"), "read", READER, look_up) is THE_SERVICE
    assert find_service(ProfileRef(None, "s", "n", "0.1.0"), "read", READER, look_up) is None
    with pytest.raises(NotFound):
        find_service(ProfileRef("nope"), "read", READER, look_up)


def test_a_listing_looks_where_the_caller_may() -> None:
    assert spaces("s", "read", READER) == ["s"]
    assert spaces(None, "read", READER) == {"s"}
    assert spaces(None, "read", Caller("root", frozenset({"read:all"}), frozenset())) is None
    with pytest.raises(PermissionDenied):
        spaces("s", "read", OUTSIDER)


@pytest.mark.parametrize("room", ["api", "profiles", "users"])
def test_nobody_else_authorises_a_space_or_looks_a_profile_up(room: str) -> None:
    authorising = re.compile(r"\.require\(|entities\.find\(|\bentity_by_(uid|key)\b")
    found = {
        path.relative_to(SCOUTER) for path in (SCOUTER / room).rglob("*.py") if authorising.search(path.read_text())
    }
    assert found == ({Path("profiles/lookup.py")} if room == "profiles" else set())
