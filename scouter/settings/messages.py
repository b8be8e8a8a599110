"""What a team is told: set ones overrule what the server's policy in the database says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from scouter.settings import parsers as values
from scouter.settings.setting import setting


@dataclass(frozen=True, slots=True)
class MessageSettings:
    title: ClassVar[str] = "Messages"

    messages: str | None = setting(
        "SCOUTER_MESSAGES",
        None,
        values.choice("problems", "every_alert"),
        "What is told: `problems`, when they begin, get worse and end, or `every_alert`, a message a check.",
        shown_default="as stored: problems, in a database that had profiles before every_alert",
    )
    repeat_hours: int | None = setting(
        "SCOUTER_REPEAT_HOURS",
        None,
        values.integer(1, 8760),
        "After so long a problem that is still there is told again.",
        shown_default="24",
    )
    group_wait_seconds: int | None = setting(
        "SCOUTER_GROUP_WAIT_SECONDS",
        None,
        values.integer(0, 300),
        "How long a message waits at most for other checks that are due at the same instant.",
        shown_default="300",
    )
    group_seconds: int | None = setting(
        "SCOUTER_GROUP_SECONDS",
        None,
        values.integer(1, 86_400),
        "How far apart messages of one group are at least.",
        shown_default="300",
    )
    late_hours: int | None = setting(
        "SCOUTER_LATE_MESSAGE_HOURS",
        None,
        values.integer(0, 8760),
        "Windows older than that make no messages when they are checked again.",
        shown_default="24",
    )
    silent_hours: int | None = setting(
        "SCOUTER_SILENT_HOURS",
        None,
        values.integer(0, 168),
        "After so many whole hours without records, in which there usually are some, a profile is told to be silent; "
        "0: no profile is, not even one that never sent, unless a policy of its own or of its space says so.",
        shown_default="2",
    )
    judge: str | None = setting(
        "SCOUTER_JUDGE",
        None,
        values.choice("corrected", "client"),
        "Whose word counts on an alert: `corrected` asks tests that know how chance scatters, `client` takes the "
        "client's rule at its word. Unset, custom metrics are left to the client's; `corrected` judges them, too.",
        shown_default="corrected",
    )
    false_alarm_days: int | None = setting(
        "SCOUTER_FALSE_ALARM_DAYS",
        None,
        values.integer(1, 3650),
        "Days in which chance may make one message of a profile; how unlikely an alert must be follows from it.",
        shown_default="90",
    )
