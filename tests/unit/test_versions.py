"""Which version a registration gets."""

from __future__ import annotations

import itertools
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scouter.errors import InvalidInput
from scouter.wire.versions import SemanticVersion, VersionRequest, VersionType, choose_version

# The example list of semver.org, section 11, ascending.
ASCENDING = [
    *("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1"),
    *("1.0.0", "1.9.0", "1.10.0", "2.0.0"),
]


def chosen(version: str | None, existing: list[str], kind: VersionType = VersionType.Minor) -> str:
    return choose_version(VersionRequest(version=version, version_type=kind), existing)


@pytest.mark.parametrize(
    ("version", "existing", "expected"),
    [
        (None, [], "0.1.0"),
        ("*", [], "0.1.0"),
        ("3", [], "3.0.0"),
        ("3.2", [], "3.2.0"),
        ("3.2.1", [], "3.2.1"),
        ("3.*", [], "3.0.0"),
        ("3.2.*", [], "3.2.0"),
        ("~3.2.1", [], "3.2.1"),
        ("^3.2.1", [], "3.2.1"),
        ("1.0.0-rc.1", [], "1.0.0-rc.1"),
        ("1.0.0+build.7", [], "1.0.0+build.7"),
    ],
)
def test_nothing_selected_gives_the_given_version(version: str | None, existing: list[str], expected: str) -> None:
    assert chosen(version, existing) == expected


@pytest.mark.parametrize(
    ("version", "existing", "expected"),
    [
        (None, ["0.1.0"], "0.2.0"),
        (None, ["1.0.0", "0.9.0", "1.2.7"], "1.3.0"),
        (None, ["1.9.0", "1.10.0"], "1.11.0"),
        ("*", ["1.0.0", "2.4.0"], "2.5.0"),
        ("1", ["1.4.0", "2.0.0"], "1.5.0"),
        ("1.*", ["1.4.0", "2.0.0"], "1.5.0"),
        ("1", ["11.0.0"], "1.0.0"),
        ("1.4", ["1.4.0", "1.4.2", "1.5.0"], "1.6.0"),
        ("1.4.*", ["1.4.0", "1.40.0"], "1.5.0"),
        ("1.0.0", ["1.0.0"], "1.1.0"),
        ("1.0.0", ["1.0.0-rc.1"], "1.0.0"),
        ("1.0.0", ["2.0.0"], "1.0.0"),
    ],
)
def test_the_highest_selected_version_is_bumped(version: str | None, existing: list[str], expected: str) -> None:
    assert chosen(version, existing) == expected


@pytest.mark.parametrize(
    ("version", "selected", "others"),
    [
        ("~1.2.3", ["1.2.3", "1.2.9"], ["1.2.2", "1.3.0", "2.2.3"]),
        ("^1.2.3", ["1.2.3", "1.2.9", "1.9.0"], ["1.2.2", "0.9.0", "2.0.0"]),
        ("^0.2.3", ["0.2.3", "0.2.9"], ["0.2.2", "0.3.0", "1.0.0"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4", "0.1.0", "0.0.2"]),
    ],
)
def test_tilde_and_caret_select_as_in_npm_and_cargo(version: str, selected: list[str], others: list[str]) -> None:
    initial = version[1:]
    for existing in selected:
        assert chosen(version, [existing], VersionType.Major) != initial
    for existing in others:
        assert chosen(version, [existing], VersionType.Major) == initial


def test_one_explicit_version_registered_thrice_gives_three_versions() -> None:
    existing: list[str] = []
    for _ in range(3):
        existing.append(chosen("1.0.0", existing))
    assert existing == ["1.0.0", "1.1.0", "1.2.0"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(VersionType.Major, "2.0.0"), (VersionType.Minor, "1.3.0"), (VersionType.Patch, "1.2.4")],
)
def test_each_type_moves_its_own_part_and_drops_tags(kind: VersionType, expected: str) -> None:
    assert chosen(None, ["1.2.3-rc.1+b"], kind) == expected
    assert chosen(None, ["1.2.3"], kind) == expected


@pytest.mark.parametrize(
    ("kind", "pre", "build", "existing", "expected"),
    [
        (VersionType.Pre, "rc.1", None, ["1.1.0"], "1.1.0-rc.1"),
        (VersionType.Pre, "rc.1", None, ["1.1.0-rc.1"], "1.1.0-rc.2"),
        (VersionType.Pre, "rc.1", None, ["1.1.0", "1.1.0-rc.1", "1.1.0-rc.2"], "1.1.0-rc.3"),
        (VersionType.Pre, "rc", None, ["1.1.0", "1.1.0-rc"], "1.1.0-rc.1"),
        (VersionType.Pre, "1", None, ["1.1.0", "1.1.0-1", "1.1.0-2"], "1.1.0-3"),
        (VersionType.Build, None, "7", ["1.1.0"], "1.1.0+7"),
        (VersionType.Build, None, "7", ["1.1.0", "1.1.0+7"], "1.1.0+8"),
        (VersionType.Build, None, "sha.af", ["1.1.0-rc.1"], "1.1.0-rc.1+sha.af"),
        (VersionType.PreBuild, "rc.1", "b", ["1.1.0"], "1.1.0-rc.1+b"),
        (VersionType.PreBuild, "rc.1", "b", ["1.1.0", "1.1.0-rc.1+b"], "1.1.0-rc.2+b"),
    ],
)
def test_tags_are_put_on_and_counted_up(
    kind: VersionType, pre: str | None, build: str | None, existing: list[str], expected: str
) -> None:
    request = VersionRequest(version_type=kind, pre_tag=pre, build_tag=build)
    assert choose_version(request, existing) == expected


@pytest.mark.parametrize("tag", [None, "", "rc 1", "rc..1", "01", "ü", "a" * 500])
def test_a_bad_tag_is_refused_by_name(tag: str | None) -> None:
    with pytest.raises(InvalidInput, match="letters, digits and hyphens") as refused:
        choose_version(VersionRequest(version_type=VersionType.Pre, pre_tag=tag), ["1.0.0"])
    assert refused.value.field == "version_request.pre_tag"


@pytest.mark.parametrize(
    "version",
    [
        *("", "v1.0.0", "1.0.0.0", "01.0.0", "1.02", "1.0.0-", "1.0.0-01", "latest", " 1.0.0", "1.0.0\n", "-1"),
        *("~1.2", "^1", "~~1.0.0", ">=1.0.0", "*.*", "1.*.*", "9" * 30, "1.0.0-" + "a" * 300, "1.0.0+ü", "١.0.0"),
    ],
)
def test_a_bad_version_is_refused_with_what_is_accepted(version: str) -> None:
    with pytest.raises(InvalidInput, match=r"X\.Y\.Z") as refused:
        chosen(version, ["1.0.0"])
    assert refused.value.field == "version_request.version"


def test_existing_texts_that_are_no_versions_are_ignored() -> None:
    assert chosen(None, ["latest", "", "1", "v2.0.0", "0.3.0", "9" * 5000 + ".0.0"]) == "0.4.0"


def test_versions_order_as_in_the_example_of_the_standard() -> None:
    shuffled = random.Random(7).sample(ASCENDING, len(ASCENDING))
    versions = [version for text in shuffled if (version := SemanticVersion.parse(text)) is not None]
    assert [str(version) for version in sorted(versions, key=lambda each: each.precedence)] == ASCENDING


def test_the_request_of_a_client_decodes() -> None:
    body = b'{"version": null, "version_type": "Minor", "pre_tag": null, "build_tag": null}'
    assert msgspec.json.decode(body, type=VersionRequest) == VersionRequest()


SMALL = st.integers(0, 3)
TAGS = st.sampled_from(["", "-rc", "-rc.1", "-1", "-2", "-rc.beta", "+1", "+007", "-rc.1+b", "+b.2"])
VERSIONS = st.tuples(SMALL, SMALL, SMALL, TAGS).map(lambda v: f"{v[0]}.{v[1]}.{v[2]}{v[3]}")
SELECTORS = VERSIONS | st.sampled_from(["*", "0", "1", "1.*", "0.1", "2.3.*", "~0.1.2", "^0.1.2", "^1.0.0", "^0.0.1"])


@settings(max_examples=400, deadline=None)
@given(
    st.none() | SELECTORS,
    st.sampled_from(VersionType),
    st.sampled_from(["rc", "rc.1", "1", "rc.beta"]),
    st.sampled_from(["1", "007", "b", "b.2"]),
    st.lists(VERSIONS, max_size=40),
)
def test_the_chosen_version_is_always_new_and_valid(
    version: str | None, kind: VersionType, pre: str, build: str, existing: list[str]
) -> None:
    request = VersionRequest(version=version, version_type=kind, pre_tag=pre, build_tag=build)
    taken = list(existing)
    for _ in itertools.repeat(None, 4):
        taken.append(choose_version(request, taken))
        assert SemanticVersion.parse(taken[-1]) is not None
        assert taken[-1] not in taken[:-1]
