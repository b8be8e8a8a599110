"""Versions of profiles: semantic versions (semver.org, 2.0.0) and which one a registration gets.

The request selects among the versions that exist, the highest selected one is bumped, and what comes out is always new
(`http.md` 3.5, "Version choice").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec

from scouter.errors import InvalidInput

_ACCEPTED = "null, 'X', 'X.Y', 'X.Y.Z', '*', 'X.*', 'X.Y.*', '~X.Y.Z' or '^X.Y.Z' (semver 2.0.0, no leading zeros)"
_ACCEPTED_TAG = "identifiers of letters, digits and hyphens, separated by dots, such as 'rc.1'"
_LONGEST_TEXT = 256

_NUMBER = r"(?:0|[1-9][0-9]{0,17})"
_PRE_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_BUILD_IDENTIFIER = r"[0-9A-Za-z-]+"
_PRE = re.compile(rf"{_PRE_IDENTIFIER}(?:\.{_PRE_IDENTIFIER})*")
_BUILD = re.compile(rf"{_BUILD_IDENTIFIER}(?:\.{_BUILD_IDENTIFIER})*")
_VERSION = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PRE.pattern}))?(?:\+({_BUILD.pattern}))?",
)
_LINE = re.compile(rf"({_NUMBER})(?:\.({_NUMBER}))?(?:\.\*)?")


class VersionType(StrEnum):
    """Which part of the highest selected version a registration moves."""

    Major = "Major"
    Minor = "Minor"
    Patch = "Patch"
    Pre = "Pre"
    Build = "Build"
    PreBuild = "PreBuild"


class VersionRequest(msgspec.Struct, frozen=True):
    """What a client asks for. The clients always send Minor and no tags; `version` is null for their default 0.0.0."""

    version: str | None = None
    version_type: VersionType = VersionType.Minor
    pre_tag: str | None = None
    build_tag: str | None = None


@dataclass(frozen=True)
class SemanticVersion:
    """One version. `pre` and `build` are without their leading `-` and `+`, empty when absent."""

    major: int
    minor: int
    patch: int
    pre: str = ""
    build: str = ""

    @staticmethod
    def parse(text: str) -> SemanticVersion | None:
        """The version that `text` spells, None when it is not a semantic version."""
        match = _VERSION.fullmatch(text) if len(text) <= _LONGEST_TEXT else None
        if match is None:
            return None
        major, minor, patch, pre, build = match.groups()
        return SemanticVersion(int(major), int(minor), int(patch), pre or "", build or "")

    @property
    def precedence(self) -> tuple[object, ...]:
        """A sort key: semver section 11, and the build identifiers last so that the order is total."""
        return (self.major, self.minor, self.patch, not self.pre, _ranks(self.pre), _ranks(self.build))

    def __str__(self) -> str:
        core = f"{self.major}.{self.minor}.{self.patch}"
        return core + (f"-{self.pre}" if self.pre else "") + (f"+{self.build}" if self.build else "")


def choose_version(request: VersionRequest, existing: Sequence[str]) -> str:
    """The version of a new registration, never one of `existing` (the versions of the same space, name and drift type).

    Existing strings that are no semantic versions are ignored. `InvalidInput` when the requested version or a tag
    cannot be used.
    """
    known = {version for text in existing if (version := SemanticVersion.parse(text)) is not None}
    selects, initial = _selection(request.version)
    bump = _bumper(request)
    chosen = max(filter(selects, known), key=lambda version: version.precedence, default=None)
    if chosen is None:
        return str(initial)
    # A bumped version can exist already: 1.0.0 asked for a third time selects 1.0.0, and 1.1.0 is taken.
    while chosen in known:
        chosen = bump(chosen)
    return str(chosen)


_Selects = Callable[[SemanticVersion], bool]
_Bump = Callable[[SemanticVersion], SemanticVersion]


def _selection(requested: str | None) -> tuple[_Selects, SemanticVersion]:
    """Which versions a request selects, and the version to start with when there is none."""
    if requested is None or requested == "*":
        return (lambda _: True), SemanticVersion(0, 1, 0)
    line = _LINE.fullmatch(requested) if len(requested) <= _LONGEST_TEXT else None
    if line is not None:
        return _line_selection(int(line[1]), None if line[2] is None else int(line[2]))
    operator = requested[:1] if requested[:1] in ("~", "^") else ""
    given = SemanticVersion.parse(requested.removeprefix(operator))
    if given is None:
        raise InvalidInput("version_request.version", requested, _ACCEPTED)
    return _operator_selection(operator, given), given


def _line_selection(major: int, minor: int | None) -> tuple[_Selects, SemanticVersion]:
    initial = SemanticVersion(major, minor or 0, 0)
    if minor is None:
        return (lambda version: version.major == major), initial
    return (lambda version: (version.major, version.minor) == (major, minor)), initial


def _operator_selection(operator: str, given: SemanticVersion) -> _Selects:
    if not operator:
        return lambda version: version == given
    fixed = 2 if operator == "~" else _caret_fixed_parts(given)

    def selects(version: SemanticVersion) -> bool:
        return _core(version)[:fixed] == _core(given)[:fixed] and _not_below(version, given)

    return selects


def _caret_fixed_parts(given: SemanticVersion) -> int:
    """A caret fixes everything up to the first part that is not zero, as in npm and Cargo."""
    if given.major:
        return 1
    return 2 if given.minor else 3


def _core(version: SemanticVersion) -> tuple[int, int, int]:
    return version.major, version.minor, version.patch


def _not_below(version: SemanticVersion, given: SemanticVersion) -> bool:
    # Build metadata says nothing about order (semver 10), so 1.2.3 is not below 1.2.3+7.
    return replace(version, build="").precedence >= replace(given, build="").precedence


def _bumper(request: VersionRequest) -> _Bump:
    match request.version_type:
        case VersionType.Major:
            return lambda version: SemanticVersion(version.major + 1, 0, 0)
        case VersionType.Minor:
            return lambda version: SemanticVersion(version.major, version.minor + 1, 0)
        case VersionType.Patch:
            return lambda version: SemanticVersion(version.major, version.minor, version.patch + 1)
        case _:
            return _tagger(request)


def _tagger(request: VersionRequest) -> _Bump:
    """Puts the requested tags on; a version that has them already gets the next number in its last tag."""
    kind = request.version_type
    pre = "" if kind is VersionType.Build else _tag("pre_tag", request.pre_tag, _PRE)
    build = "" if kind is VersionType.Pre else _tag("build_tag", request.build_tag, _BUILD)

    def bump(version: SemanticVersion) -> SemanticVersion:
        if kind is VersionType.Build:
            return replace(version, build=_next_tag(version.build, build))
        return replace(version, pre=_next_tag(version.pre, pre), build=build)

    return bump


def _tag(field: str, tag: str | None, pattern: re.Pattern[str]) -> str:
    if tag is None or len(tag) > _LONGEST_TEXT // 4 or pattern.fullmatch(tag) is None:
        raise InvalidInput(f"version_request.{field}", tag, _ACCEPTED_TAG)
    return tag


def _next_tag(current: str, wanted: str) -> str:
    """`wanted`, or when `current` belongs to its series the next in it: rc, rc.1, rc.2; rc.1, rc.2."""
    if current != wanted and not _in_series(current, wanted):
        return wanted
    head, dot, last = current.rpartition(".")
    return f"{head}{dot}{int(last) + 1}" if last.isdigit() else f"{current}.1"


def _in_series(current: str, wanted: str) -> bool:
    head, _, last = wanted.rpartition(".")
    if not last.isdigit():
        return current.startswith(f"{wanted}.")
    return current.startswith(f"{head}.") if head else current.isdigit()


def _ranks(identifiers: str) -> tuple[tuple[int, int, str], ...]:
    """Numbers rank below words and compare as numbers; a longer list of equal beginnings ranks higher."""
    if not identifiers:
        return ()
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in identifiers.split("."))
