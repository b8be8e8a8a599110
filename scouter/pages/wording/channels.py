"""Where alerts go, and what became of them there."""

from __future__ import annotations

from scouter.pages.text.numbers import counted
from scouter.pages.text.plain_text import shortened
from scouter.wire.deliveries import DeliveryState, TrialResult
from scouter.wire.notifications import ChannelName
from scouter.wire.profiles import ConsoleDispatch, DispatchConfig, OpsGenieDispatch, SlackDispatch

CHANNELS = {
    ChannelName.console: "the server's log",
    ChannelName.slack: "Slack",
    ChannelName.opsgenie: "OpsGenie",
    ChannelName.webhook: "the webhook",
    ChannelName.email: "e-mail",
    ChannelName.pagerduty: "PagerDuty",
    ChannelName.teams: "Teams",
}
TRIALS = {
    TrialResult.delivered: "delivered",
    TrialResult.retry: "not delivered; an alert would be tried again",
    TrialResult.refused: "refused; an alert would be given up at once",
}


def channel_in_words(channel: str) -> str:
    """`Slack`, `the server's log`; a name that is not known as it is."""
    known = next((each for each in ChannelName if each == channel), None)
    return shortened(channel) if known is None else CHANNELS[known]


def destination_in_words(dispatch: DispatchConfig) -> str:
    """`Slack #drift-shop`, `OpsGenie, team ds-team, P1`: what the profile says. The webhook is the server's own."""
    match dispatch.chosen:
        case SlackDispatch(channel=channel):
            return f"Slack {shortened(channel)}"
        case OpsGenieDispatch(team=team, priority=priority):
            return f"OpsGenie, team {shortened(team)}, {priority}"
        case ConsoleDispatch(enabled=True):
            return CHANNELS[ChannelName.console]
        case ConsoleDispatch():
            return "nowhere: the console is switched off"


def delivery_in_words(channel: str, state: str, attempts: int, when: str, destination: str | None = None) -> str:
    """`sent to Slack 11:01`. `when` is the time of the delivery, of the next try, or of the last one.

    `destination` says more of where it goes, as `destination_in_words`.
    """
    to = destination or channel_in_words(channel)
    match state:
        case DeliveryState.delivered:
            return f"sent to {to} {when}"
        case DeliveryState.pending if attempts:
            return f"not yet with {to}: {counted(attempts, 'try', 'tries')} failed, next {when}"
        case DeliveryState.pending:
            return f"on its way to {to}"
        case DeliveryState.given_up:
            return f"not delivered to {to}: given up after {counted(attempts, 'try', 'tries')}"
        case "replaced":
            return f"not sent to {to}: a later message took its place"
        case _:
            return f"{shortened(state)}: {to}"
