"""Which channels a notification takes, and the channel that a server's settings make of each destination."""

from __future__ import annotations

import logging
from datetime import datetime

from msgspec import UNSET

from scouter.alerting.channels.console import Console
from scouter.alerting.channels.http_post import Poster
from scouter.alerting.channels.lacking import missing_for, webhook_lack
from scouter.alerting.channels.mail import Mail
from scouter.alerting.channels.opsgenie import OpsGenie
from scouter.alerting.channels.outcome import Channel, Delivered, DeliveryOutcome, Refused
from scouter.alerting.channels.pagerduty import PagerDuty
from scouter.alerting.channels.recipients import channel_of
from scouter.alerting.channels.slack import Slack
from scouter.alerting.channels.smtp import MailServer
from scouter.alerting.channels.teams import Teams
from scouter.alerting.channels.webhook import Webhook
from scouter.alerting.links import linked, linked_problems
from scouter.settings.alerting import AlertingSettings
from scouter.wire.notifications import ChannelName, Destination, Notification
from scouter.wire.problem_messages import ProblemMessage
from scouter.wire.profiles import Dispatch, DispatchConfig, OpsGenieDispatch, SlackDispatch

log = logging.getLogger(__name__)


def destinations_of(dispatch_config: DispatchConfig, settings: AlertingSettings) -> list[Destination]:
    """The profile's own channel and, where there is one that takes alerts, the webhook that gets everything."""
    own = Destination(channel_of(dispatch_config.chosen), dispatch_config)
    is_told = settings.webhook_url is not None and settings.webhook_takes_alerts
    return [own, Destination(ChannelName.webhook)] if is_told else [own]


class Channels:
    """The ways out that one server has. Made once; sending is safe from many threads."""

    def __init__(self, settings: AlertingSettings, public_url: str | None = None) -> None:
        """`public_url`: where people reach the pages; without it, messages say nothing of where to look."""
        self._settings = settings
        self._public_url = public_url
        self._has_said_so = False
        self._poster = Poster(settings.timeout_seconds)
        self._console = Console()

    def send(self, destination: Destination, message: Notification | ProblemMessage, now: datetime) -> DeliveryOutcome:
        """Send it there. A channel without its settings gives way to the console, and the receipt says so."""
        message = self._linked(message)
        refusal = self._refusal(destination, message)
        if refusal is not None:
            return refusal
        missing = self._missing(destination, message)
        if missing is None:
            return _send(self._channel(destination), message, now)
        log.warning("alerts of %s: %s", _subject_of(message), missing)
        return _with_remark(_send(self._console, message, now), missing)

    def _linked(self, message: Notification | ProblemMessage) -> Notification | ProblemMessage:
        if self._public_url is not None:
            if isinstance(message, ProblemMessage):
                return linked_problems(message, self._public_url)
            return linked(message, self._public_url)
        if not self._has_said_so:
            self._has_said_so = True
            log.info("messages carry no link to what they are about: SCOUTER_PUBLIC_URL is not set")
        return message

    def _refusal(self, destination: Destination, message: Notification | ProblemMessage) -> Refused | None:
        """For what should not lie in the outbox of this server."""
        if destination.channel is ChannelName.webhook and not isinstance(message, ProblemMessage):
            if self._settings.webhook_url is None:  # it was set where the alert was raised
                return Refused("SCOUTER_WEBHOOK_URL is not set on the server that should have sent it")
        elif destination.channel in _DISPATCHED and destination.dispatch is None:
            return Refused(f"nothing says where in {destination.channel} it should go")
        return None

    def _missing(self, destination: Destination, message: Notification | ProblemMessage) -> str | None:
        if destination.channel is ChannelName.webhook:
            return webhook_lack(self._settings) if isinstance(message, ProblemMessage) else None
        return missing_for(destination, self._settings)

    def _channel(self, destination: Destination) -> Channel:
        """For a destination that nothing is missing for."""
        settings = self._settings
        match destination.channel:
            case ChannelName.webhook:
                return Webhook(self._poster, settings.webhook_url or "", settings.webhook_secret)
            case ChannelName.email:
                return self._mail("" if destination.mail_to is UNSET else destination.mail_to)
            case ChannelName.pagerduty:
                key = (settings.pagerduty_routing_keys or {})[_name_of(destination)]
                return PagerDuty(self._poster, settings.pagerduty_url, key)
            case ChannelName.teams:
                return Teams(self._poster, (settings.teams_webhooks or {})[_name_of(destination)])
            case _:
                return self._console if destination.dispatch is None else self._own(destination.dispatch.chosen)

    def _own(self, dispatch: Dispatch) -> Channel:
        settings = self._settings
        if isinstance(dispatch, SlackDispatch):
            url, token = settings.slack_api_url or "", settings.slack_app_token or ""
            return Slack(self._poster, url, token.strip(), dispatch.channel)
        if isinstance(dispatch, OpsGenieDispatch):
            url, key = settings.opsgenie_api_url or "", settings.opsgenie_api_key or ""
            return OpsGenie(self._poster, url, key.strip(), dispatch)
        return self._console

    def _mail(self, recipient: str) -> Mail:
        settings = self._settings
        server = MailServer(
            settings.smtp_url or "", settings.smtp_username, settings.smtp_password, settings.smtp_plain
        )
        return Mail(server, settings.mail_from or "", recipient, settings.timeout_seconds)


_DISPATCHED = frozenset({ChannelName.console, ChannelName.slack, ChannelName.opsgenie})


def _send(channel: Channel, message: Notification | ProblemMessage, now: datetime) -> DeliveryOutcome:
    if isinstance(message, ProblemMessage):
        return channel.send_problems(message, now)
    return channel.send(message, now)


def _name_of(destination: Destination) -> str:
    return "" if destination.service is UNSET else destination.service


def _subject_of(message: Notification | ProblemMessage) -> str:
    return ", ".join(message.profiles) if isinstance(message, ProblemMessage) else message.profile


def _with_remark(outcome: DeliveryOutcome, remark: str) -> DeliveryOutcome:
    return Delivered(f"{outcome.receipt}; {remark}") if isinstance(outcome, Delivered) else outcome
