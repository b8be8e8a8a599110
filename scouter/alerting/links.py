"""The address of what a message is about, for people who got it."""

from __future__ import annotations

from urllib.parse import quote

from scouter.wire.notifications import Notification

_PAGES = "/scouter/ui"


def alert_link(public_url: str, alert_id: int) -> str:
    """The page of an alert, which leads to the check that raised it. It outlives that check."""
    return f"{public_url}{_PAGES}/alerts/{alert_id}"


def profile_link(public_url: str, uid: str) -> str:
    return f"{public_url}{_PAGES}/profile?uid={quote(uid, safe='')}"


def link_of(notification: Notification, public_url: str) -> str:
    """To the first of its alerts; a test message has none, and leads to the profile."""
    if notification.alert_ids:
        return alert_link(public_url, notification.alert_ids[0])
    return profile_link(public_url, notification.uid)
