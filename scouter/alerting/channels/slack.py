"""Alerts in a Slack channel, and one thread for each episode of a group of problems.

`chat.postMessage` and `chat.update` of the Slack Web API; both need the scope `chat:write` alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from scouter.alerting.channels.endings import closed_heading
from scouter.alerting.channels.http_post import Poster
from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome, Refused, Retry
from scouter.alerting.channels.slack_api import Posted, SlackApi, SlackOutcome, is_refused_with
from scouter.alerting.channels.slack_blocks import (
    FIRING,
    MAX_SECTION,
    OVER,
    SlackText,
    blocks_of,
    escaped,
    sections_of,
)
from scouter.alerting.channels.truncation import truncate
from scouter.wire.notifications import Notification
from scouter.wire.problem_messages import MessageKind, ProblemMessage, SlackRemote

_POST, _UPDATE = "chat.postMessage", "chat.update"
_SECTIONS_OF_SHORT_MESSAGE = 3
_TOO_LONG_ERRORS = frozenset({"msg_too_long", "msg_blocks_too_long"})  # a limit that Slack does not document
_NO_THREAD_ERRORS = frozenset({"thread_not_found", "invalid_thread_ts", "message_not_found"})


class Slack:
    """Posts to one channel. `api_url` is the address that `/chat.postMessage` is appended to."""

    def __init__(self, poster: Poster, api_url: str, token: str, channel: str) -> None:
        self._api = SlackApi(poster, api_url, token)
        self._channel = channel

    def send(self, notification: Notification, now: datetime) -> DeliveryOutcome:
        posted = self._post(notification, blocks_of(notification), now)
        if is_refused_with(posted, _TOO_LONG_ERRORS):
            posted = self._post(notification, blocks_of(notification, _SECTIONS_OF_SHORT_MESSAGE), now)
        return Delivered(_receipt(posted)) if isinstance(posted, Posted) else posted

    def send_problems(self, message: ProblemMessage, now: datetime) -> DeliveryOutcome:
        """The first of an episode is a message, the others are replies to it; the last changes its heading, too."""
        first = message.remote
        if not isinstance(first, SlackRemote):
            return self._begin(message, now)
        remark = ""
        if message.is_over:
            # Before the reply: made once more, a change does no harm.
            changed = self._close(first, message, now)
            if isinstance(changed, Retry):
                return changed
            remark = f"; its first message stays as it was: {changed.reason}" if isinstance(changed, Refused) else ""
        posted = self._reply(first, message, now)
        if is_refused_with(posted, _NO_THREAD_ERRORS):  # somebody deleted it
            return self._begin(message, now)
        return Delivered(_receipt(posted) + remark) if isinstance(posted, Posted) else posted

    def _post(self, notification: Notification, blocks: list[dict[str, Any]], now: datetime) -> SlackOutcome:
        """`text` is what Slack shows where there is no room for blocks, such as on a phone's lock screen."""
        heading = escaped(f"{notification.title}: {notification.profile}")
        arguments = {"channel": self._channel, "text": truncate(heading, MAX_SECTION), "blocks": blocks}
        return self._api.call(_POST, arguments, now)

    def _begin(self, message: ProblemMessage, now: datetime) -> DeliveryOutcome:
        text = SlackText(message.heading, sections_of(message), OVER if message.is_over else FIRING)
        posted = self._say(_POST, {"channel": self._channel}, text, now)
        if not isinstance(posted, Posted):
            return posted
        if posted.channel is None or posted.ts is None:
            return Delivered(_receipt(posted))
        return Delivered(_receipt(posted), SlackRemote(posted.channel, posted.ts, text.heading, text.sections))

    def _reply(self, first: SlackRemote, message: ProblemMessage, now: datetime) -> SlackOutcome:
        """New problems are shown in the channel, too: nobody looks into a thread for them."""
        to: dict[str, Any] = {"channel": first.channel, "thread_ts": first.ts}
        if message.kind is MessageKind.firing:
            to["reply_broadcast"] = True
        return self._say(_POST, to, SlackText(message.heading, sections_of(message)), now)

    def _close(self, first: SlackRemote, message: ProblemMessage, now: datetime) -> SlackOutcome:
        text = SlackText(closed_heading(first.heading, message), first.sections, OVER)
        return self._say(_UPDATE, {"channel": first.channel, "ts": first.ts}, text, now)

    def _say(self, method: str, to: dict[str, Any], text: SlackText, now: datetime) -> SlackOutcome:
        """Once more in short where Slack finds it too long."""
        said = self._api.call(method, {**to, **text.arguments()}, now)
        if is_refused_with(said, _TOO_LONG_ERRORS):
            return self._api.call(method, {**to, **text.arguments(_SECTIONS_OF_SHORT_MESSAGE)}, now)
        return said


def _receipt(posted: Posted) -> str:
    return f"{posted.host} posted it to {posted.channel} as {posted.ts}"
