"""Where messages go, as a policy's `to` and `escalate_to` name it. What is secret about it is in the settings alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ACCEPTED = (
    'a list of {"email": ["a@example.com"]}, {"pagerduty": "NAME"}, {"teams": "NAME"}, '
    '{"slack": {"channel": "NAME"}}, {"opsgenie": {"team": "NAME", "priority": "P1" to "P5"}}, {"webhook": true} '
    'and {"profile": true}'
)
MOST = 20
MOST_RECIPIENTS = 50

_PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
_LONGEST_NAME = 200
_ADDRESS = re.compile(r"[^@\s\x00-\x20\x7f<>\",;:\\()\[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class Way(StrEnum):
    """The ways that a policy can choose. `profile`: what the profile's own document says."""

    email = "email"
    pagerduty = "pagerduty"
    teams = "teams"
    slack = "slack"
    opsgenie = "opsgenie"
    webhook = "webhook"
    profile = "profile"


@dataclass(frozen=True, slots=True)
class Addressee:
    """`names`: the recipients of an e-mail, the name that the operator gave a destination, a channel, a team."""

    way: Way
    names: tuple[str, ...] = ()
    priority: str | None = None  # OpsGenie's


PROFILE_ONLY = (Addressee(Way.profile),)


def read_addressees(sent: object) -> tuple[Addressee, ...]:
    """Raises `ValueError` with what is accepted."""
    if not isinstance(sent, list) or not 1 <= len(sent) <= MOST:
        raise ValueError(f"{ACCEPTED}; 1 to {MOST} of them")
    return tuple(_read(each) for each in sent)


def write_addressees(addressees: tuple[Addressee, ...]) -> list[dict[str, object]]:
    return [{each.way.value: _written(each)} for each in addressees]


def _read(sent: object) -> Addressee:
    if not isinstance(sent, Mapping) or len(sent) != 1 or next(iter(sent)) not in list(Way):
        raise ValueError(ACCEPTED)
    way, said = Way(next(iter(sent))), next(iter(sent.values()))
    if way in (Way.webhook, Way.profile):
        if said is not True:
            raise ValueError(f'{{"{way}": true}}')
        return Addressee(way)
    return _READERS[way](way, said)


def _email(way: Way, said: object) -> Addressee:
    words = f'{{"email": [...]}} with 1 to {MOST_RECIPIENTS} addresses such as a@example.com'
    if not isinstance(said, list) or not 1 <= len(said) <= MOST_RECIPIENTS:
        raise ValueError(words)
    addresses = tuple(each for each in said if isinstance(each, str) and _ADDRESS.fullmatch(each))
    if len(addresses) != len(said):
        raise ValueError(words)
    return Addressee(way, addresses)


def _operators(way: Way, said: object) -> Addressee:
    return Addressee(way, (_name(said, f'{{"{way}": "NAME"}}, the name of a destination in the settings'),))


def _slack(way: Way, said: object) -> Addressee:
    words = '{"slack": {"channel": "NAME"}}'
    if not isinstance(said, Mapping) or set(said) != {"channel"}:
        raise ValueError(words)
    return Addressee(way, (_name(said["channel"], words),))


def _opsgenie(way: Way, said: object) -> Addressee:
    words = '{"opsgenie": {"team": "NAME", "priority": "P1" to "P5"}}; without priority it is P3'
    if not isinstance(said, Mapping) or not {"team"} <= set(said) <= {"team", "priority"}:
        raise ValueError(words)
    priority = said.get("priority", "P3")
    if priority not in _PRIORITIES:
        raise ValueError(words)
    return Addressee(way, (_name(said["team"], words),), str(priority))


_READERS = {
    Way.email: _email,
    Way.pagerduty: _operators,
    Way.teams: _operators,
    Way.slack: _slack,
    Way.opsgenie: _opsgenie,
}


def _name(said: object, words: str) -> str:
    if not isinstance(said, str) or not 1 <= len(said) <= _LONGEST_NAME or not said.isprintable():
        raise ValueError(words)
    return said


def _written(addressee: Addressee) -> object:
    if addressee.way in (Way.webhook, Way.profile):
        return True
    if addressee.way is Way.email:
        return list(addressee.names)
    if addressee.way is Way.slack:
        return {"channel": addressee.names[0]}
    if addressee.way is Way.opsgenie:
        return {"team": addressee.names[0], "priority": addressee.priority}
    return addressee.names[0]
