"""One session with a mail server: connect, encrypt, log in, hand over one mail.

RFC 5321, 3207 (STARTTLS) and 4954 (login). Exceptions of the library quote what the server said, and that may repeat a
login: none of their texts is passed on without being looked through.
"""

from __future__ import annotations

import base64
import io
import smtplib
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from scouter.alerting.channels.deadline import DeadlineReader, limit
from scouter.alerting.channels.http_post import shown, unreachable
from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome, Refused, Retry

_SUBMISSION_PORT, _SUBMISSION_OVER_TLS_PORT = 587, 465
_PASSING = range(400, 500)
_DONE = range(200, 300)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over. `is_plain`: without encryption, which settings allow on loopback alone."""

    url: str = field(repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    is_plain: bool = False

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or "the mail server"

    @property
    def is_tls_from_the_start(self) -> bool:
        return urlsplit(self.url).scheme == "smtps"

    @property
    def port(self) -> int:
        usual = _SUBMISSION_OVER_TLS_PORT if self.is_tls_from_the_start else _SUBMISSION_PORT
        return urlsplit(self.url).port or usual

    @property
    def hidden(self) -> tuple[str, ...]:
        """The password in every form in which it travels, the longest first."""
        name, password = self.username or "", self.password or ""
        if not password:
            return ()
        forms = {password, _base64(password), _base64(f"\0{name}\0{password}")}
        return tuple(sorted(forms, key=len, reverse=True))


def hand_over(server: MailServer, mail: bytes, *, sender: str, recipient: str, seconds: float) -> DeliveryOutcome:
    """`mail` with CRLF at the ends of its lines. `seconds` is for the whole session.

    What the server answers with 4xx is tried again, what it answers with 5xx is not.
    """
    try:
        session = _connect(server, seconds)
        try:
            _make_ready(session, server)
            code, said = _transfer(session, mail, sender, recipient)
            _say_goodbye(session)
        finally:
            session.close()
    except _Unfit as lack:
        return Refused(f"{server.host} {lack}")
    except smtplib.SMTPResponseException as error:
        return _refused(server, error.smtp_code, error.smtp_error)
    except smtplib.SMTPServerDisconnected as error:
        return _cut_off(server, error)
    except (OSError, smtplib.SMTPException) as error:
        return unreachable(server.host, error)
    except UnicodeError:
        return Refused(f"no login at {server.host} is possible: its name or password is not ASCII")
    return Delivered(_answer(server, code, said))


class _Unfit(Exception):  # what a server lacks, as the end of a sentence about it
    pass


class _Session(smtplib.SMTP):
    """Ends by a deadline, whatever the server does."""

    def __init__(self, host: str, port: int, seconds: float, **more: Any) -> None:
        self._deadline = time.monotonic() + seconds
        super().__init__(host, port, local_hostname=_own_name(), timeout=seconds, **more)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(DeadlineReader(self.sock, self._deadline))
        return super().getreply()

    def send(self, s: Any) -> None:
        if self.sock is not None:
            limit(self.sock, self._deadline)
        super().send(s)


class _SecureSession(_Session, smtplib.SMTP_SSL):
    pass


def _connect(server: MailServer, seconds: float) -> smtplib.SMTP:
    if server.is_tls_from_the_start:
        return _SecureSession(server.host, server.port, seconds, context=ssl.create_default_context())
    return _Session(server.host, server.port, seconds)


def _make_ready(session: smtplib.SMTP, server: MailServer) -> None:
    """Encrypted and logged in, or not at all: without encryption no login is sent, and no mail."""
    session.ehlo_or_helo_if_needed()
    if not server.is_tls_from_the_start and not server.is_plain:
        if not session.has_extn("starttls"):
            raise _Unfit("offers no STARTTLS, without which no mail is handed over")
        session.starttls(context=ssl.create_default_context())
        session.ehlo_or_helo_if_needed()
    if server.username is not None and server.password is not None:
        _log_in(session, server.username, server.password)


def _log_in(session: smtplib.SMTP, username: str, password: str) -> None:
    offered = set(session.esmtp_features.get("auth", "").split())
    if not offered & {"CRAM-MD5", "PLAIN", "LOGIN"}:
        raise _Unfit("offers no login by name and password")
    session.login(username, password)


def _transfer(session: smtplib.SMTP, mail: bytes, sender: str, recipient: str) -> tuple[int, bytes]:
    """The server's last word, with which the mail is in its care."""
    size = [f"size={len(mail)}"] if session.has_extn("size") else []
    _require_done(session.mail(sender, size))
    _require_done(session.rcpt(recipient))
    return _require_done(session.data(mail))


def _require_done(answer: tuple[int, bytes]) -> tuple[int, bytes]:
    if answer[0] not in _DONE:
        raise smtplib.SMTPResponseException(*answer)
    return answer


def _say_goodbye(session: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):  # the mail is in the server's care already
        session.quit()


def _refused(server: MailServer, code: int, said: bytes | str) -> Retry | Refused:
    """A code that is none is from something that is no mail server at the moment."""
    answer = _answer(server, code, said)
    return Refused(answer) if code >= _PASSING.stop else Retry(answer)


def _answer(server: MailServer, code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    text = shown(text, server.hidden)
    return f"{server.host} answered {code}" + (f": {text}" if text else "")


def _cut_off(server: MailServer, error: smtplib.SMTPServerDisconnected) -> Retry | Refused:
    if isinstance(error.__context__, OSError):
        return unreachable(server.host, error.__context__)
    return Retry(f"{server.host} ended the session")


def _own_name() -> str:
    """How this machine introduces itself. A name without a dot is none to a mail server (RFC 5321, 4.1.3)."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
