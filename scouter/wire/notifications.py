"""What a team is told: one notification, and where it goes. The outbox keeps both as JSON."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from scouter.wire.profiles import DispatchConfig


class ChannelName(StrEnum):
    """The ways out."""

    console = "console"
    slack = "slack"
    opsgenie = "opsgenie"
    webhook = "webhook"
    email = "email"
    pagerduty = "pagerduty"
    teams = "teams"


class Descriptions(Struct, frozen=True):
    """What was seen, in the layout of each channel (drift.md 5.5). Every other channel gets the console's."""

    console: str
    slack: str
    opsgenie: str


class Notification(Struct, frozen=True):
    """The alerts of one check, as one message.

    `title` says what happened without naming the profile: channels add its name. `alerts` is a JSON list of the
    stored alerts, for programs. `late`: seen only in records that came after their window had been checked. A
    `test` message has no alerts. `url`, where people can look at it, is known to whoever sends it.
    """

    alert_ids: tuple[int, ...]
    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    title: str
    descriptions: Descriptions
    created_at: datetime
    late: bool = False
    test: bool = False
    alerts: Raw = Raw(b"[]")
    url: str | None = None

    @property
    def profile(self) -> str:
        return f"{self.space}/{self.name}/{self.version}"

    @property
    def key(self) -> str:
        """The same at every try, and no other message's: a receiver that has seen it may drop the message."""
        if self.test:
            return f"{self.uid}:test-{self.created_at.isoformat()}"
        return f"{self.uid}:{'-'.join(map(str, self.alert_ids))}"


class Destination(Struct, frozen=True):
    """Where a message goes, without any secret.

    `dispatch`, for the console, Slack and OpsGenie, is what the profile or the policy said at that time. `mail_to` is
    the one address of an e-mail, `service` the operator's name for a service of PagerDuty's or a channel of Teams'. The
    webhook needs nothing.
    """

    channel: ChannelName
    dispatch: DispatchConfig | None = None
    # Left out where they do not apply: what was written before they were known stays as it was, byte for byte.
    mail_to: str | UnsetType = UNSET
    service: str | UnsetType = UNSET


class _AlertConfig(Struct, frozen=True):
    dispatch_config: DispatchConfig


class _Config(Struct, frozen=True):
    alert_config: _AlertConfig


class _AnyProfile(Struct, frozen=True):
    """The part of a profile that all drift types have in common and that matters here."""

    config: _Config


def dispatch_of(document: str) -> DispatchConfig:
    """Where the alerts of a stored profile go."""
    return msgspec.json.decode(document, type=_AnyProfile).config.alert_config.dispatch_config
