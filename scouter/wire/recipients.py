"""Whom messages about problems go to: the key `to` of a policy, a list of recipients.

A recipient names a way and a place, never a secret: PagerDuty's keys and Teams' addresses are the operator's settings,
and a policy calls them by name.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from scouter.wire.names import END
from scouter.wire.one_key import OneKey
from scouter.wire.profiles import OpsGenieDispatch, SlackDispatch

MAX_RECIPIENTS = 20
MAX_ADDRESSES = 50

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN = rf"{_LABEL}(\.{_LABEL})*"
# What every mail server takes (RFC 5321, 4.1.2, without quoted names): nothing in it needs care in a header.
MAIL_ADDRESS = rf"^{_ATOM}(\.{_ATOM})*@{DOMAIN}{END}"
# What an operator called a service of PagerDuty's or a channel of Teams'.
SERVICE_NAME = rf"^[A-Za-z0-9][A-Za-z0-9_.-]*{END}"

MailAddress: TypeAlias = Annotated[str, Meta(min_length=3, max_length=254, pattern=MAIL_ADDRESS)]
ServiceName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100, pattern=SERVICE_NAME)]


class Recipient(OneKey, frozen=True):
    """One entry of `to`. `profile`: what the profile's own document says; `webhook`: the server's."""

    email: Annotated[tuple[MailAddress, ...], Meta(min_length=1, max_length=MAX_ADDRESSES)] | UnsetType = UNSET
    pagerduty: ServiceName | UnsetType = UNSET
    teams: ServiceName | UnsetType = UNSET
    slack: SlackDispatch | UnsetType = UNSET
    opsgenie: OpsGenieDispatch | UnsetType = UNSET
    webhook: bool | UnsetType = UNSET
    profile: bool | UnsetType = UNSET

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.webhook is False or self.profile is False:
            raise ValueError("true, or no such entry")


Recipients: TypeAlias = Annotated[tuple[Recipient, ...], Meta(min_length=1, max_length=MAX_RECIPIENTS)]

PROFILE = msgspec.convert([{"profile": True}], Recipients)  # where a policy says nothing


def accepted_by_recipients(name: str, _: Any) -> str | None:
    """What a member of `to` takes, where the type alone does not say it well."""
    words = {
        "email": "addresses such as team@example.com",
        "pagerduty": "a name out of SCOUTER_PAGERDUTY_ROUTING_KEYS",
        "teams": "a name out of SCOUTER_TEAMS_WEBHOOKS",
    }
    return words.get(name)
