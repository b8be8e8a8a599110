"""An e-mail about alerts or problems: headers, text, HTML.

Headers are made by `email.message`, of one line each: no name from a client becomes a header of its own. What mail
programs keep together as a thread has the first mail's Message-ID among its References (RFC 5322, 3.6.4), and one
subject.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from scouter.alerting.channels.plain_text import one_line, plain
from scouter.alerting.channels.truncation import truncate
from scouter.wire.problem_messages import ProblemNews

MAX_SUBJECT = 150
MAX_TEXT = 50_000
MAX_ROWS = 100
_SENDER_NAME = "Scouter"
_COLUMNS = ("", "what", "profile", "since", "bad windows", "effect", "p-value")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said. `thread`: the Message-ID of the mail that it answers; None: it answers none."""

    message_id: str
    subject: str
    heading: str
    text: str
    late: bool = False
    url: str | None = None
    news: tuple[ProblemNews, ...] = ()
    thread: str | None = None


def mail_of(letter: Letter, *, sender: str, recipient: str, now: datetime) -> bytes:
    """As it is handed over. `sender` and `recipient` are plain addresses."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(_SENDER_NAME, addr_spec=sender)
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = subject_of(letter.subject)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = letter.message_id
    if letter.thread is not None:
        mail["In-Reply-To"] = letter.thread
        mail["References"] = letter.thread
    # Nobody on holiday answers it (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text_of(letter), cte="quoted-printable")
    mail.add_alternative(html_of(letter), subtype="html", cte="quoted-printable")
    return mail.as_bytes()


def message_id_of(key: str, recipient: str, domain: str) -> str:
    """The same at every try, and no other mail's."""
    digest = hashlib.sha256(f"{key}\0{recipient}".encode()).hexdigest()[:32]
    return f"<{digest}@{domain}>"


def subject_of(text: str) -> str:
    return truncate(one_line(text), MAX_SUBJECT)


def text_of(letter: Letter) -> str:
    """For programs that show no HTML."""
    lines = [one_line(letter.heading), "", *_late(letter), plain(truncate(letter.text, MAX_TEXT))]
    return "\n".join([*lines, *(["", f"More: {letter.url}"] if letter.url else [])]) + "\n"


def html_of(letter: Letter) -> str:
    text = "\n".join([*_late(letter), plain(truncate(letter.text, MAX_TEXT))])
    parts = [
        f"<h3>{escape(one_line(letter.heading))}</h3>",
        f'<p style="white-space: pre-wrap">{escape(text)}</p>',
        *_table(letter.news),
        *([f"<p>{_link(letter.url, 'What was seen, and why it counts')}</p>"] if letter.url else []),
    ]
    return f'<html><body style="font-family: sans-serif">{"".join(parts)}</body></html>\n'


def _late(letter: Letter) -> list[str]:
    return ["Late records."] if letter.late else []


def _table(news: tuple[ProblemNews, ...]) -> Iterator[str]:
    if not news:
        return
    yield '<table cellpadding="4" style="border-collapse: collapse">'
    yield _row("th", map(escape, _COLUMNS))
    for each in news[:MAX_ROWS]:
        yield _row("td", _cells(each))
    yield "</table>"


def _row(cell: str, contents: Iterable[str]) -> str:
    cells = "".join(f'<{cell} align="left" style="border-bottom: 1px solid #ccc">{text}</{cell}>' for text in contents)
    return f"<tr>{cells}</tr>"


def _cells(news: ProblemNews) -> Iterator[str]:
    problem = news.problem
    yield escape(f"{news.state} ({news.reason})" if news.reason else news.state)
    what = one_line(" ".join(filter(None, (problem.signal, problem.subject, problem.direction))))
    yield _link(news.url, what) if news.url else escape(what)
    yield escape(one_line(problem.profile))
    yield escape(problem.since.isoformat(" ", "minutes"))
    yield str(problem.windows_bad)
    yield _number(problem.effect)
    yield _number(problem.p_value)


def _link(url: str, words: str) -> str:
    return f'<a href="{escape(url)}">{escape(words)}</a>'


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
