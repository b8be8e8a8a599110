"""Alerts by e-mail through a real mail server: encrypted, logged in, as threads, and what its answers mean."""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Iterator
from datetime import datetime

import msgspec
import pytest

from scouter.alerting.channels.mail_text import message_id_of
from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome, Refused, Retry
from scouter.alerting.channels.routing import Channels
from scouter.settings.settings import Settings
from scouter.wire.notifications import ChannelName, Descriptions, Destination
from scouter.wire.problem_messages import MailRemote, MessageKind, ProblemMessage
from tests.brokers.certificates import Certificates, make_certificates
from tests.mail_server import PASSWORD, USERNAME, MailRelay, TalkingServer
from tests.notifications import NOW, news, notification, problem_message

ADA = Destination(ChannelName.email, mail_to="ada@example.com")
SECONDS = 1.0
FIRING, REMINDER, WORSE, RESOLVED, ENDED = MessageKind
FIRST = MailRemote(message_id_of("shop:7:2:4", "ada@example.com", "example.com"), "1 new problem in shop: age")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("mail"))


@pytest.fixture(scope="module")
def shared_relay(certificates: Certificates) -> Iterator[MailRelay]:
    with MailRelay(certificates) as running:
        yield running


@pytest.fixture
def relay(shared_relay: MailRelay, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> MailRelay:
    """Whose authority the operating system trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    shared_relay.mails.clear()
    shared_relay.answers.clear()
    return shared_relay


def channels(url: str, **more: str) -> Channels:
    environment = {
        "SCOUTER_SMTP_URL": url,
        "SCOUTER_SMTP_USERNAME": USERNAME,
        "SCOUTER_SMTP_PASSWORD": PASSWORD,
        "SCOUTER_MAIL_FROM": "alerts@example.com",
        "SCOUTER_ALERT_TIMEOUT_SECONDS": str(SECONDS),
        **more,
    }
    chosen = Settings.from_environment({name: value for name, value in environment.items() if value})
    return Channels(chosen.alerting, "https://scouter.example.com")


def plain_channels(url: str) -> Channels:
    return channels(url, SCOUTER_SMTP_PLAIN="true", SCOUTER_SMTP_USERNAME="", SCOUTER_SMTP_PASSWORD="")


def send(ways: Channels, message: ProblemMessage | None = None) -> DeliveryOutcome:
    return ways.send(ADA, message or problem_message(), NOW)


# --- how it is handed over


def test_mail_is_handed_over_encrypted_and_logged_in(relay: MailRelay) -> None:
    outcome = send(channels(relay.url))
    assert isinstance(outcome, Delivered)
    assert outcome.receipt == "127.0.0.1 answered 250: 2.0.0 queued as 7A"
    [mail] = relay.mails
    assert (mail.sender, mail.recipients) == ("alerts@example.com", ("ada@example.com",))
    assert (mail.was_encrypted, mail.username) == (True, USERNAME)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the test server knows of STARTTLS alone
def test_mail_is_handed_over_by_tls_from_the_start(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    with MailRelay(certificates, is_tls_from_the_start=True) as relay:
        assert isinstance(send(channels(relay.url)), Delivered)
        assert (relay.mails[0].was_encrypted, relay.mails[0].username) == (True, USERNAME)


def test_a_relay_on_loopback_may_do_without_both(certificates: Certificates) -> None:
    with MailRelay(certificates, wants_login=False, offers_tls=False) as relay:
        assert isinstance(send(plain_channels(relay.url)), Delivered)
        assert (relay.mails[0].was_encrypted, relay.mails[0].username) == (False, None)


def test_without_starttls_neither_login_nor_mail_is_sent() -> None:
    with TalkingServer("220 hello\r\n", "250-relay\r\n250 AUTH PLAIN LOGIN\r\n", "") as server:
        outcome = send(channels(server.url))
    assert outcome == Refused("127.0.0.1 offers no STARTTLS, without which no mail is handed over")
    assert [line.partition(" ")[0] for line in server.heard] == ["ehlo", ""]


def test_mail_servers_must_prove_who_they_are(shared_relay: MailRelay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    shared_relay.mails.clear()
    outcome = send(channels(shared_relay.url))
    assert isinstance(outcome, Retry)
    assert "certificate verify failed" in outcome.reason.lower()
    assert shared_relay.mails == []


def test_a_certificate_is_of_the_host_that_the_address_names(relay: MailRelay) -> None:
    outcome = send(channels(relay.url.replace("127.0.0.1", "127.1")))  # the same server by another name
    assert isinstance(outcome, Retry)
    assert "certificate verify failed" in outcome.reason.lower()
    assert relay.mails == []


def test_a_wrong_password_is_not_tried_again_and_not_shown(relay: MailRelay) -> None:
    outcome = send(channels(relay.url, SCOUTER_SMTP_PASSWORD="wrong-secret"))
    assert isinstance(outcome, Refused)
    assert outcome.reason.startswith("127.0.0.1 answered 535")
    assert "wrong-secret" not in outcome.reason


def test_what_a_server_repeats_of_a_login_is_hidden(certificates: Certificates) -> None:
    token = base64.b64encode(f"\0{USERNAME}\0{PASSWORD}".encode()).decode()
    ehlo = "250-relay\r\n250 AUTH PLAIN\r\n"
    with TalkingServer("220 hello\r\n", ehlo, f"535 no {token}, no {PASSWORD}\x1b[1m\r\n", "") as server:
        outcome = send(channels(server.url, SCOUTER_SMTP_PLAIN="true"))
    assert outcome == Refused("127.0.0.1 answered 535: no (hidden), no (hidden) [1m")


def test_a_login_that_cannot_be_sent_is_not_shown(relay: MailRelay) -> None:
    outcome = send(channels(relay.url, SCOUTER_SMTP_PASSWORD="pässwörd"))
    assert outcome == Refused("no login at 127.0.0.1 is possible: its name or password is not ASCII")


def test_a_server_without_login_is_told_from_one_that_refuses_it() -> None:
    with TalkingServer("220 hello\r\n", "250-relay\r\n250 AUTH XOAUTH2\r\n", "") as server:
        outcome = send(channels(server.url, SCOUTER_SMTP_PLAIN="true"))
    assert outcome == Refused("127.0.0.1 offers no login by name and password")


# --- what the answers mean


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("answer", "kind"), [("451 try later", Retry), ("550 no such user", Refused)])
def test_the_code_decides_whether_to_try_again(
    relay: MailRelay, step: str, answer: str, kind: type[DeliveryOutcome]
) -> None:
    relay.answers[step] = answer
    outcome = send(channels(relay.url))
    assert isinstance(outcome, kind)
    assert not isinstance(outcome, Delivered)
    assert outcome.reason == f"127.0.0.1 answered {answer[:3]}: {answer[4:]}"
    assert relay.mails == []


def test_a_server_that_is_busy_is_tried_again() -> None:
    with TalkingServer("421 too many connections\r\n") as server:
        assert send(plain_channels(server.url)) == Retry("127.0.0.1 answered 421: too many connections")


def test_something_else_than_a_mail_server_is_tried_again() -> None:
    with TalkingServer("HTTP/1.1 400 Bad Request\r\n") as server:
        assert isinstance(send(plain_channels(server.url)), Retry)


def test_a_session_that_breaks_off_is_tried_again() -> None:
    with TalkingServer("220 hello\r\n", "") as server:
        assert send(plain_channels(server.url)) == Retry("127.0.0.1 ended the session")


@pytest.mark.parametrize("goodbye", ["", "2", "500 what?\r\n"])
def test_a_mail_that_was_taken_is_delivered_whatever_follows(goodbye: str) -> None:
    taken = ("220 hello\r\n", "250 relay\r\n", "250 ok\r\n", "250 ok\r\n", "354 go on\r\n", "250 queued\r\n")
    with TalkingServer(*taken, goodbye) as server:
        assert send(plain_channels(server.url)) == Delivered("127.0.0.1 answered 250: queued", remote=FIRST)
    assert [line.split()[0] for line in server.heard if line[:4] in ("mail", "rcpt", "data", "quit")] == [
        *("mail", "rcpt", "data", "quit")
    ]


@pytest.mark.quiet
@pytest.mark.parametrize("texts", [("", ""), ("220 " + "x" * 500,), ("220 hello\r\n", "250" * 500)])
def test_a_mail_server_that_never_finishes_is_left_in_time(texts: tuple[str, ...]) -> None:
    with TalkingServer(*texts, every_seconds=0.05) as server:
        begun = time.monotonic()
        assert send(plain_channels(server.url)) == Retry("127.0.0.1 did not answer in time")
        assert time.monotonic() - begun < SECONDS + 0.5


def test_nobody_listening_is_tried_again() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        outcome = send(channels(f"smtp://127.0.0.1:{unused.getsockname()[1]}"))
    assert outcome == Retry("127.0.0.1 could not be reached: Connection refused")


# --- what is in it


def test_a_mail_says_it_as_text_and_as_html(relay: MailRelay) -> None:
    message = problem_message(late=True, descriptions=Descriptions("age: <b>0.25</b>\n☃ " + "x" * 2000, "", ""))
    assert isinstance(send(channels(relay.url), message), Delivered)
    [mail] = relay.mails
    letter = mail.letter
    assert letter.get_content_type() == "multipart/alternative"
    assert str(letter["From"]) == "Scouter <alerts@example.com>"
    assert (letter["To"], letter["Subject"]) == ("ada@example.com", "1 new problem in shop: age")
    assert letter["Date"].datetime == NOW
    assert letter["Auto-Submitted"] == "auto-generated"
    text = mail.part("plain")
    assert text.splitlines()[:4] == ["1 new problem in shop: age", "", "Late records.", "age: <b>0.25</b>"]
    assert text.splitlines()[-1] == "More: https://scouter.example.com/scouter/ui/problems/41"
    html = mail.part("html")
    assert "age: &lt;b&gt;0.25&lt;/b&gt;\n☃ xxx" in html
    assert '<a href="https://scouter.example.com/scouter/ui/problems/41">psi age</a>' in html
    assert all(len(line) <= 998 for line in mail.raw.split(b"\r\n"))
    assert mail.raw.isascii()


def test_names_write_neither_headers_nor_html(relay: MailRelay) -> None:
    evil = 'x"\r\nBcc: eve@example.org\r\n\r\n<script>alert(1)</script>'
    message = problem_message(
        heading=evil, problems=(news(name=evil, subject=evil, space=evil),), descriptions=Descriptions(evil, "", "")
    )
    assert isinstance(send(channels(relay.url), message), Delivered)
    assert isinstance(channels(relay.url).send(ADA, notification(name=evil, title=evil), NOW), Delivered)
    for mail in relay.mails:
        assert mail.recipients == ("ada@example.com",)
        assert mail.letter["Bcc"] is None
        assert "\n" not in mail.letter["Subject"]
        assert "<script>" not in mail.part("html")


@pytest.mark.parametrize("heading", ["☃" * 500, "x" * 5000, "é" * 149, "", " \r\n ", "=?utf-8?q?a?=", "a\x00b\x1b"])
def test_every_heading_fits_into_a_subject(relay: MailRelay, heading: str) -> None:
    assert isinstance(send(channels(relay.url), problem_message(heading=heading)), Delivered)
    [mail] = relay.mails
    assert len(str(mail.letter["Subject"])) <= 150
    header, _, _ = mail.raw.partition(b"\r\n\r\n")
    assert all(len(line) <= 200 for line in header.split(b"\r\n"))
    assert str(mail.letter["To"]) == "ada@example.com"


def test_an_alert_of_a_check_is_a_mail_of_its_own(relay: MailRelay) -> None:
    assert isinstance(channels(relay.url).send(ADA, notification(late=True), NOW), Delivered)
    [mail] = relay.mails
    assert mail.letter["Subject"] == "Drift detected: shop/churn/1.0.0 (Spc)"
    assert mail.letter["References"] is None
    assert "More: https://scouter.example.com/scouter/ui/alerts/7" in mail.part("plain")


# --- threads


def test_an_episode_is_one_thread(relay: MailRelay) -> None:
    ways = channels(relay.url)
    outcome = send(ways)
    assert isinstance(outcome, Delivered)
    remote = msgspec.json.decode(msgspec.json.encode(outcome.remote), type=MailRemote)
    for number, kind in enumerate((REMINDER, FIRING, RESOLVED), start=5):
        assert isinstance(send(ways, problem_message(kind, number, remote=remote, heading=f"{kind}: age")), Delivered)
    first, *replies = (mail.letter for mail in relay.mails)
    assert first["Message-ID"] == remote.message_id
    assert (first["References"], first["In-Reply-To"]) == (None, None)
    assert {(reply["References"], reply["In-Reply-To"]) for reply in replies} == {(first["Message-ID"],) * 2}
    assert {reply["Subject"] for reply in replies} == {"Re: 1 new problem in shop: age"}
    assert len({letter["Message-ID"] for letter in (first, *replies)}) == 4
    assert "Resolved after 3 h." in relay.mails[-1].part("plain")
    assert relay.mails[-1].part("plain").startswith("resolved: age\n")


def test_a_reply_finds_its_thread_though_the_first_mail_is_still_on_its_way(relay: MailRelay) -> None:
    ways = channels(relay.url)
    send(ways, problem_message(REMINDER, 5))
    send(ways)
    reply, first = (mail.letter for mail in relay.mails)
    assert reply["References"] == first["Message-ID"]


def test_a_second_try_is_the_same_mail(relay: MailRelay) -> None:
    ways = channels(relay.url)
    send(ways)
    send(ways)
    first, second = (mail.letter["Message-ID"] for mail in relay.mails)
    assert first == second


def test_two_recipients_and_two_episodes_are_different_threads(relay: MailRelay) -> None:
    ways = channels(relay.url)
    send(ways)
    ways.send(Destination(ChannelName.email, mail_to="bob@example.com"), problem_message(), NOW)
    send(ways, problem_message(sequence=9, episode=3, opening=9))
    assert len({mail.letter["Message-ID"] for mail in relay.mails}) == 3


def test_a_long_domain_breaks_no_thread(relay: MailRelay) -> None:
    domain = ".".join(["a" * 60] * 3) + ".example"
    ways = channels(relay.url, SCOUTER_MAIL_FROM=f"alerts@{domain}", SCOUTER_MAIL_DOMAINS="example.com")
    send(ways)
    send(ways, problem_message(REMINDER, 5))
    first, reply = (mail.letter for mail in relay.mails)
    assert first["Message-ID"].endswith(f"@{domain}>")
    assert reply["References"] == first["Message-ID"]


# --- to whom


def test_mail_goes_to_allowed_domains_alone(relay: MailRelay, capsys: pytest.CaptureFixture[str]) -> None:
    stranger = Destination(ChannelName.email, mail_to="eve@example.org")
    outcome = channels(relay.url).send(stranger, problem_message(), NOW)
    assert isinstance(outcome, Delivered)
    assert "e-mail may go to example.com alone" in outcome.receipt
    assert "1 new problem" in capsys.readouterr().out
    assert relay.mails == []
    allowed = channels(relay.url, SCOUTER_MAIL_DOMAINS="example.org")
    assert isinstance(allowed.send(stranger, problem_message(), NOW), Delivered)
    assert relay.mails[0].recipients == ("eve@example.org",)


def test_the_time_of_a_mail_is_that_of_its_sending(relay: MailRelay) -> None:
    later = datetime.fromisoformat("2026-01-03T00:00:00+01:00")
    channels(relay.url).send(ADA, problem_message(), later)
    assert relay.mails[0].letter["Date"].datetime == later
