"""A policy: every decision about messages that people may take, with what holds when nobody took it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from scouter.policy.firing_rule import Count, FiringRule, fire_after
from scouter.policy.identity import Signal
from scouter.policy.mutes import Mute
from scouter.wire.recipients import Recipient

# Not a matter of taste: one failed window is news, and a feature may miss a window or two.
_ONCE = FiringRule(Count(1, 1), 1)
_BLIND = FiringRule(Count(3, 3), 1)


@dataclass(frozen=True, slots=True)
class Policy:
    """One value for each key of a policy document. None stands for `auto` or `off`, whichever the key knows.

    `to` None: where the profile's own document says, and to the webhook where it takes problems.
    """

    fire_after: Count | None = None
    resolve_after: int = 2
    repeat_every: timedelta | None = timedelta(hours=24)
    worse: float | None = 2.0
    resolved: bool = True
    judge: str | None = None
    false_alarms: timedelta = timedelta(days=90)
    min_effect: float = 0.02
    min_shift: float = 0.1
    min_spike: float = 1.0
    min_samples: int = 10
    confidence: float = 0.99
    group_by: str | None = None
    group_wait: timedelta = timedelta(minutes=5)
    group_interval: timedelta = timedelta(minutes=5)
    late_hours: int = 24
    silent_after: int | None = 2
    expect_every: timedelta | None = None
    never_sent_after: timedelta | None = timedelta(hours=24)
    escalate_after: timedelta | None = None
    escalate_to: tuple[Recipient, ...] = ()
    mute: tuple[Mute, ...] = ()
    messages: str = "problems"
    to: tuple[Recipient, ...] | None = None

    def judge_of(self, signal: Signal) -> str:
        """A boundary of a custom metric is a person's own decision, so the client's rule stands unless asked for."""
        if self.judge is not None:
            return self.judge
        return "client" if signal is Signal.custom else "corrected"

    def firing_rule(self, signal: Signal, gap: timedelta | None) -> FiringRule:
        """`gap`: how far the profile's windows are apart; None: not known."""
        if signal is Signal.blind:
            return _BLIND
        return FiringRule(fire_after(self.fire_after, gap), self.resolve_after) if signal.is_drift else _ONCE

    def groups_by(self, channel: str) -> str:
        """`space` or `profile`: people tire of many messages, programs do not."""
        if self.group_by is not None:
            return self.group_by
        return "profile" if channel == "webhook" else "space"


DEFAULTS = Policy()
