"""Whom a policy names, in `to` and `escalate_to`: read from a document, and written into it."""

from __future__ import annotations

from typing import Any

import msgspec

from scouter.errors import InvalidInput
from scouter.wire.decoding import convert
from scouter.wire.recipients import MAX_RECIPIENTS, PROFILE, Recipient, Recipients, accepted_by_recipients

__all__ = ["PROFILE", "read_escalate_to", "read_recipients", "write_recipients"]

ACCEPTED = (
    f"a list of 1 to {MAX_RECIPIENTS} recipients, each an object of exactly one of email (a list of addresses), "
    "pagerduty, teams, slack, opsgenie, webhook and profile"
)


class _To(msgspec.Struct):
    to: Recipients


def read_recipients(sent: object) -> tuple[Recipient, ...]:
    """Raises `ValueError` with what is accepted."""
    if not isinstance(sent, list) or not 1 <= len(sent) <= MAX_RECIPIENTS:
        raise ValueError(ACCEPTED)
    try:
        return convert({"to": sent}, _To, accepted=accepted_by_recipients).to
    except InvalidInput as problem:
        where = problem.field.removeprefix("to")
        raise ValueError(f"{problem.accepted} (here: {where or 'it'})") from None


def read_escalate_to(sent: object) -> tuple[Recipient, ...]:
    """Raises `ValueError` with what is accepted."""
    recipients = read_recipients(sent)
    if any(each.profile is True for each in recipients):
        raise ValueError("other destinations than the profile's own, which has been told already")
    return recipients


def write_recipients(recipients: tuple[Recipient, ...]) -> Any:
    return msgspec.to_builtins(recipients)
