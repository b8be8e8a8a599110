"""What a server's settings lack for a destination. Messages for it are printed on the console then, and it is said."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET, UnsetType

from scouter.settings.alerting import AlertingSettings
from scouter.wire.notifications import ChannelName, Destination
from scouter.wire.profiles import Dispatch, DispatchConfig, OpsGenieDispatch, SlackDispatch

_TITLES = {ChannelName.email: "e-mail", ChannelName.pagerduty: "PagerDuty", ChannelName.teams: "Teams"}


def missing_settings(dispatch_config: DispatchConfig, settings: AlertingSettings) -> str | None:
    """A sentence about what this server lacks for a profile's channel; None: nothing."""
    wanted = _settings_for(dispatch_config.chosen, settings)
    absent = [variable for variable, value in wanted.items() if value is None]
    if not absent:
        return None
    channel = "Slack" if isinstance(dispatch_config.chosen, SlackDispatch) else "OpsGenie"
    verb = "is" if len(absent) == 1 else "are"
    return _sentence(f"for {channel}", f"{' and '.join(absent)} {verb} not set")


def missing_for(destination: Destination, settings: AlertingSettings) -> str | None:
    """The same for any destination but the console, where messages about problems are concerned."""
    match destination.channel:
        case ChannelName.email:
            lack = _mail_lack(destination.mail_to, settings)
        case ChannelName.pagerduty:
            lack = _name_lack("SCOUTER_PAGERDUTY_ROUTING_KEYS", settings.pagerduty_routing_keys, destination.service)
        case ChannelName.teams:
            lack = _name_lack("SCOUTER_TEAMS_WEBHOOKS", settings.teams_webhooks, destination.service)
        case ChannelName.webhook:
            return webhook_lack(settings)
        case _:
            return None if destination.dispatch is None else missing_settings(destination.dispatch, settings)
    return lack and _sentence(f"for {_whom(destination)}", lack)


def webhook_lack(settings: AlertingSettings) -> str | None:
    """What keeps messages about problems from the webhook."""
    if settings.webhook_url is None:
        return _sentence("for the webhook", "SCOUTER_WEBHOOK_URL is not set")
    if not settings.webhook_takes_problems:
        return _sentence("about problems for the webhook", "SCOUTER_WEBHOOK_EVENTS is alerts")
    return None


def _sentence(whose: str, lack: str) -> str:
    return f"alerts {whose} are printed on the server's console: {lack}"


def _whom(destination: Destination) -> str:
    name = destination.mail_to if destination.channel is ChannelName.email else destination.service
    return f"{_TITLES[destination.channel]} {name}"


def _mail_lack(address: str | UnsetType, settings: AlertingSettings) -> str | None:
    if settings.smtp_url is None or settings.mail_from is None:
        return "SCOUTER_SMTP_URL and SCOUTER_MAIL_FROM are not set"
    domain = "" if address is UNSET else str(address).rpartition("@")[2].lower()
    if domain in settings.allowed_mail_domains:
        return None
    return f"e-mail may go to {', '.join(settings.allowed_mail_domains)} alone, see SCOUTER_MAIL_DOMAINS"


def _name_lack(variable: str, named: Mapping[str, str] | None, name: str | UnsetType) -> str | None:
    if named is None:
        return f"{variable} is not set"
    return None if name in named else f"{variable} has no such name, only {', '.join(sorted(named))}"


def _settings_for(dispatch: Dispatch, settings: AlertingSettings) -> dict[str, str | None]:
    if isinstance(dispatch, SlackDispatch):
        return {"SLACK_APP_TOKEN": settings.slack_app_token, "SLACK_API_URL": settings.slack_api_url}
    if isinstance(dispatch, OpsGenieDispatch):
        return {"OPSGENIE_API_KEY": settings.opsgenie_api_key, "OPSGENIE_API_URL": settings.opsgenie_api_url}
    return {}
