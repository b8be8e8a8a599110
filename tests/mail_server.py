"""A mail server on loopback, with STARTTLS and login as a company's relay has them.

    with MailRelay(certificates) as relay:
        relay.answers["DATA"] = "451 try again later"
        ... relay.url, relay.mails ...

`TalkingServer` speaks lines out of a list instead, for what no real server says.
"""

from __future__ import annotations

import contextlib
import email.policy
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.brokers.certificates import Certificates
from tests.steady_ports import steady_ports

USERNAME, PASSWORD = "scouter@relay.example", "p4ssw0rd-very-secret"
OK = "250 OK"


@dataclass(frozen=True)
class Mail:
    """One that was handed over: its envelope, how, and the letter in it."""

    sender: str
    recipients: Sequence[str]
    raw: bytes
    was_encrypted: bool
    username: str | None

    @property
    def letter(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=email.policy.default)

    def part(self, kind: str) -> str:
        found = self.letter.get_body((kind,))
        assert found is not None
        return str(found.get_content()).replace("\r\n", "\n")


@dataclass
class MailRelay:
    """`answers`: what `MAIL`, `RCPT` and `DATA` are answered with instead of 250."""

    certificates: Certificates
    wants_login: bool = True
    offers_tls: bool = True
    is_tls_from_the_start: bool = False
    mails: list[Mail] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificates.certificate, self.certificates.key)
        [self.port] = steady_ports(1)
        after_starttls = self.offers_tls and not self.is_tls_from_the_start
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            ssl_context=context if self.is_tls_from_the_start else None,
            tls_context=context if after_starttls else None,
            require_starttls=after_starttls,
            authenticator=self._judged if self.wants_login else None,
            auth_required=self.wants_login,
            auth_require_tls=after_starttls,
        )

    @property
    def url(self) -> str:
        scheme = "smtps" if self.is_tls_from_the_start else "smtp"
        return f"{scheme}://127.0.0.1:{self.port}"

    async def handle_MAIL(  # noqa: N802  # so named by the library, as the next ones
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from, envelope.mail_options = address, options
        return self.answers.get("MAIL", OK)

    async def handle_RCPT(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        answer = self.answers.get("RCPT", OK)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.get("DATA", "250 2.0.0 queued as 7A")
        if answer.startswith("250"):
            raw, sender = envelope.original_content or b"", envelope.mail_from or ""
            login = session.auth_data.decode() if isinstance(session.auth_data, bytes) else None
            encrypted = self.is_tls_from_the_start or session.ssl is not None
            self.mails.append(Mail(sender, tuple(envelope.rcpt_tos), raw, encrypted, login))
        return answer

    def _judged(self, _: SMTP, __: Session, ___: Envelope, ____: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        fits = (given.login, given.password) == (USERNAME.encode(), PASSWORD.encode())
        return AuthResult(success=fits, handled=fits, auth_data=given.login)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()


class TalkingServer:
    """Says one text after the other to the one who connects, and hears a line after each, after `354` a whole mail.

    Of the last it says a byte at a time, and closes the connection. Owns the thread `talking server`.
    """

    def __init__(self, *texts: str, every_seconds: float = 0.0) -> None:
        self._texts = texts
        self._every_seconds = every_seconds
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._talk, name="talking server")
        self.heard: list[str] = []

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._listener.getsockname()[1]}"

    def _talk(self) -> None:
        with contextlib.suppress(OSError):  # the other side left, or we are stopped
            connection, _ = self._listener.accept()
            with connection, connection.makefile("r", newline="") as lines:
                for text in self._texts[:-1]:
                    connection.sendall(text.encode())
                    self.heard.append(lines.readline())
                    while text.startswith("354") and self.heard[-1] not in (".\r\n", ""):
                        self.heard.append(lines.readline())
                for sign in self._texts[-1]:
                    connection.sendall(sign.encode())
                    self._stopping.wait(self._every_seconds)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # or it would wait for somebody to connect
        self._listener.close()
        self._thread.join()
