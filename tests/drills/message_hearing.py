"""What services got, against the messages that were sent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.alert_services import SlackMessage
from tests.drills.late_services import LateServices
from tests.drills.stored_messages import StoredMessage

_POSTED = re.compile(r"posted it to \S+ as (\S+)")


@dataclass
class Hearing:
    """`doubled`: messages of which a service got something again."""

    requests: int = 0
    doubled: list[StoredMessage] = field(default_factory=list)
    unheard: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, messages: Sequence[StoredMessage], services: LateServices) -> Hearing:
        hearing = cls()
        delivered = [each for each in messages if each.state == "delivered"]
        hearing._hooked(delivered, Counter(each.json["key"] for each in services.hooked()))
        hearing._posted(delivered, services.slack.messages)
        return hearing

    def _hooked(self, delivered: Sequence[StoredMessage], heard: Counter[str]) -> None:
        self.requests += heard.total()
        sent = [each for each in delivered if each.channel == "webhook"]
        expected = Counter(key for each in sent for key in each.hook_keys)
        self.unheard += [f"the webhook never got {key}" for key in expected - heard]
        self.unexplained += [f"the webhook got {key}, which nobody sent" for key in heard if key not in expected]
        self.doubled += [each for each in sent if any(heard[key] > 1 for key in each.hook_keys)]

    def _posted(self, delivered: Sequence[StoredMessage], posted: Sequence[SlackMessage]) -> None:
        """Slack has no keys: a post is named by a receipt, or says the same as one of which a try was cut off."""
        self.requests += len(posted)
        by_time = {each.ts: each for each in posted}
        sent = {_time_of(each): each for each in delivered if each.channel == "slack"}
        self.unheard += [f"Slack never got {each.name}" for ts, each in sent.items() if ts not in by_time]
        for post in posted:
            if post.ts not in sent:
                same = [each for ts, each in sent.items() if ts in by_time and _says_the_same(post, by_time[ts])]
                same.sort(key=lambda each: not each.was_cut_off)
                self.doubled += same[:1]
                self.unexplained += [] if same else [f"Slack got {post.text!r}, which nobody sent"]


def _says_the_same(one: SlackMessage, other: SlackMessage) -> bool:
    """Headings do not count: the first message of an episode that is over has another one by then."""
    texts = [[block["text"]["text"] for block in each.blocks[1:]] for each in (one, other)]
    return texts[0] == texts[1]


def _time_of(message: StoredMessage) -> str:
    found = _POSTED.search(message.receipt or "")
    return "" if found is None else found[1]
