"""How it is said that an episode is over."""

from __future__ import annotations

from datetime import timedelta

from scouter.wire.problem_messages import MessageKind, ProblemMessage

_MINUTES_UP_TO = timedelta(minutes=90)
_HOURS_UP_TO = timedelta(hours=48)


def closed_heading(heading: str, message: ProblemMessage) -> str:
    """The heading of an episode's first message once the last one, `message`, is told."""
    return f"{_word(message)}: {heading} after {duration_in_words(message.created_at - message.since)}"


def ending_in_words(message: ProblemMessage) -> str:
    """`Resolved after 3 h`."""
    return f"{_word(message)} after {duration_in_words(message.created_at - message.since)}"


def duration_in_words(duration: timedelta) -> str:
    """`45 min`, `3 h`, `5 days`: whole ones of a unit of which there are enough."""
    if duration < timedelta(minutes=1):
        return "less than a minute"
    if duration < _MINUTES_UP_TO:
        return f"{duration // timedelta(minutes=1)} min"
    if duration < _HOURS_UP_TO:
        return f"{duration // timedelta(hours=1)} h"
    return f"{duration.days} days"


def _word(message: ProblemMessage) -> str:
    return "Resolved" if message.kind is MessageKind.resolved else "Ended"
