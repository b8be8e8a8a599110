"""From whom a policy names to where a message goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import UNSET

from scouter.alerting.channels.lacking import missing_for
from scouter.settings.alerting import AlertingSettings
from scouter.wire.notifications import ChannelName, Destination
from scouter.wire.profiles import ConsoleDispatch, Dispatch, DispatchConfig, OpsGenieDispatch, SlackDispatch
from scouter.wire.recipients import PROFILE, Recipient


def recipients_destinations(
    recipients: Iterable[Recipient] | None, own: DispatchConfig, settings: AlertingSettings
) -> list[Destination]:
    """Where messages about a profile's problems go, each destination once.

    `own` is what the profile's document says. `None`: the policy says nothing, so they go there, and to the webhook
    where it takes problems. What a policy names stands in place of both. A destination that this server lacks
    something for is among them: whoever sends there prints on the console and says so.
    """
    if recipients is None:
        webhook = settings.webhook_url is not None and settings.webhook_takes_problems
        recipients = [*PROFILE, *([Recipient(webhook=True)] if webhook else [])]
    return list(dict.fromkeys(each for recipient in recipients for each in _destinations(recipient, own)))


def named_destinations(recipients: Iterable[Recipient]) -> list[Destination]:
    """Those of recipients that name everything themselves, as those of an escalation do."""
    return list(dict.fromkeys(each for recipient in recipients for each in _destinations(recipient, _CONSOLE)))


def missing_destinations(
    recipients: Iterable[Recipient] | None, own: DispatchConfig | None, settings: AlertingSettings
) -> list[str]:
    """A sentence for each destination that this server lacks something for.

    For a policy that is being set there is no one profile: `own` is None, and what profiles say is not looked at.
    """
    named = [each for each in (PROFILE if recipients is None else recipients) if own or each.profile is UNSET]
    return [
        sentence
        for destination in recipients_destinations(named, own or _CONSOLE, settings)
        if (sentence := missing_for(destination, settings)) is not None
    ]


def channel_of(dispatch: Dispatch) -> ChannelName:
    if isinstance(dispatch, SlackDispatch):
        return ChannelName.slack
    return ChannelName.opsgenie if isinstance(dispatch, OpsGenieDispatch) else ChannelName.console


_CONSOLE = DispatchConfig(console=ConsoleDispatch(enabled=True))


def _destinations(recipient: Recipient, own: DispatchConfig) -> Iterator[Destination]:
    """An e-mail for each address: one that its server refuses keeps nobody else from being told."""
    if recipient.email is not UNSET:
        yield from (Destination(ChannelName.email, mail_to=address) for address in recipient.email)
    elif recipient.pagerduty is not UNSET:
        yield Destination(ChannelName.pagerduty, service=recipient.pagerduty)
    elif recipient.teams is not UNSET:
        yield Destination(ChannelName.teams, service=recipient.teams)
    elif recipient.slack is not UNSET:
        yield Destination(ChannelName.slack, DispatchConfig(slack=recipient.slack))
    elif recipient.opsgenie is not UNSET:
        yield Destination(ChannelName.opsgenie, DispatchConfig(ops_genie=recipient.opsgenie))
    elif recipient.webhook is not UNSET:
        yield Destination(ChannelName.webhook)
    else:
        yield Destination(channel_of(own.chosen), own)
