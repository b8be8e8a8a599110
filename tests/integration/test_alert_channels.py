"""Every channel against a real HTTP server that behaves and misbehaves."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from msgspec import Raw

from scouter.alerting.channels.aliases import alias_of
from scouter.alerting.channels.console import block_of
from scouter.alerting.channels.http_post import Poster
from scouter.alerting.channels.lacking import missing_settings
from scouter.alerting.channels.opsgenie import MAX_ALIAS, OpsGenie, alert_of
from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome, Refused, Retry
from scouter.alerting.channels.routing import Channels, destinations_of
from scouter.alerting.channels.slack import Slack
from scouter.alerting.channels.slack_blocks import blocks_of
from scouter.alerting.channels.webhook import Webhook
from scouter.settings.alerting import AlertingSettings
from scouter.settings.settings import Settings
from scouter.wire.notifications import ChannelName, Descriptions, Destination, Notification
from scouter.wire.profiles import OpsGenieDispatch
from tests.alert_service import AlertService, Answer, Drip, Drop, Hang, rate_limited, slack_error
from tests.notifications import CONSOLE, NOW, OPSGENIE, SLACK, notification

SECONDS = 0.4
TOKEN = "xoxb-very-secret"
TEAM = OpsGenieDispatch("ml", "P2")
POST_MESSAGE = "/api/chat.postMessage"


@pytest.fixture
def service() -> Iterator[AlertService]:
    with AlertService() as running:
        yield running


def slack(service: AlertService, token: str = TOKEN) -> Slack:
    return Slack(Poster(SECONDS), service.url + "/api", token, "#drift")


def opsgenie(service: AlertService) -> OpsGenie:
    return OpsGenie(Poster(SECONDS), service.url + "/v2/alerts", "genie-key", TEAM)


def webhook(service: AlertService, path: str = "/hook", secret: str | None = None) -> Webhook:
    return Webhook(Poster(SECONDS), service.url + path, secret)


def described(text: str) -> Notification:
    return notification(descriptions=Descriptions(text, text, text))


def settings(**environment: str) -> AlertingSettings:
    return Settings.from_environment(environment).alerting


# --- what is sent


def test_slack_gets_a_header_and_two_sections(service: AlertService) -> None:
    assert slack(service).send(notification(), NOW) == Delivered("127.0.0.1 posted it to C1 as 1.2")
    [request] = service.requests(POST_MESSAGE)
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["Content-Type"].startswith("application/json")
    assert request.json == {
        "channel": "#drift",
        "text": "Drift detected: shop/churn/1.0.0",
        "blocks": [
            {
                "type": "header",
                "text": {
                    "type": "plain_text",
                    "text": ":rotating_light: Drift detected :rotating_light:",
                    "emoji": True,
                },
            },
            _section("*Name:* churn\n*Space:* shop\n*Version:* 1.0.0"),
            _section("in *Slack*"),
        ],
    }


def test_slack_texts_cannot_call_everybody(service: AlertService) -> None:
    slack(service).send(described("<!channel> & co"), NOW)
    assert service.requests(POST_MESSAGE)[0].json["blocks"][2] == _section("&lt;!channel&gt; &amp; co")


def test_long_slack_texts_become_several_sections() -> None:
    text = "\n".join(["x" * 99] * 100)
    blocks = blocks_of(described(text))
    texts = [block["text"]["text"] for block in blocks]
    assert all(len(each) <= 3000 for each in texts)
    assert "\n".join(texts[2:]) == text


def test_slack_takes_fifty_blocks_and_the_last_one_says_that_there_is_more() -> None:
    blocks = blocks_of(described("x" * 500_000))
    assert len(blocks) == 50
    assert "GET /scouter/alerts" in blocks[-1]["text"]["text"]


def test_long_names_and_titles_fit_into_slack() -> None:
    header, profile, *_ = blocks_of(notification(title="t" * 500, name="n" * 5000, space="&" * 200, version="v" * 256))
    assert len(header["text"]["text"]) == 150
    assert len(profile["text"]["text"]) <= 3000


def test_a_message_that_slack_finds_too_long_is_sent_again_shortened(service: AlertService) -> None:
    service.behave(POST_MESSAGE, slack_error("msg_blocks_too_long"), Answer())
    assert isinstance(slack(service).send(described("x" * 20_000), NOW), Delivered)
    assert [len(request.json["blocks"]) for request in service.requests(POST_MESSAGE)] == [9, 4]


def test_opsgenie_gets_an_alert_with_a_stable_alias(service: AlertService) -> None:
    service.behave("/v2/alerts", Answer(202, {"result": "Request will be processed", "requestId": "r-1"}))
    outcome = opsgenie(service).send(notification(), NOW)
    assert isinstance(outcome, Delivered)
    assert "r-1" in outcome.receipt
    [request] = service.requests("/v2/alerts")
    assert request.headers["Authorization"] == "GenieKey genie-key"
    team = [{"name": "ml", "type": "team"}]
    assert request.json == {
        "message": "Drift detected: shop/churn/1.0.0",
        "alias": "uid-1:7-8",
        "description": "at OpsGenie",
        "responders": team,
        "visibleTo": team,
        "tags": ["Model Drift", "Scouter"],
        "priority": "P2",
    }


def test_opsgenie_texts_are_cut_at_its_limits() -> None:
    alert = alert_of(notification(name="n" * 200, descriptions=Descriptions("", "", "d" * 20_000)), TEAM)
    assert (len(alert["message"]), len(alert["description"])) == (130, 15_000)
    assert alert["description"].startswith(f"Drift detected: shop/{'n' * 200}/1.0.0\n")
    many = notification(*range(1000)).key
    assert len(alias_of(many, MAX_ALIAS)) == 64
    assert alias_of(many, MAX_ALIAS) == alias_of(notification(*range(1000)).key, MAX_ALIAS)


def test_the_webhook_gets_the_alerts_signed(service: AlertService) -> None:
    assert isinstance(webhook(service, secret="s3cret").send(notification(late=True), NOW), Delivered)
    [request] = service.requests("/hook")
    assert request.json == {
        "key": "uid-1:7-8",
        "test": False,
        "late": True,
        "created_at": "2026-01-02T03:04:05Z",
        "uid": "uid-1",
        "space": "shop",
        "name": "churn",
        "version": "1.0.0",
        "drift_type": "Spc",
        "title": "Drift detected",
        "description": "on the console\n    age:",
        "alert_ids": [7, 8],
        "alerts": [{"Spc": {"feature": "age", "kind": "OutOfBounds", "zone": "Zone4"}}],
    }
    timestamp = request.headers["X-Scouter-Timestamp"]
    assert timestamp == str(int(NOW.timestamp()))
    expected = hmac.new(b"s3cret", timestamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Scouter-Signature"] == f"sha256={expected}"


def test_without_a_secret_the_webhook_is_not_signed(service: AlertService) -> None:
    webhook(service).send(notification(), NOW)
    assert "X-Scouter-Signature" not in service.requests("/hook")[0].headers


def test_name_and_password_in_a_webhook_address_become_a_header(service: AlertService) -> None:
    address = service.url.replace("http://", "http://me:p%40ss@") + "/hook"
    assert isinstance(Webhook(Poster(SECONDS), address, None).send(notification(), NOW), Delivered)
    assert service.requests("/hook")[0].headers["Authorization"] == "Basic bWU6cEBzcw=="


def test_the_console_prints_one_block(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Channels(settings()).send(Destination(ChannelName.console, CONSOLE), notification(late=True), NOW)
    assert isinstance(outcome, Delivered)
    assert capsys.readouterr().out == (
        "Drift detected: shop/churn/1.0.0 (Spc)\nLate records.\non the console\n    age:\n\n"
    )


def test_the_console_obeys_no_control_characters() -> None:
    assert "\x1b" not in block_of(notification(name="\x1b[2J", descriptions=Descriptions("\x1b]0;x\x07", "", "")))


# --- what the answers mean


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (slack_error("invalid_auth"), Refused, "answered invalid_auth"),
        (slack_error("channel_not_found"), Refused, "answered channel_not_found"),
        (slack_error("ratelimited"), Retry, "answered ratelimited"),
        (slack_error("internal_error"), Retry, "answered internal_error"),
        (Answer(200, "<html>welcome</html>"), Retry, "not what Slack answers"),
        (Answer(200, {"surprise": 1}), Retry, "not what Slack answers"),
        (Answer(500, "oops"), Retry, "answered 500: oops"),
        (Answer(404, "no such page"), Refused, "answered 404: no such page"),
    ],
)
def test_slack_says_ok_in_the_body(
    service: AlertService, answer: Answer, kind: type[DeliveryOutcome], said: str
) -> None:
    service.behave(POST_MESSAGE, answer)
    outcome = slack(service).send(notification(), NOW)
    assert isinstance(outcome, kind)
    assert said in _reason(outcome)


def test_retry_after_is_handed_on(service: AlertService) -> None:
    service.behave(POST_MESSAGE, rate_limited(17))
    outcome = slack(service).send(notification(), NOW)
    assert isinstance(outcome, Retry)
    assert outcome.retry_after_seconds == 17


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Delivered),
        (202, Delivered),
        (204, Delivered),
        (400, Refused),
        (401, Refused),
        (404, Refused),
        (422, Refused),
        (408, Retry),
        (429, Retry),
        (500, Retry),
        (503, Retry),
    ],
)
def test_status_codes_say_whether_to_try_again(service: AlertService, status: int, kind: type[DeliveryOutcome]) -> None:
    service.behave("/v2/alerts", Answer(status, {}))
    service.behave("/hook", Answer(status, {}))
    assert isinstance(opsgenie(service).send(notification(), NOW), kind)
    assert isinstance(webhook(service).send(notification(), NOW), kind)


@pytest.mark.quiet
@pytest.mark.parametrize("silence", [Hang(), Drip()])
def test_a_service_that_never_finishes_is_left_in_time(service: AlertService, silence: Hang | Drip) -> None:
    service.behave("/hook", silence)
    begun = time.monotonic()
    assert webhook(service).send(notification(), NOW) == Retry("127.0.0.1 did not answer in time")
    assert time.monotonic() - begun < SECONDS + 0.5


def test_a_cut_connection_is_tried_again(service: AlertService) -> None:
    service.behave("/hook", Drop())
    outcome = webhook(service).send(notification(), NOW)
    assert isinstance(outcome, Retry)
    assert "could not be reached" in outcome.reason


def test_nobody_listening_is_tried_again() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/hook"
        outcome = Webhook(Poster(SECONDS), address, None).send(notification(), NOW)
    assert outcome == Retry("127.0.0.1 could not be reached: Connection refused")


def test_an_unknown_host_is_tried_again() -> None:
    outcome = Webhook(Poster(SECONDS), "http://nowhere.invalid/hook", None).send(notification(), NOW)
    assert isinstance(outcome, Retry)


def test_redirects_are_not_followed(service: AlertService) -> None:
    with AlertService() as other:
        service.behave("/hook", Answer(307, "", {"Location": other.url + "/stolen"}))
        service.behave("/v2/alerts", Answer(302, "", {"Location": other.url + "/stolen"}))
        assert isinstance(webhook(service).send(notification(), NOW), Refused)
        assert isinstance(opsgenie(service).send(notification(), NOW), Refused)
        assert other.requests("/stolen") == []


def test_something_else_than_http_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"https://127.0.0.1:{listener.getsockname()[1]}/hook"  # TLS to somebody who does not answer
        outcome = Webhook(Poster(SECONDS), address, None).send(notification(), NOW)
    assert outcome == Retry("127.0.0.1 did not answer in time")


def test_services_are_asked_over_tls_and_must_prove_who_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = own_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with AlertService(context) as secure:
        distrusted = slack(secure).send(notification(), NOW)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert slack(secure).send(notification(), NOW) == Delivered("127.0.0.1 posted it to C1 as 1.2")
        secure.behave("/hook", Drip())
        assert webhook(secure).send(notification(), NOW) == Retry("127.0.0.1 did not answer in time")
    assert isinstance(distrusted, Retry)
    assert "certificate verify failed" in distrusted.reason.lower()


def test_the_environment_names_the_proxy(service: AlertService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", service.url)
    outcome = Webhook(Poster(SECONDS), "http://ops.invalid/hook", None).send(notification(), NOW)
    assert isinstance(outcome, Delivered)
    assert len(service.requests("http://ops.invalid/hook")) == 1


# --- secrets


@pytest.mark.parametrize("token", ["xoxb-secret\nmore", "xoxb-sécret-☃"])
def test_a_token_that_fits_in_no_header_is_not_shown(service: AlertService, token: str) -> None:
    outcome = slack(service, token).send(notification(), NOW)
    assert isinstance(outcome, Refused)
    assert "cret" not in outcome.reason


@pytest.mark.parametrize("path", ["/hook/top-secret", "/with space/top-secret", "/?key=top-secret"])
def test_the_address_of_a_webhook_is_not_shown(service: AlertService, path: str) -> None:
    for answer in (Answer(404, f"Cannot POST {path}"), Answer(500, service.url + path), Drop()):
        service.behave(path, answer)
        assert "top-secret" not in _reason(webhook(service, path).send(notification(), NOW))


def test_what_a_service_repeats_of_a_key_is_hidden(service: AlertService) -> None:
    service.behave("/v2/alerts", Answer(403, "GenieKey genie-key is unknown\r\n\x00\x1b[1m"))
    reason = _reason(opsgenie(service).send(notification(), NOW))
    assert reason == "127.0.0.1 answered 403: GenieKey (hidden) is unknown [1m"


def test_receipts_are_short(service: AlertService) -> None:
    service.behave("/hook", Answer(200, "x" * 1_000_000))
    outcome = webhook(service).send(notification(), NOW)
    assert isinstance(outcome, Delivered)
    assert len(outcome.receipt) < 600


# --- which channel


def test_settings_that_are_missing_are_named() -> None:
    with_url = settings(SLACK_API_URL="https://slack.com/api")
    assert missing_settings(SLACK, with_url) == (
        "alerts for Slack are printed on the server's console: SLACK_APP_TOKEN is not set"
    )
    assert missing_settings(OPSGENIE, settings()) == (
        "alerts for OpsGenie are printed on the server's console: OPSGENIE_API_KEY and OPSGENIE_API_URL are not set"
    )
    assert missing_settings(CONSOLE, settings()) is None
    complete = settings(SLACK_API_URL="https://slack.com/api", SLACK_APP_TOKEN=TOKEN)
    assert missing_settings(SLACK, complete) is None


def test_every_alert_goes_to_the_webhook_too() -> None:
    assert destinations_of(SLACK, settings()) == [Destination(ChannelName.slack, SLACK)]
    assert destinations_of(OPSGENIE, settings(SCOUTER_WEBHOOK_URL="https://x.example/hook")) == [
        Destination(ChannelName.opsgenie, OPSGENIE),
        Destination(ChannelName.webhook),
    ]


def test_a_channel_without_settings_gives_way_to_the_console(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        outcome = Channels(settings()).send(Destination(ChannelName.slack, SLACK), notification(), NOW)
    assert isinstance(outcome, Delivered)
    assert "SLACK_APP_TOKEN and SLACK_API_URL are not set" in outcome.receipt
    assert "SLACK_APP_TOKEN" in caplog.text
    assert "Drift detected: shop/churn/1.0.0" in capsys.readouterr().out


def test_a_token_with_a_line_break_behind_it_works(service: AlertService) -> None:
    chosen = settings(SLACK_API_URL=service.url + "/api/", SLACK_APP_TOKEN=TOKEN + "\n")
    outcome = Channels(chosen).send(Destination(ChannelName.slack, SLACK), notification(), NOW)
    assert isinstance(outcome, Delivered)
    assert service.requests(POST_MESSAGE)[0].headers["Authorization"] == f"Bearer {TOKEN}"


def linked(service: AlertService) -> Channels:
    chosen = settings(
        SLACK_API_URL=service.url + "/api",
        SLACK_APP_TOKEN=TOKEN,
        OPSGENIE_API_URL=service.url + "/v2/alerts",
        OPSGENIE_API_KEY="genie-key",
        SCOUTER_WEBHOOK_URL=service.url + "/hook",
    )
    return Channels(chosen, "https://scouter.example.com")


def test_every_message_leads_to_its_first_alert(service: AlertService, capsys: pytest.CaptureFixture[str]) -> None:
    channels, link = linked(service), "https://scouter.example.com/scouter/ui/alerts/7"
    for channel, dispatch in (("console", CONSOLE), ("slack", SLACK), ("opsgenie", OPSGENIE), ("webhook", None)):
        outcome = channels.send(Destination(ChannelName(channel), dispatch), notification(), NOW)
        assert isinstance(outcome, Delivered), outcome
    assert capsys.readouterr().out.endswith(f"    age:\nMore: {link}\n\n")
    profile = service.requests(POST_MESSAGE)[0].json["blocks"][1]["text"]["text"]
    assert profile.splitlines()[-1] == f"<{link}|What was seen, and why it counts>"
    assert service.requests("/v2/alerts")[0].json["details"] == {"url": link}
    assert service.requests("/hook")[0].json["url"] == link


def test_a_test_message_leads_to_its_profile(service: AlertService) -> None:
    test = notification(test=True, alert_ids=(), uid="a/b?c&d|<e>")
    linked(service).send(Destination(ChannelName.webhook), test, NOW)
    link = "https://scouter.example.com/scouter/ui/profile?uid=a%2Fb%3Fc%26d%7C%3Ce%3E"
    assert service.requests("/hook")[0].json["url"] == link


def test_without_an_address_of_its_own_the_server_says_so_once(
    service: AlertService, caplog: pytest.LogCaptureFixture
) -> None:
    channels = Channels(settings(SCOUTER_WEBHOOK_URL=service.url + "/hook"))
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            channels.send(Destination(ChannelName.webhook), notification(), NOW)
    assert [message for message in caplog.messages if "link" in message] == [
        "messages carry no link to what they are about: SCOUTER_PUBLIC_URL is not set"
    ]
    assert "url" not in service.requests("/hook")[0].json


def test_numbers_reach_the_webhook_as_they_were_written(service: AlertService) -> None:
    webhook(service).send(notification(alerts=Raw(b"[1.10000000000000000001]")), NOW)
    assert b'"alerts":[1.10000000000000000001]' in service.requests("/hook")[0].body
    assert json.loads(service.requests("/hook")[0].body)


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _reason(outcome: DeliveryOutcome) -> str:
    assert not isinstance(outcome, Delivered)
    return outcome.reason


def own_certificate(directory: Path) -> Path:
    """A key and a certificate for 127.0.0.1 that it signed itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = directory / "own.pem"
    path.write_bytes(private + built.public_bytes(Encoding.PEM))
    return path
