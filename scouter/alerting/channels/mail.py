"""Alerts by e-mail, and one thread for each episode of a group of problems."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scouter.alerting.channels.endings import ending_in_words
from scouter.alerting.channels.mail_text import Letter, mail_of, message_id_of, subject_of
from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome
from scouter.alerting.channels.smtp import MailServer, hand_over
from scouter.wire.notifications import Notification
from scouter.wire.problem_messages import MailRemote, ProblemMessage


class Mail:
    """Mails to one address. `seconds` is for a whole session with the mail server."""

    def __init__(self, server: MailServer, sender: str, recipient: str, seconds: float) -> None:
        self._server = server
        self._sender = sender
        self._recipient = recipient
        self._seconds = seconds

    def send(self, notification: Notification, now: datetime) -> DeliveryOutcome:
        heading = f"{notification.title}: {notification.profile} ({notification.drift_type})"
        letter = Letter(
            message_id=self._message_id(notification.key),
            subject=heading,
            heading=heading,
            text=notification.descriptions.console,
            late=notification.late,
            url=notification.url,
        )
        return self._hand_over(letter, now)

    def send_problems(self, message: ProblemMessage, now: datetime) -> DeliveryOutcome:
        """The first of an episode is a new mail, the others are replies to it."""
        first = self._first(message)
        letter = self._letter(message, first)
        outcome = self._hand_over(letter, now)
        if not isinstance(outcome, Delivered):
            return outcome
        return replace(outcome, remote=first or MailRemote(letter.message_id, subject_of(letter.subject)))

    def _first(self, message: ProblemMessage) -> MailRemote | None:
        """The mail that this one answers; None: it is the first itself.

        Where the first is still on its way, its Message-ID is known all the same.
        """
        if isinstance(message.remote, MailRemote):
            return message.remote
        if message.opens:
            return None
        return MailRemote(self._message_id(message.opening_key), subject_of(message.heading))

    def _letter(self, message: ProblemMessage, first: MailRemote | None) -> Letter:
        ending = f"{ending_in_words(message)}.\n" if message.is_over else ""
        return Letter(
            message_id=self._message_id(message.key),
            subject=f"Re: {first.subject}" if first else message.heading,
            heading=message.heading,
            text=ending + message.descriptions.console,
            late=message.late,
            url=message.url,
            news=message.problems,
            thread=first.message_id if first else None,
        )

    def _hand_over(self, letter: Letter, now: datetime) -> DeliveryOutcome:
        mail = mail_of(letter, sender=self._sender, recipient=self._recipient, now=now)
        return hand_over(self._server, mail, sender=self._sender, recipient=self._recipient, seconds=self._seconds)

    def _message_id(self, key: str) -> str:
        return message_id_of(key, self._recipient, self._sender.rpartition("@")[2])
