"""What people did about it: who works here, and which alerts somebody has looked at already."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from scouter.auth.permissions import Caller
from scouter.demonstration.company import CHURN, CREDIT, SEARCH
from scouter.demonstration.models import Watched
from scouter.postgres.statements import Connection
from scouter.profiles.acknowledgement import acknowledge
from scouter.profiles.silences import make_silence
from scouter.users.accounts import NewUser, make_user
from scouter.wire.open_alerts import AcknowledgeRequest
from scouter.wire.silences import MatcherItem, SilenceRequest

_DAY = timedelta(days=1)

_PEOPLE = {"ada": ("read:all", "write:shop"), "ben": ("read:all", "write:risk")}


@dataclass(frozen=True, slots=True)
class _Acknowledgement:
    model: Watched
    feature: str
    by: str
    days_ago: float
    note: str


@dataclass(frozen=True, slots=True)
class _Silence:
    model: Watched
    feature: str
    by: str
    ends_in: timedelta
    why: str


_ACKNOWLEDGED = (
    _Acknowledgement(CREDIT, "debt_ratio", "ben", 20.4, "A batch job sent shares as per cent. Mended on Tuesday."),
    _Acknowledgement(CHURN, "calls_to_support", "ada", 16.6, "The letter about new prices: people called. Expected."),
    _Acknowledgement(SEARCH, "click_rate", "ada", 9.7, "The index was built anew over two nights."),
    _Acknowledgement(SEARCH, "empty_results", "ada", 9.7, "The index was built anew over two nights."),
)


_SILENCED = (
    _Silence(CREDIT, "employment", "ben", timedelta(days=5), "The form has a new list of employments since this week."),
)


def hire(connection: Connection) -> dict[str, Caller]:
    """Those who work here, by name. Nobody signs in as one of them: their passwords are known to nobody."""
    for name, permissions in _PEOPLE.items():
        password = secrets.token_urlsafe(24)
        make_user(connection, NewUser(name, password, f"{name}@shop.example", permissions=permissions))
    return {name: Caller(name, frozenset(permissions), frozenset()) for name, permissions in _PEOPLE.items()}


def acknowledge_past(
    connection: Connection, people: Mapping[str, Caller], uids: Mapping[Watched, str], now: datetime
) -> None:
    for each in _ACKNOWLEDGED:
        at = now - each.days_ago * _DAY
        what = AcknowledgeRequest(uid=uids[each.model], feature=each.feature, until=at, note=each.note)
        acknowledge(connection, people[each.by], what, at)


def silence_some(connection: Connection, people: Mapping[str, Caller], now: datetime) -> None:
    """What is known, and need not be told for some days."""
    for each in _SILENCED:
        matchers = [
            MatcherItem("space", "=", each.model.space),
            MatcherItem("name", "=", each.model.name),
            MatcherItem("subject", "=", each.feature),
        ]
        make_silence(connection, people[each.by], SilenceRequest(matchers, now + each.ends_in, each.why))
