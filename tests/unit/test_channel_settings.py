"""Settings of the channels: what is accepted, what cannot be meant together, and that no secret is ever shown."""

from __future__ import annotations

import pytest

from scouter.errors import StartRefused
from scouter.settings.alerting import AlertingSettings
from scouter.settings.settings import Settings
from scouter.settings.shown import NOT_SET, SET, shown_settings

SECRET = "a-secret-that-must-not-be-shown-anywhere"
MAIL = {"SCOUTER_SMTP_URL": "smtp://mail.example.com", "SCOUTER_MAIL_FROM": "alerts@Example.com"}


def alerting(**environment: str) -> AlertingSettings:
    return Settings.from_environment(environment).alerting


def problems(**environment: str) -> list[str]:
    with pytest.raises(StartRefused) as refused:
        Settings.from_environment(environment)
    return refused.value.problems


def test_the_webhook_gets_alerts_unless_told_otherwise() -> None:
    assert (alerting().webhook_takes_alerts, alerting().webhook_takes_problems) == (True, False)
    told = alerting(SCOUTER_WEBHOOK_EVENTS="Problems")
    assert (told.webhook_takes_alerts, told.webhook_takes_problems) == (False, True)
    told = alerting(SCOUTER_WEBHOOK_EVENTS="both")
    assert (told.webhook_takes_alerts, told.webhook_takes_problems) == (True, True)
    [said] = problems(SCOUTER_WEBHOOK_EVENTS="everything")
    assert said.endswith("expected one of alerts, problems, both")


def test_mail_goes_to_the_domain_that_it_comes_from_unless_told_otherwise() -> None:
    assert alerting(**MAIL).allowed_mail_domains == ("example.com",)
    told = alerting(**MAIL, SCOUTER_MAIL_DOMAINS="Ops.example.com, example.org")
    assert told.allowed_mail_domains == ("ops.example.com", "example.org")
    assert alerting().allowed_mail_domains == ()


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        f"smtp://me:{SECRET}@mail.example.com",
        f"smtp://mail.example.com:{SECRET}",
        "smtp://mail.example.com:0",
        f"smtp://mail.example.com/{SECRET}",
        f"smtp://mail.example.com?{SECRET}",
        f"smtp://[{SECRET}",
    ],
)
def test_a_mail_server_is_scheme_host_and_port_and_what_is_wrong_is_not_shown(url: str) -> None:
    [said] = problems(SCOUTER_SMTP_URL=url)
    assert said.startswith("SCOUTER_SMTP_URL is not accepted: expected an address such as smtp://mail.example.com:587")
    assert SECRET not in said


@pytest.mark.parametrize(
    "address",
    ["alerts", "@example.com", "a b@example.com", "a@example..com", "A <a@example.com>", "a@example.com\nX: y"],
)
def test_mail_comes_from_a_plain_address(address: str) -> None:
    [said] = problems(SCOUTER_MAIL_FROM=address)
    assert said.endswith("expected an address such as alerts@example.com")


def test_domains_are_domains() -> None:
    [said] = problems(**MAIL, SCOUTER_MAIL_DOMAINS="example.com,*.example.org")
    assert said.endswith("expected domains such as example.com, separated by commas")


def test_destinations_are_named() -> None:
    told = alerting(
        SCOUTER_PAGERDUTY_ROUTING_KEYS=" ml = k1,ops=k=2 ,",
        SCOUTER_TEAMS_WEBHOOKS="ml=https://x.example/a?sp=%2Frun&sig=s",
    )
    assert told.pagerduty_routing_keys == {"ml": "k1", "ops": "k=2"}
    assert told.teams_webhooks == {"ml": "https://x.example/a?sp=%2Frun&sig=s"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (f"ml={SECRET},{SECRET}", "pair 2 is none"),
        (f"={SECRET}", "pair 1 is none"),
        ("ml=", "pair 1 is none"),
        (f"m l={SECRET}", "pair 1 is none"),
        (f"ml={SECRET},ml={SECRET}", "that of pair 2 has been there"),
        (",", "at least one name, separated by commas"),
    ],
)
def test_a_pair_that_is_none_is_counted_and_not_shown(value: str, said: str) -> None:
    [problem] = problems(SCOUTER_PAGERDUTY_ROUTING_KEYS=value)
    assert problem.endswith(said)
    assert SECRET not in problem


@pytest.mark.parametrize("address", [SECRET, f"ftp://x.example/{SECRET}", f"https://[{SECRET}"])
def test_a_teams_address_that_is_none_is_not_shown(address: str) -> None:
    [problem] = problems(SCOUTER_TEAMS_WEBHOOKS=f"ml=https://x.example/a,ops={address}")
    assert problem.endswith("in pair 2 with an address that begins with http:// or https://")
    assert SECRET not in problem


def test_what_is_secret_is_shown_as_set() -> None:
    settings = Settings.from_environment(
        {
            **MAIL,
            "SCOUTER_SMTP_USERNAME": "scouter",
            "SCOUTER_SMTP_PASSWORD": SECRET,
            "SCOUTER_PAGERDUTY_ROUTING_KEYS": f"ml={SECRET}",
            "SCOUTER_TEAMS_WEBHOOKS": f"ml=https://x.example/{SECRET}",
        }
    )
    assert SECRET not in repr(settings)
    shown = {each.variable: each.value for each in shown_settings(settings)}
    assert SECRET not in str(shown)
    names = ("SCOUTER_SMTP_PASSWORD", "SCOUTER_PAGERDUTY_ROUTING_KEYS", "SCOUTER_TEAMS_WEBHOOKS", "SCOUTER_SMTP_URL")
    assert {shown[name] for name in names} == {SET}
    unset = {each.variable: each.value for each in shown_settings(Settings.from_environment({}))}
    assert {unset[name] for name in names} == {NOT_SET}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"SCOUTER_SMTP_URL": "smtp://mail.example.com"}, "SCOUTER_SMTP_URL needs SCOUTER_MAIL_FROM"),
        (
            {"SCOUTER_MAIL_FROM": "a@example.com", "SCOUTER_MAIL_DOMAINS": "example.com"},
            "without SCOUTER_SMTP_URL no e-mail can be sent, and SCOUTER_MAIL_FROM, SCOUTER_MAIL_DOMAINS",
        ),
        ({**MAIL, "SCOUTER_SMTP_USERNAME": "me"}, "SCOUTER_SMTP_PASSWORD is not set"),
        ({**MAIL, "SCOUTER_SMTP_PASSWORD": SECRET}, "SCOUTER_SMTP_USERNAME is not set"),
        ({**MAIL, "SCOUTER_SMTP_PLAIN": "true"}, "SCOUTER_SMTP_PLAIN is for a relay on loopback"),
        (
            {**MAIL, "SCOUTER_SMTP_URL": "smtps://127.0.0.1", "SCOUTER_SMTP_PLAIN": "true"},
            "SCOUTER_SMTP_PLAIN goes with an smtp:// address",
        ),
    ],
)
def test_mail_settings_that_cannot_be_meant_keep_the_server_from_starting(
    environment: dict[str, str], said: str
) -> None:
    [problem] = problems(**environment)
    assert problem.startswith(said)
    assert SECRET not in problem


def test_all_that_cannot_be_meant_about_mail_is_said_at_once() -> None:
    url = {"SCOUTER_SMTP_URL": "smtp://mail.example.com", "SCOUTER_SMTP_PLAIN": "true", "SCOUTER_SMTP_USERNAME": "me"}
    assert len(problems(**url)) == 3


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2:2525", "localhost", "[::1]:25"])
def test_a_relay_on_loopback_may_be_plain(host: str) -> None:
    assert alerting(**{**MAIL, "SCOUTER_SMTP_URL": f"smtp://{host}"}, SCOUTER_SMTP_PLAIN="true").smtp_plain
