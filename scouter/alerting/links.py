"""The address of what a message is about, for people who got it."""

from __future__ import annotations

from urllib.parse import quote

from msgspec import structs

from scouter.wire.notifications import Notification
from scouter.wire.problem_messages import ProblemMessage

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


def linked(notification: Notification, public_url: str) -> Notification:
    return structs.replace(notification, url=link_of(notification, public_url))


def problem_link(public_url: str, problem_id: int) -> str:
    return f"{public_url}{_PAGES}/problems/{problem_id}"


def linked_problems(message: ProblemMessage, public_url: str) -> ProblemMessage:
    """Each problem with its page. The message leads to the page of its one problem, or to the list of its space."""
    news = tuple(structs.replace(each, url=problem_link(public_url, each.problem.id)) for each in message.problems)
    if len(news) == 1:
        return structs.replace(message, problems=news, url=news[0].url)
    spaces = {each.problem.space for each in news}
    query = f"?space={quote(spaces.pop(), safe='')}" if len(spaces) == 1 else ""
    return structs.replace(message, problems=news, url=f"{public_url}{_PAGES}/alerts{query}")
