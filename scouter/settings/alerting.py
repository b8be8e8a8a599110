"""Channels, and how persistently alerts are delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

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
    webhook_events: str = setting(
        "SCOUTER_WEBHOOK_EVENTS",
        "alerts",
        values.choice("alerts", "problems", "both"),
        "What the webhook receives: `alerts` (every one of every check), `problems` (what changed in them), or `both`.",
    )
    heartbeat_url: str | None = setting(
        "SCOUTER_HEARTBEAT_URL",
        None,
        values.secret_url,
        "Gets a GET every minute while checks and messages are on time; something outside calls when none comes.",
    )
    smtp_url: str | None = setting(
        "SCOUTER_SMTP_URL",
        None,
        values.smtp_url,
        "Mail server: `smtp://` (STARTTLS is required, port 587) or `smtps://` (465); with SCOUTER_MAIL_FROM.",
    )
    smtp_username: str | None = setting(
        "SCOUTER_SMTP_USERNAME", None, values.text, "Its login, where it asks for one; with the password."
    )
    smtp_password: str | None = setting("SCOUTER_SMTP_PASSWORD", None, values.secret, "Password of that login.")
    smtp_plain: bool = setting(
        "SCOUTER_SMTP_PLAIN", False, values.boolean, "Without encryption, to a relay on loopback only."
    )
    mail_from: str | None = setting("SCOUTER_MAIL_FROM", None, values.mail_address, "Address that e-mail comes from.")
    mail_domains: tuple[str, ...] = setting(
        "SCOUTER_MAIL_DOMAINS",
        (),
        values.mail_domains,
        "Domains that e-mail may go to. Policies name the recipients, so anybody who may write one chooses them.",
        shown_default="that of SCOUTER_MAIL_FROM",
    )
    pagerduty_routing_keys: Mapping[str, str] | None = setting(
        "SCOUTER_PAGERDUTY_ROUTING_KEYS",
        None,
        values.named_secrets,
        "Routing keys of PagerDuty's Events API v2, as `name=key,...`; policies call them by name.",
    )
    pagerduty_url: str = setting(
        "SCOUTER_PAGERDUTY_URL",
        "https://events.pagerduty.com/v2/enqueue",
        values.http_url,
        "PagerDuty's events address, as given; another one in the EU region.",
    )
    teams_webhooks: Mapping[str, str] | None = setting(
        "SCOUTER_TEAMS_WEBHOOKS",
        None,
        values.named_secret_urls,
        "Addresses of Microsoft Teams workflows, as `name=address,...`; policies call them by name.",
    )
    timeout_seconds: float = setting(
        "SCOUTER_ALERT_TIMEOUT_SECONDS",
        10.0,
        values.seconds(0.1, 300),
        "How long a service may take to answer an alert.",
    )
    workers: int = setting(
        "SCOUTER_DELIVERY_WORKERS",
        7,
        values.integer(0, 100),
        "Threads that deliver alerts, shared out evenly between the seven channels; 0: this server delivers none.",
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

    @property
    def allowed_mail_domains(self) -> tuple[str, ...]:
        """In small letters; none without an address that e-mail comes from."""
        if self.mail_domains or self.mail_from is None:
            return self.mail_domains
        return (self.mail_from.rpartition("@")[2].lower(),)

    @property
    def webhook_takes_alerts(self) -> bool:
        return self.webhook_events in ("alerts", "both")

    @property
    def webhook_takes_problems(self) -> bool:
        return self.webhook_events in ("problems", "both")
