"""The server's policy: it is stored, so that all servers of a database decide alike, and set variables overrule it."""

from __future__ import annotations

import logging

import msgspec

from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_policies import one_policy, put_policy
from scouter.settings.messages import MessageSettings

log = logging.getLogger(__name__)

_NOT_SAID = object()


def overrule_policy(connection: Connection, settings: MessageSettings) -> None:
    """At the start: the last one wins. What another start had set otherwise is a warning."""
    stored = one_policy(connection)
    document: dict[str, object] = {} if stored is None else msgspec.json.decode(stored.document)
    wanted = {key: value for key, value in _wanted(settings).items() if document.get(key, _NOT_SAID) != value}
    for key, value in wanted.items():
        if key in document:
            log.warning("the policy of this database said %s %s; this start sets it to %s", key, document[key], value)
    if wanted:
        put_policy(connection, msgspec.json.encode(document | wanted).decode(), by="the settings")
    if (document | wanted).get("messages") == "every_alert":
        log.info(
            "every check with alerts is told by itself; SCOUTER_MESSAGES=problems tells what began, and what is over"
        )


def _wanted(settings: MessageSettings) -> dict[str, object]:
    """As a policy document says it."""
    said = {
        "messages": settings.messages,
        "repeat_every": _in(settings.repeat_hours, "h"),
        "group_wait": _in(settings.group_wait_seconds, "s"),
        "group_interval": _in(settings.group_seconds, "s"),
        "late_hours": settings.late_hours,
        **_silences(settings.silent_hours),
        "judge": settings.judge,
        "false_alarms": _in(settings.false_alarm_days, "d"),
    }
    return {key: value for key, value in said.items() if value is not None}


def _silences(hours: int | None) -> dict[str, object]:
    if hours is None:
        return {}
    off = hours == 0
    return {"silent_after": "off" if off else hours, "never_sent_after": "off" if off else "24h"}


def _in(count: int | None, unit: str) -> str | None:
    return None if count is None else f"{count}{unit}"
