"""Messages about problems and their recipients, as they travel and as they lie in the outbox."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.alerting.channels.endings import closed_heading, duration_in_words, ending_in_words
from scouter.alerting.channels.recipients import missing_destinations, recipients_destinations
from scouter.alerting.links import linked_problems
from scouter.errors import InvalidInput
from scouter.settings.alerting import AlertingSettings
from scouter.settings.settings import Settings
from scouter.wire.decoding import convert, decode_json
from scouter.wire.notifications import ChannelName, Destination
from scouter.wire.problem_messages import MailRemote, MessageKind, SlackRemote, decode_message
from scouter.wire.recipients import Recipients, accepted_by_recipients
from tests.notifications import CONSOLE, OPSGENIE, SLACK, news, notification, problem_message

MAIL = {"SCOUTER_SMTP_URL": "smtp://mail.example.com", "SCOUTER_MAIL_FROM": "alerts@example.com"}
_decoder = msgspec.json.Decoder(Recipients)


def settings(**environment: str) -> AlertingSettings:
    return Settings.from_environment(environment).alerting


def to(*recipients: object) -> Recipients:
    return convert(list(recipients), Recipients, accepted=accepted_by_recipients)


# --- in the outbox


def test_what_lay_in_the_outbox_before_is_still_written_and_read_so() -> None:
    written = msgspec.json.encode(notification()).decode()
    assert decode_message(written) == notification()
    assert written.startswith('{"alert_ids":[7,8],"uid":"uid-1","space":"shop","name":"churn","version":"1.0.0",')
    assert msgspec.json.encode(Destination(ChannelName.webhook)) == b'{"channel":"webhook","dispatch":null}'
    known = b'{"channel":"slack","dispatch":{"Slack":{"channel":"#drift"}}}'
    assert msgspec.json.encode(Destination(ChannelName.slack, SLACK)) == known


@pytest.mark.parametrize("remote", [None, SlackRemote("C1", "1.2", "h", ("a", "b")), MailRemote("<a@b>", "s")])
def test_a_message_about_problems_survives_the_outbox(remote: Any) -> None:
    sent = problem_message(remote=remote, problems=(news(subject="a\x00b☃"), news(id=42)), late=True)
    assert decode_message(msgspec.json.encode(sent).decode()) == sent


def test_destinations_survive_the_outbox() -> None:
    for each in (Destination(ChannelName.email, mail_to="a@b.example"), Destination(ChannelName.teams, service="ml")):
        assert msgspec.json.decode(msgspec.json.encode(each), type=Destination) == each


def test_keys_tell_messages_and_episodes_apart() -> None:
    first, second = problem_message(), problem_message(MessageKind.reminder, 5)
    assert (first.key, second.key) == ("shop:7:2:4", "shop:7:2:5")
    assert first.episode_key == second.episode_key == "shop:7:2"
    assert first.opening_key == second.opening_key == first.key
    assert (first.opens, second.opens) == (True, False)


def test_an_episode_is_over_when_nothing_fires_any_more() -> None:
    assert problem_message(MessageKind.resolved, 5).is_over
    assert problem_message(MessageKind.ended, 5).is_over
    assert not problem_message(MessageKind.resolved, 5, firing=1).is_over
    assert not problem_message().is_over


def test_a_message_names_alerts_and_profiles_once() -> None:
    message = problem_message(problems=(news(), news(id=42, name="basket"), news(id=43, subject="income")))
    assert message.alert_ids == (7, 8)
    assert message.profiles == ("shop/churn/1.0.0", "shop/basket/1.0.0")


# --- links and words


def test_a_message_leads_to_its_problem_or_to_the_list_of_its_space() -> None:
    url = "https://scouter.example.com"
    one = linked_problems(problem_message(), url)
    assert one.url == one.problems[0].url == f"{url}/scouter/ui/problems/41"
    two = linked_problems(problem_message(problems=(news(space="a&b"), news(id=42, space="a&b"))), url)
    assert two.url == f"{url}/scouter/ui/alerts?space=a%26b"
    assert [each.url for each in two.problems] == [f"{url}/scouter/ui/problems/{number}" for number in (41, 42)]
    spaces = linked_problems(problem_message(problems=(news(space="a"), news(id=42, space="b"))), url)
    assert spaces.url == f"{url}/scouter/ui/alerts"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 min"),
        (89 * 60, "89 min"),
        (90 * 60, "1 h"),
        (3 * 3600 + 59, "3 h"),
        (47 * 3600, "47 h"),
        (5 * 86400, "5 days"),
    ],
)
def test_durations_are_said_in_whole_units(seconds: int, words: str) -> None:
    assert duration_in_words(timedelta(seconds=seconds)) == words


def test_the_end_of_an_episode_is_said_with_its_duration() -> None:
    resolved, ended = problem_message(MessageKind.resolved), problem_message(MessageKind.ended)
    assert closed_heading("age drifts", resolved) == "Resolved: age drifts after 3 h"
    assert ending_in_words(ended) == "Ended after 3 h"


# --- recipients


def test_recipients_are_read_and_written_as_they_were() -> None:
    raw = (
        b'[{"email":["a@x.example","b@x.example"]},{"pagerduty":"ml"},{"teams":"ml"},{"slack":{"channel":"#a"}},'
        b'{"opsgenie":{"team":"t","priority":"P1"}},{"webhook":true},{"profile":true}]'
    )
    assert msgspec.json.encode(_decoder.decode(raw)) == raw


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ([], "to", "a list of length >= 1"),
        ([{"email": []}], "to[0].email", "a list of length >= 1"),
        ([{"email": ["a@x.example", "no address"]}], "to[0].email[1]", "addresses such as team@example.com"),
        ([{"email": ["a@x.example\r\nBcc: b@y.example"]}], "to[0].email[0]", "addresses such as team@example.com"),
        ([{"email": ["Ä@x.example"]}], "to[0].email[0]", "addresses such as team@example.com"),
        ([{"pagerduty": "a b"}], "to[0].pagerduty", "SCOUTER_PAGERDUTY_ROUTING_KEYS"),
        ([{"sms": "1"}], "to[0].sms", "only the keys email, pagerduty, teams, slack, opsgenie, webhook, profile"),
        ([{}], "to[0]", "exactly one of email, pagerduty"),
        ([{"webhook": True, "profile": True}], "to[0]", "exactly one of email, pagerduty"),
        ([{"webhook": False}], "to[0]", "true, or no such entry"),
        ([{"opsgenie": {"team": "t", "priority": "P9"}}], "to[0].opsgenie.priority", "one of P1, P2, P3, P4, P5"),
    ],
)
def test_a_recipient_that_is_none_is_named(sent: object, field: str, said: str) -> None:
    class Policy(msgspec.Struct):
        to: Recipients

    with pytest.raises(InvalidInput) as refused:
        decode_json(msgspec.json.Decoder(Policy), msgspec.json.encode({"to": sent}), accepted=accepted_by_recipients)
    assert refused.value.field == field
    assert said in str(refused.value)


@given(st.text(max_size=40))
def test_no_address_that_is_taken_could_break_a_header(text: str) -> None:
    try:
        [recipient] = to({"email": [text]})
    except InvalidInput:
        return
    assert recipient.email == (text,)
    assert text.isascii()
    assert text.isprintable()
    assert not set(text) & set(' ,;:<>()[]"\\')


def test_without_recipients_messages_go_where_the_profile_says() -> None:
    url = {"SCOUTER_WEBHOOK_URL": "https://x.example/hook"}
    own = Destination(ChannelName.slack, SLACK)
    assert recipients_destinations(None, SLACK, settings()) == [own]
    assert recipients_destinations(None, SLACK, settings(**url)) == [own]
    told = settings(**url, SCOUTER_WEBHOOK_EVENTS="both")
    assert recipients_destinations(None, SLACK, told) == [own, Destination(ChannelName.webhook)]


def test_recipients_stand_in_place_of_what_the_profile_says() -> None:
    told = settings(SCOUTER_WEBHOOK_URL="https://x.example/hook", SCOUTER_WEBHOOK_EVENTS="both")
    chosen = to(
        {"email": ["a@x.example", "b@x.example"]},
        {"pagerduty": "ml"},
        {"teams": "ops"},
        {"slack": {"channel": "#drift"}},
        {"opsgenie": {"team": "ml", "priority": "P2"}},
        {"email": ["b@x.example"]},
    )
    assert recipients_destinations(chosen, CONSOLE, told) == [
        Destination(ChannelName.email, mail_to="a@x.example"),
        Destination(ChannelName.email, mail_to="b@x.example"),
        Destination(ChannelName.pagerduty, service="ml"),
        Destination(ChannelName.teams, service="ops"),
        Destination(ChannelName.slack, SLACK),
        Destination(ChannelName.opsgenie, OPSGENIE),
    ]
    assert recipients_destinations(to({"profile": True}, {"webhook": True}), CONSOLE, told) == [
        Destination(ChannelName.console, CONSOLE),
        Destination(ChannelName.webhook),
    ]


def test_what_a_server_lacks_for_recipients_is_said() -> None:
    chosen = to(
        {"email": ["a@example.com"]}, {"pagerduty": "ml"}, {"teams": "ml"}, {"webhook": True}, {"profile": True}
    )
    said = missing_destinations(chosen, SLACK, settings())
    behind = "are printed on the server's console: "
    assert said == [
        f"alerts for e-mail a@example.com {behind}SCOUTER_SMTP_URL and SCOUTER_MAIL_FROM are not set",
        f"alerts for PagerDuty ml {behind}SCOUTER_PAGERDUTY_ROUTING_KEYS is not set",
        f"alerts for Teams ml {behind}SCOUTER_TEAMS_WEBHOOKS is not set",
        f"alerts for the webhook {behind}SCOUTER_WEBHOOK_URL is not set",
        f"alerts for Slack {behind}SLACK_APP_TOKEN and SLACK_API_URL are not set",
    ]
    assert missing_destinations(chosen, None, settings()) == said[:-1]
    assert missing_destinations(None, SLACK, settings()) == said[-1:]
    assert missing_destinations(None, None, settings()) == []


def test_a_name_that_is_none_and_a_domain_that_is_not_allowed_are_said() -> None:
    told = settings(
        **MAIL,
        SCOUTER_PAGERDUTY_ROUTING_KEYS="ml=key-1,ops=key-2",
        SCOUTER_TEAMS_WEBHOOKS="ml=https://x.example/secret",
        SCOUTER_WEBHOOK_URL="https://x.example/secret",
    )
    chosen = to(
        {"email": ["A@EXAMPLE.com", "a@else.example", "a@sub.example.com"]},
        {"pagerduty": "web"},
        {"pagerduty": "ops"},
        {"teams": "web"},
        {"webhook": True},
    )
    said = [each.partition("console: ")[2] for each in missing_destinations(chosen, None, told)]
    assert said == [
        "e-mail may go to example.com alone, see SCOUTER_MAIL_DOMAINS",
        "e-mail may go to example.com alone, see SCOUTER_MAIL_DOMAINS",
        "SCOUTER_PAGERDUTY_ROUTING_KEYS has no such name, only ml, ops",
        "SCOUTER_TEAMS_WEBHOOKS has no such name, only ml",
        "SCOUTER_WEBHOOK_EVENTS is alerts",
    ]
