"""Which channels a notification takes, and the channel that a server's settings make of each."""

from __future__ import annotations

import logging
from datetime import datetime

from msgspec import structs

from scouter.alerting.channels.console import Console
from scouter.alerting.channels.http_post import Poster
from scouter.alerting.channels.opsgenie import OpsGenie
from scouter.alerting.channels.outcome import Channel, Delivered, DeliveryOutcome, Refused
from scouter.alerting.channels.slack import Slack
from scouter.alerting.channels.webhook import Webhook
from scouter.alerting.links import link_of
from scouter.settings.alerting import AlertingSettings
from scouter.wire.notifications import ChannelName, Destination, Notification
from scouter.wire.profiles import Dispatch, DispatchConfig, OpsGenieDispatch, SlackDispatch

log = logging.getLogger(__name__)


def destinations_of(dispatch_config: DispatchConfig, settings: AlertingSettings) -> list[Destination]:
    """The profile's own channel and, where there is one, the webhook that gets everything."""
    own = Destination(_name_of(dispatch_config.chosen), dispatch_config)
    return [own] if settings.webhook_url is None else [own, Destination(ChannelName.webhook)]


def missing_settings(dispatch_config: DispatchConfig, settings: AlertingSettings) -> str | None:
    """A sentence about what this server lacks for a profile's channel; None: nothing."""
    wanted = _settings_for(dispatch_config.chosen, settings)
    absent = [variable for variable, value in wanted.items() if value is None]
    if not absent:
        return None
    channel = "Slack" if isinstance(dispatch_config.chosen, SlackDispatch) else "OpsGenie"
    verb = "is" if len(absent) == 1 else "are"
    return f"alerts for {channel} are printed on the server's console: {' and '.join(absent)} {verb} not set"


class Channels:
    """The ways out that one server has. Made once; sending is safe from many threads."""

    def __init__(self, settings: AlertingSettings, public_url: str | None = None) -> None:
        """`public_url`: where people reach the pages; without it, messages say nothing of where to look."""
        self._settings = settings
        self._public_url = public_url
        self._has_said_so = False
        self._poster = Poster(settings.timeout_seconds)
        self._console = Console()

    def send(self, destination: Destination, notification: Notification, now: datetime) -> DeliveryOutcome:
        """Send it there. A channel without its settings gives way to the console, and the receipt says so."""
        notification = self._linked(notification)
        if destination.channel is ChannelName.webhook:
            return self._send_webhook(notification, now)
        if destination.dispatch is None:
            return Refused(f"nothing says where in {destination.channel} it should go")
        missing = missing_settings(destination.dispatch, self._settings)
        if missing is None:
            return self._channel(destination.dispatch.chosen).send(notification, now)
        log.warning("alerts of %s: %s", notification.profile, missing)
        return _with_remark(self._console.send(notification, now), missing)

    def _linked(self, notification: Notification) -> Notification:
        if self._public_url is not None:
            return structs.replace(notification, url=link_of(notification, self._public_url))
        if not self._has_said_so:
            self._has_said_so = True
            log.info("messages carry no link to what they are about: SCOUTER_PUBLIC_URL is not set")
        return notification

    def _send_webhook(self, notification: Notification, now: datetime) -> DeliveryOutcome:
        settings = self._settings
        if settings.webhook_url is None:  # it was set where the alert was raised
            return Refused("SCOUTER_WEBHOOK_URL is not set on the server that should have sent it")
        return Webhook(self._poster, settings.webhook_url, settings.webhook_secret).send(notification, now)

    def _channel(self, dispatch: Dispatch) -> Channel:
        settings = self._settings
        if isinstance(dispatch, SlackDispatch):
            url, token = settings.slack_api_url or "", settings.slack_app_token or ""
            return Slack(self._poster, url, token.strip(), dispatch.channel)
        if isinstance(dispatch, OpsGenieDispatch):
            url, key = settings.opsgenie_api_url or "", settings.opsgenie_api_key or ""
            return OpsGenie(self._poster, url, key.strip(), dispatch)
        return self._console


def _name_of(dispatch: Dispatch) -> ChannelName:
    if isinstance(dispatch, SlackDispatch):
        return ChannelName.slack
    return ChannelName.opsgenie if isinstance(dispatch, OpsGenieDispatch) else ChannelName.console


def _settings_for(dispatch: Dispatch, settings: AlertingSettings) -> dict[str, str | None]:
    if isinstance(dispatch, SlackDispatch):
        return {"SLACK_APP_TOKEN": settings.slack_app_token, "SLACK_API_URL": settings.slack_api_url}
    if isinstance(dispatch, OpsGenieDispatch):
        return {"OPSGENIE_API_KEY": settings.opsgenie_api_key, "OPSGENIE_API_URL": settings.opsgenie_api_url}
    return {}


def _with_remark(outcome: DeliveryOutcome, remark: str) -> DeliveryOutcome:
    return Delivered(f"{outcome.receipt}; {remark}") if isinstance(outcome, Delivered) else outcome
