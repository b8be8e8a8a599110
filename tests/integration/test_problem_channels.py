"""Messages about problems, through every channel that speaks HTTP, to services that remember what they were sent."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator

import msgspec
import pytest

from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome, Refused, Retry
from scouter.alerting.channels.routing import Channels, destinations_of
from scouter.settings.settings import Settings
from scouter.wire.notifications import ChannelName, Descriptions, Destination
from scouter.wire.problem_messages import MessageKind, ProblemMessage, SlackRemote
from tests.alert_service import AlertService, Answer, Hang, rate_limited, slack_error
from tests.alert_services import OpsGenieAccount, PagerDutyAccount, SlackWorkspace, TeamsWorkflow
from tests.notifications import CONSOLE, NOW, OPSGENIE, SLACK, news, notification, problem_message

ROUTING_KEY, WORKFLOW = "r0ut1ng-k3y-secret", "/workflows/top-secret/invoke?sig=s3cret"
POST, UPDATE = "/api/chat.postMessage", "/api/chat.update"
PAGERDUTY = Destination(ChannelName.pagerduty, service="ml")
TEAMS = Destination(ChannelName.teams, service="ml")
WEBHOOK = Destination(ChannelName.webhook)
FIRING, REMINDER, WORSE, RESOLVED, ENDED = MessageKind


@pytest.fixture
def service() -> Iterator[AlertService]:
    with AlertService() as running:
        yield running


@pytest.fixture
def slack(service: AlertService) -> SlackWorkspace:
    workspace = SlackWorkspace()
    service.become("/api/", workspace)
    return workspace


@pytest.fixture
def channels(service: AlertService) -> Channels:
    return Channels(settings(service).alerting)


def settings(service: AlertService, **more: str) -> Settings:
    return Settings.from_environment(
        {
            "SLACK_API_URL": service.url + "/api",
            "SLACK_APP_TOKEN": "xoxb-secret",
            "OPSGENIE_API_URL": service.url + "/v2/alerts",
            "OPSGENIE_API_KEY": "genie-secret",
            "SCOUTER_WEBHOOK_URL": service.url + "/hook",
            "SCOUTER_WEBHOOK_SECRET": "sign-secret",
            "SCOUTER_WEBHOOK_EVENTS": "both",
            "SCOUTER_PAGERDUTY_URL": service.url + "/v2/enqueue",
            "SCOUTER_PAGERDUTY_ROUTING_KEYS": f"ml={ROUTING_KEY}",
            "SCOUTER_TEAMS_WEBHOOKS": f"ml={service.url}{WORKFLOW}",
            "SCOUTER_ALERT_TIMEOUT_SECONDS": "0.5",
            **more,
        }
    )


def to_slack(channels: Channels, message: ProblemMessage) -> DeliveryOutcome:
    return channels.send(Destination(ChannelName.slack, SLACK), message, NOW)


def begun(channels: Channels, **changed: object) -> SlackRemote:
    outcome = to_slack(channels, problem_message(**changed))  # type: ignore[arg-type]
    assert isinstance(outcome, Delivered)
    assert isinstance(outcome.remote, SlackRemote)
    return outcome.remote


def later(kind: MessageKind, remote: SlackRemote | None = None, sequence: int = 5, **changed: object) -> ProblemMessage:
    return problem_message(kind, sequence, remote=remote, heading=f"{kind}: age", **changed)


def reason(outcome: DeliveryOutcome) -> str:
    assert not isinstance(outcome, Delivered)
    return outcome.reason


# --- Slack


def test_an_episode_is_one_thread_in_slack(channels: Channels, slack: SlackWorkspace) -> None:
    remote = begun(channels)
    for number, kind in enumerate((REMINDER, WORSE, FIRING, RESOLVED), start=5):
        assert isinstance(to_slack(channels, later(kind, remote, number)), Delivered)
    [[first, *replies]] = slack.threads()
    assert [each.text for each in replies] == ["reminder: age", "worse: age", "firing: age", "resolved: age"]
    assert [each.is_broadcast for each in replies] == [False, False, True, False]
    assert first.was_changed
    assert first.text == "Resolved: 1 new problem in shop: age after 3 h"
    sign = ":white_check_mark:"
    assert first.header == f"{sign} Resolved: 1 new problem in shop: age after 3 h {sign}"
    assert first.blocks[1]["text"]["text"] == "in *Slack*"


def test_the_heading_stays_while_something_fires(channels: Channels, slack: SlackWorkspace) -> None:
    remote = begun(channels)
    assert isinstance(to_slack(channels, later(RESOLVED, remote, firing=1)), Delivered)
    [[first, reply]] = slack.threads()
    assert not first.was_changed
    assert reply.text == "resolved: age"


def test_a_deactivated_profile_is_no_good_news(channels: Channels, slack: SlackWorkspace) -> None:
    to_slack(channels, later(ENDED, begun(channels)))
    assert slack.messages[0].text.startswith("Ended: ")


def test_what_slack_calls_a_message_comes_back_from_the_database(channels: Channels, slack: SlackWorkspace) -> None:
    remote = msgspec.json.decode(msgspec.json.encode(begun(channels)), type=SlackRemote)
    to_slack(channels, later(RESOLVED, remote))
    assert len(slack.threads()) == 1


def test_without_the_first_message_a_later_one_begins_a_thread(channels: Channels, slack: SlackWorkspace) -> None:
    assert isinstance(to_slack(channels, later(REMINDER)), Delivered)
    remote = begun(channels)
    slack.messages.clear()
    outcome = to_slack(channels, later(REMINDER, remote))
    assert isinstance(outcome, Delivered)
    assert isinstance(outcome.remote, SlackRemote)
    assert len(slack.threads()) == 1


def test_a_heading_that_cannot_be_changed_keeps_nobody_from_hearing_of_the_end(
    service: AlertService, channels: Channels, slack: SlackWorkspace
) -> None:
    remote = begun(channels)
    service.behave(UPDATE, slack_error("cant_update_message"))
    outcome = to_slack(channels, later(RESOLVED, remote))
    assert isinstance(outcome, Delivered)
    assert outcome.receipt.endswith("its first message stays as it was: 127.0.0.1 answered cant_update_message")
    assert slack.messages[-1].text == "resolved: age"


@pytest.mark.parametrize("answer", [rate_limited(7), slack_error("internal_error"), Answer(500), Hang()])
def test_the_end_is_tried_again_as_a_whole_and_said_once(
    service: AlertService, channels: Channels, slack: SlackWorkspace, answer: Answer | Hang
) -> None:
    remote = begun(channels)
    service.behave(UPDATE, answer)
    outcome = to_slack(channels, later(RESOLVED, remote))
    assert isinstance(outcome, Retry)
    assert outcome.retry_after_seconds == (7 if answer == rate_limited(7) else None)
    assert len(slack.messages) == 1


def test_slack_says_no_in_the_body_to_problems_too(service: AlertService, channels: Channels) -> None:
    service.behave(POST, slack_error("channel_not_found"))
    assert to_slack(channels, problem_message()) == Refused("127.0.0.1 answered channel_not_found")
    service.behave(POST, rate_limited(3))
    outcome = to_slack(channels, problem_message())
    assert isinstance(outcome, Retry)
    assert outcome.retry_after_seconds == 3


def test_what_slack_finds_too_long_is_sent_in_short(service: AlertService, channels: Channels) -> None:
    service.behave(POST, slack_error("msg_blocks_too_long"), Answer())
    long = Descriptions("", "x" * 100_000, "")
    assert isinstance(to_slack(channels, problem_message(descriptions=long)), Delivered)
    full, short = service.requests(POST)
    assert (len(full.json["blocks"]), len(short.json["blocks"])) == (35, 4)


def test_names_in_slack_cannot_call_everybody(channels: Channels, slack: SlackWorkspace) -> None:
    text = Descriptions("", "<!channel> & co", "")
    begun(channels, heading="<!channel>\nin *shop*", descriptions=text)
    assert slack.messages[0].text == "&lt;!channel&gt; in *shop*"
    assert slack.messages[0].blocks[1]["text"]["text"] == "&lt;!channel&gt; &amp; co"


# --- OpsGenie


def to_opsgenie(channels: Channels, message: ProblemMessage) -> DeliveryOutcome:
    return channels.send(Destination(ChannelName.opsgenie, OPSGENIE), message, NOW)


def test_an_episode_is_one_alert_at_opsgenie(service: AlertService, channels: Channels) -> None:
    account = OpsGenieAccount()
    service.become("/v2/alerts", account)
    for number, kind in enumerate((FIRING, REMINDER, WORSE, FIRING), start=4):
        assert isinstance(to_opsgenie(channels, problem_message(kind, number)), Delivered)
    assert account.open == {"shop:7:2": 4}
    assert isinstance(to_opsgenie(channels, later(RESOLVED, sequence=8, firing=1)), Delivered)
    assert account.open == {"shop:7:2": 5}
    assert isinstance(to_opsgenie(channels, later(RESOLVED, sequence=9)), Delivered)
    assert account.open == {}
    assert account.notes == {"shop:7:2": "Resolved after 3 h\nresolved: age"}
    sent = service.requests("/v2/alerts")[0].json
    assert (sent["message"], sent["description"]) == ("1 new problem in shop: age", "at OpsGenie")
    assert (sent["priority"], sent["responders"]) == ("P2", [{"name": "ml", "type": "team"}])
    closed = service.requests("/v2/alerts/shop%3A7%3A2/close?identifierType=alias")[0]
    assert closed.headers["Authorization"] == "GenieKey genie-secret"


def test_an_alert_that_is_closed_already_counts_as_told(service: AlertService, channels: Channels) -> None:
    service.become("/v2/alerts", OpsGenieAccount())
    outcome = to_opsgenie(channels, later(RESOLVED))
    assert isinstance(outcome, Delivered)
    assert "answered 404" in outcome.receipt


def test_a_404_to_a_creation_is_no_success(service: AlertService, channels: Channels) -> None:
    service.behave("/v2/alerts", Answer(404))
    assert isinstance(to_opsgenie(channels, problem_message()), Refused)


@pytest.mark.parametrize(("answer", "kind"), [(Answer(429), Retry), (Answer(503), Retry), (Answer(403), Refused)])
def test_a_close_that_fails_is_no_success(
    service: AlertService, channels: Channels, answer: Answer, kind: type[DeliveryOutcome]
) -> None:
    service.behave("/v2/alerts/shop%3A7%3A2/close?identifierType=alias", answer)
    assert isinstance(to_opsgenie(channels, later(RESOLVED)), kind)


def test_the_address_of_opsgenie_keeps_what_stands_behind_it(service: AlertService) -> None:
    address = service.url + "/v2/alerts/?tenant=7"
    channels = Channels(settings(service, OPSGENIE_API_URL=address).alerting)
    assert isinstance(to_opsgenie(channels, later(RESOLVED, group="a/b?c")), Delivered)
    assert len(service.requests("/v2/alerts/a%2Fb%3Fc%3A2/close?tenant=7&identifierType=alias")) == 1


# --- webhook


def test_the_webhook_gets_an_event_for_each_problem_signed(service: AlertService, channels: Channels) -> None:
    ended = msgspec.structs.replace(news(ENDED, id=42, subject="income", direction="above"), reason="deactivated")
    message = problem_message(problems=(news(), ended))
    assert isinstance(channels.send(WEBHOOK, message, NOW), Delivered)
    first, second = service.requests("/hook")
    assert first.json == {
        "event": "problem",
        "key": "41:2:4",
        "state": "firing",
        "reason": None,
        "problem": {
            "id": 41,
            "uid": "uid-1",
            "space": "shop",
            "name": "churn",
            "version": "1.0.0",
            "drift_type": "Psi",
            "signal": "psi",
            "subject": "age",
            "direction": None,
            "episode": 2,
            "since": "2026-01-02T00:04:05Z",
            "windows_bad": 3,
            "effect": 0.25,
            "p_value": 0.001,
            "judge": "two-sample",
            "acknowledged_by": None,
        },
        "alert_ids": [7, 8],
        "alerts": [{"Psi": {"feature": "age", "drift": 0.25, "threshold": 0.1}}],
    }
    assert b'"threshold":0.10' in first.body
    assert (second.json["key"], second.json["state"], second.json["reason"]) == ("42:2:4", "ended", "deactivated")
    for request in (first, second):
        signed = request.headers["X-Scouter-Timestamp"].encode() + b"." + request.body
        expected = hmac.new(b"sign-secret", signed, hashlib.sha256).hexdigest()
        assert request.headers["X-Scouter-Signature"] == f"sha256={expected}"


def test_an_event_leads_to_its_problem(service: AlertService) -> None:
    channels = Channels(settings(service).alerting, "https://scouter.example.com")
    channels.send(WEBHOOK, problem_message(problems=(news(), news(id=42))), NOW)
    urls = [request.json["url"] for request in service.requests("/hook")]
    assert urls == [f"https://scouter.example.com/scouter/ui/problems/{number}" for number in (41, 42)]


def test_events_are_sent_again_from_the_first_on_with_the_same_keys(service: AlertService, channels: Channels) -> None:
    service.behave("/hook", Answer(), Answer(503), Answer())
    message = problem_message(problems=(news(), news(id=42)))
    assert isinstance(channels.send(WEBHOOK, message, NOW), Retry)
    assert isinstance(channels.send(WEBHOOK, message, NOW), Delivered)
    assert [each.json["key"] for each in service.requests("/hook")] == ["41:2:4", "42:2:4"] * 2


def test_alerts_go_to_the_webhook_only_where_it_takes_them(service: AlertService) -> None:
    assert destinations_of(CONSOLE, settings(service, SCOUTER_WEBHOOK_EVENTS="problems").alerting) == [
        Destination(ChannelName.console, CONSOLE)
    ]
    for events in ("alerts", "both"):
        assert WEBHOOK in destinations_of(CONSOLE, settings(service, SCOUTER_WEBHOOK_EVENTS=events).alerting)


def test_a_webhook_that_takes_alerts_alone_is_spared_problems(
    service: AlertService, capsys: pytest.CaptureFixture[str]
) -> None:
    channels = Channels(settings(service, SCOUTER_WEBHOOK_EVENTS="alerts").alerting)
    outcome = channels.send(WEBHOOK, problem_message(), NOW)
    assert isinstance(outcome, Delivered)
    assert outcome.receipt.endswith("SCOUTER_WEBHOOK_EVENTS is alerts")
    assert "1 new problem in shop: age" in capsys.readouterr().out
    assert service.requests("/hook") == []
    assert isinstance(channels.send(WEBHOOK, notification(), NOW), Delivered)
    assert len(service.requests("/hook")) == 1


# --- console


def test_problems_are_a_block_on_the_console(channels: Channels, capsys: pytest.CaptureFixture[str]) -> None:
    message = problem_message(heading="1 new\nproblem", late=True, url="https://x.example")
    assert isinstance(channels.send(Destination(ChannelName.console, CONSOLE), message, NOW), Delivered)
    assert capsys.readouterr().out == (
        "1 new problem\nLate records.\non the console\n    age:\nMore: https://x.example\n\n"
    )


# --- PagerDuty


@pytest.fixture
def pagerduty(service: AlertService) -> PagerDutyAccount:
    account = PagerDutyAccount(ROUTING_KEY)
    service.become("/v2/enqueue", account)
    return account


def test_an_episode_is_one_incident_at_pagerduty(channels: Channels, pagerduty: PagerDutyAccount) -> None:
    for number, kind in enumerate((FIRING, REMINDER, WORSE), start=4):
        assert isinstance(channels.send(PAGERDUTY, problem_message(kind, number), NOW), Delivered)
    channels.send(PAGERDUTY, later(RESOLVED, sequence=7, firing=1), NOW)
    assert isinstance(channels.send(PAGERDUTY, later(RESOLVED, sequence=8), NOW), Delivered)
    assert pagerduty.events == {"shop:7:2": ["trigger"] * 4 + ["resolve"]}


def test_what_pagerduty_is_told(service: AlertService, pagerduty: PagerDutyAccount) -> None:
    channels = Channels(settings(service).alerting, "https://scouter.example.com")
    assert isinstance(channels.send(PAGERDUTY, problem_message(WORSE, heading="age\nis worse"), NOW), Delivered)
    event = service.requests("/v2/enqueue")[0].json
    link = "https://scouter.example.com/scouter/ui/problems/41"
    assert (event["client_url"], event["links"][0]["href"]) == (link, link)
    payload = event["payload"]
    assert (payload["summary"], payload["severity"]) == ("age is worse", "error")
    assert (payload["source"], payload["group"], payload["class"]) == ("shop/churn/1.0.0", "shop", "worse")
    assert payload["custom_details"]["problems"][0]["subject"] == "age"
    assert list(pagerduty.events) == ["shop:7:2"]


def test_alerts_of_a_check_and_long_names_fit_into_events(channels: Channels, pagerduty: PagerDutyAccount) -> None:
    assert isinstance(channels.send(PAGERDUTY, notification(*range(1000)), NOW), Delivered)
    long = problem_message(group="g" * 1000, heading="h" * 5000)
    assert isinstance(channels.send(PAGERDUTY, long, NOW), Delivered)
    assert [len(key) for key in pagerduty.events] == [64, 64]


def test_a_routing_key_is_not_shown(channels: Channels, pagerduty: PagerDutyAccount) -> None:
    pagerduty.routing_key = "another"
    outcome = channels.send(PAGERDUTY, problem_message(), NOW)
    assert isinstance(outcome, Refused)
    assert "Invalid routing key (hidden)" in outcome.reason
    assert ROUTING_KEY not in outcome.reason


@pytest.mark.parametrize(("status", "kind"), [(429, Retry), (500, Retry), (400, Refused), (404, Refused)])
def test_what_pagerduty_answers_decides(
    service: AlertService, channels: Channels, status: int, kind: type[DeliveryOutcome]
) -> None:
    service.behave("/v2/enqueue", Answer(status, {}))
    for message in (problem_message(), later(RESOLVED), notification()):
        assert isinstance(channels.send(PAGERDUTY, message, NOW), kind)


# --- Teams


@pytest.fixture
def teams(service: AlertService) -> TeamsWorkflow:
    workflow = TeamsWorkflow()
    service.become("/workflows/", workflow)
    return workflow


def texts_of(card: dict[str, object]) -> list[str]:
    assert isinstance(card["body"], list)
    return ["".join(run["text"] for run in block["inlines"]) for block in card["body"]]


def test_teams_gets_a_card_each_time(service: AlertService, teams: TeamsWorkflow) -> None:
    channels = Channels(settings(service).alerting, "https://scouter.example.com")
    for number, kind in enumerate((FIRING, REMINDER, RESOLVED), start=4):
        assert isinstance(channels.send(TEAMS, problem_message(kind, number), NOW), Delivered)
    assert texts_of(teams.cards[0]) == ["1 new problem in shop: age", "on the console", "    age:"]
    assert texts_of(teams.cards[2])[1] == "Resolved after 3 h."
    assert teams.cards[0]["actions"][0]["url"] == "https://scouter.example.com/scouter/ui/problems/41"
    colors = [card["body"][0]["inlines"][0]["color"] for card in teams.cards]
    assert colors == ["Attention", "Warning", "Good"]
    assert isinstance(channels.send(TEAMS, notification(late=True), NOW), Delivered)
    assert texts_of(teams.cards[3])[:2] == ["Drift detected: shop/churn/1.0.0 (Spc)", "Late records."]


def test_cards_hold_no_markdown(channels: Channels, teams: TeamsWorkflow) -> None:
    """A run of text is shown as it is, links and all."""
    channels.send(TEAMS, problem_message(heading="[click](https://evil.example)"), NOW)
    assert {block["type"] for block in teams.cards[0]["body"]} == {"RichTextBlock"}


@pytest.mark.parametrize("text", ["x" * 100_000, "\n".join(f"line {number}" for number in range(5000)), "☃\n" * 9000])
def test_cards_fit_into_what_teams_takes(channels: Channels, teams: TeamsWorkflow, text: str) -> None:
    message = problem_message(heading="☃" * 1000, descriptions=Descriptions(text, "", ""))
    assert isinstance(channels.send(TEAMS, message, NOW), Delivered)
    assert texts_of(teams.cards[0])[-1].startswith("… and more") or "…" in texts_of(teams.cards[0])[-1]


def test_the_address_of_a_workflow_is_not_shown(service: AlertService, channels: Channels) -> None:
    for answer in (Answer(401, f"no access to {WORKFLOW}"), Answer(500, service.url + WORKFLOW)):
        service.behave(WORKFLOW, answer)
        said = reason(channels.send(TEAMS, problem_message(), NOW))
        assert "secret" not in said
        assert "s3cret" not in said


# --- which channel


@pytest.mark.parametrize("destination", [PAGERDUTY, TEAMS, Destination(ChannelName.email, mail_to="a@x.example")])
def test_a_destination_that_is_not_there_gives_way_to_the_console(
    destination: Destination, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    channels = Channels(Settings.from_environment({}).alerting)
    for message in (problem_message(), notification()):
        with caplog.at_level(logging.WARNING):
            outcome = channels.send(destination, message, NOW)
        assert isinstance(outcome, Delivered)
        assert "are printed on the server's console: SCOUTER_" in outcome.receipt
    assert [message.startswith("alerts of shop/churn/1.0.0: ") for message in caplog.messages] == [True, True]
    assert len(capsys.readouterr().out.split("\n\n")) == 3


def test_no_secret_is_in_what_a_channel_shows_of_itself(channels: Channels) -> None:
    shown = json.dumps([repr(each) for each in vars(channels).values()])
    for secret in (ROUTING_KEY, "s3cret", "genie-secret", "xoxb-secret", "sign-secret"):
        assert secret not in shown
