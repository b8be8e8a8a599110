"""How messages are laid out in Slack.

Limits: https://api.slack.com/reference/block-kit/blocks (50 blocks, 150 characters of header, 3 000 of section).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scouter.alerting.channels.plain_text import one_line
from scouter.alerting.channels.truncation import pieces, truncate
from scouter.wire.notifications import Notification
from scouter.wire.problem_messages import ProblemMessage

MAX_BLOCKS = 50
MAX_HEADER = 150
MAX_SECTION = 3000
_LONGEST_NAME = 200

_MORE = "… and more: GET /scouter/alerts lists every alert."
FIRING, OVER = ":rotating_light:", ":white_check_mark:"


@dataclass(frozen=True, slots=True)
class SlackText:
    """What a message about problems says. `sign` stands on both sides of the heading."""

    heading: str
    sections: tuple[str, ...]
    sign: str | None = None

    def arguments(self, max_sections: int = MAX_BLOCKS - 1) -> dict[str, Any]:
        """`text` and `blocks` of a call."""
        heading = one_line(self.heading)
        blocks = [header(heading, self.sign), *fitting(self.sections, max_sections)]
        return {"text": truncate(escaped(heading), MAX_SECTION), "blocks": blocks}


def blocks_of(notification: Notification, max_sections: int = MAX_BLOCKS - 1) -> list[dict[str, Any]]:
    """A header, a section about the profile, and as many sections of description as fit."""
    sections = [_profile_lines(notification), *pieces(escaped(notification.descriptions.slack), MAX_SECTION)]
    return [header(notification.title, FIRING), *fitting(sections, max_sections)]


def sections_of(message: ProblemMessage) -> tuple[str, ...]:
    """What stands in a message about problems, below its heading."""
    late = ["*Late records*"] if message.late else []
    link = [_link(message.url)] if message.url else []
    text = "\n".join([*late, *link, escaped(message.descriptions.slack)])
    return tuple(pieces(text, MAX_SECTION))


def fitting(sections: Sequence[str], max_sections: int = MAX_BLOCKS - 1) -> list[dict[str, Any]]:
    """As many blocks as may be; the last says that there is more, where there is."""
    if len(sections) > max_sections:
        sections = [*sections[: max_sections - 1], _MORE]
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in sections]


def header(title: str, sign: str | None) -> dict[str, Any]:
    if sign is None:
        text = truncate(title, MAX_HEADER)
    else:
        text = f"{sign} {truncate(title, MAX_HEADER - 2 * len(sign) - 2)} {sign}"
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def escaped(text: str) -> str:
    """As Slack wants it. Otherwise a feature called `<!channel>` would call everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _profile_lines(notification: Notification) -> str:
    named = {"Name": notification.name, "Space": notification.space, "Version": notification.version}
    lines = [f"*{label}:* {escaped(truncate(value, _LONGEST_NAME))}" for label, value in named.items()]
    late = ["*Late records*"] if notification.late else []
    link = [_link(notification.url)] if notification.url else []
    return "\n".join([*lines, *late, *link])


def _link(url: str) -> str:
    return f"<{escaped(url)}|What was seen, and why it counts>"
