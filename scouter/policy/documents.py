"""Policy documents: JSON objects of the keys that somebody set for the server, a space or a profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from scouter.errors import InvalidInput, SeveralInvalid
from scouter.policy.keys import KEYS

FEATURES = "features"
MOST_FEATURES = 10_000
_LONGEST_NAME = 1024


class Level(StrEnum):
    """What a document is for; the later, the more specific."""

    server = "server"
    space = "space"
    profile = "profile"


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """The values that are set, as `Policy` has them, by key; and those of single features."""

    values: Mapping[str, object] = field(default_factory=dict)
    features: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


NOTHING_SET = PolicyDocument()


def read_policy(sent: object, level: Level) -> PolicyDocument:
    """From JSON. Raises `InvalidInput` with key, value and what is accepted; of several, all are named."""
    if not isinstance(sent, Mapping):
        raise InvalidInput("policy", sent, "a JSON object")
    problems: list[InvalidInput] = []
    values = _values(sent, [*KEYS, *([FEATURES] if level is Level.profile else [])], "", problems)
    features = _features(sent, level, problems)
    _raise(problems)
    return PolicyDocument(values, features)


def write_policy(document: PolicyDocument) -> dict[str, object]:
    """As JSON; read again it is the same."""
    written = {key: KEYS[key].write(value) for key, value in document.values.items()}
    if document.features:
        written[FEATURES] = {
            name: {key: KEYS[key].write(value) for key, value in own.items()} for name, own in document.features.items()
        }
    return written


def _values(
    sent: Mapping[str, object], accepted: list[str], path: str, problems: list[InvalidInput]
) -> dict[str, object]:
    values: dict[str, object] = {}
    for key, said in sent.items():
        if key not in accepted:
            problems.append(InvalidInput(f"{path}{key}", said, f"one of the keys {', '.join(accepted)}"))
        elif key != FEATURES:
            try:
                values[key] = KEYS[key].read(said)
            except ValueError as problem:
                problems.append(InvalidInput(f"{path}{key}", said, str(problem)))
    return values


def _features(
    sent: Mapping[str, object], level: Level, problems: list[InvalidInput]
) -> dict[str, Mapping[str, object]]:
    said = sent.get(FEATURES, {})
    if level is not Level.profile:
        return {}
    if not isinstance(said, Mapping) or len(said) > MOST_FEATURES:
        problems.append(InvalidInput(FEATURES, said, f"an object of at most {MOST_FEATURES} features, by their names"))
        return {}
    accepted = [key for key in KEYS if KEYS[key].by_feature]
    found: dict[str, Mapping[str, object]] = {}
    for name, own in said.items():
        if not isinstance(own, Mapping) or not 1 <= len(name) <= _LONGEST_NAME:
            problems.append(InvalidInput(f"{FEATURES}.{name}", own, "an object of keys"))
        else:
            found[name] = _values(own, accepted, f"{FEATURES}.{name}.", problems)
    return found


def _raise(problems: list[InvalidInput]) -> None:
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise SeveralInvalid(problems)
