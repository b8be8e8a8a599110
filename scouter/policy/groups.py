"""Groups: what is told together, and when a group may speak."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from scouter.policy.policy import Policy

PAUSE = timedelta(seconds=5)
"""How long a group waits when nothing more is to be expected, and until it looks again when there is."""


def group_key(
    policy: Policy, *, space: str, uid: str, channel: str, destination: str, is_escalation: bool = False
) -> str:
    """One group for each channel and destination of a space, or of a profile. `destination`: its JSON text.

    What is escalated is told by itself, wherever that is. Names are anything and of any length, so that only their
    digest can tell groups apart without fail.
    """
    whose = f"profile\0{uid}" if policy.groups_by(channel) == "profile" else f"space\0{space}"
    parts = (channel, destination, whose, *(["escalation"] if is_escalation else []))
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"{channel}:{digest[:40]}"


def earliest_moment(now: datetime, last_sent_at: datetime | None, policy: Policy) -> datetime:
    """When a group may speak of what happened just now."""
    return max(now + PAUSE, now if last_sent_at is None else last_sent_at + policy.group_interval)


def wait_for_others(
    now: datetime, opened_at: datetime, instant: datetime, still_due: Iterable[datetime], policy: Policy
) -> datetime | None:
    """When to look again, because others that were due at the same instant may have something to say too.

    `instant`: the end of the window that opened the group. `still_due`: the next run of each active profile of the
    space. None: speak. Nobody is waited for longer than `group_wait`.
    """
    last = opened_at + policy.group_wait
    if now >= last or not any(due <= instant for due in still_due):
        return None
    return min(now + PAUSE, last)
