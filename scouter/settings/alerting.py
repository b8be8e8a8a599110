"""Channels, and how persistently alerts are delivered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from scouter.settings import parsers as values
from scouter.settings.setting import setting


@dataclass(frozen=True, slots=True)
class AlertingSettings:
    title: ClassVar[str] = "Checks and alerts"

    slack_app_token: str | None = setting("SLACK_APP_TOKEN", None, values.secret, "Slack token; with SLACK_API_URL.")
    slack_api_url: str | None = setting("SLACK_API_URL", None, values.http_url, "Slack, usually https://slack.com/api.")
    opsgenie_api_key: str | None = setting(
        "OPSGENIE_API_KEY", None, values.secret, "OpsGenie key; with OPSGENIE_API_URL."
    )
    opsgenie_api_url: str | None = setting(
        "OPSGENIE_API_URL", None, values.http_url, "OpsGenie's alerts address, as given."
    )
    webhook_url: str | None = setting("SCOUTER_WEBHOOK_URL", None, values.secret_url, "Receives every alert as JSON.")
    webhook_secret: str | None = setting(
        "SCOUTER_WEBHOOK_SECRET", None, values.secret, "Key of the signature that the webhook's messages carry."
    )
    timeout_seconds: float = setting(
        "SCOUTER_ALERT_TIMEOUT_SECONDS",
        10.0,
        values.seconds(0.1, 300),
        "How long a service may take to answer an alert.",
    )
    workers: int = setting(
        "SCOUTER_DELIVERY_WORKERS",
        4,
        values.integer(0, 100),
        "Threads that deliver alerts, shared out evenly between the four channels; 0: this server delivers none.",
    )
    attempts: int = setting(
        "SCOUTER_DELIVERY_ATTEMPTS",
        10,
        values.integer(1, 100),
        "Tries after which an alert that cannot be delivered is given up, and counted.",
    )
    max_age_hours: int = setting(
        "SCOUTER_DELIVERY_MAX_AGE_HOURS", 24, values.integer(1, 8760), "Age at which it is given up in any case."
    )
    judge: Literal["corrected", "client"] | None = setting(
        "SCOUTER_JUDGE",
        None,
        values.judge,
        "Whose word counts on an alert: `corrected` asks tests that know how chance scatters, `client` takes the "
        "client's rule at its word. Unset, custom metrics are left to the client's; `corrected` judges them, too.",
        shown_default="corrected",
    )
    false_alarm_days: int = setting(
        "SCOUTER_FALSE_ALARM_DAYS",
        90,
        values.integer(1, 3650),
        "Days in which chance may make one message of a profile; how unlikely an alert must be follows from it.",
    )
