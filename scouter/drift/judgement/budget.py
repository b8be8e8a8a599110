"""From the false messages that people stand to the alpha of one check.

Nobody knows which alpha they want. It follows from how often a profile is checked, and after how many bad windows
somebody is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from scouter.drift.judgement.episodes import episode_rate, window_alpha
from scouter.drift.judgement.rules import FireAfter, JudgementRules
from scouter.drift.schedule_gaps import usual_gap, windows_a_day

AT_ONCE, TWO_OF_THREE = FireAfter(1, 1), FireAfter(2, 3)

_FAR_APART = timedelta(hours=6)  # to wait for another window costs so much, or next to nothing
_DAYS_A_WEEK = 7.0


@dataclass(frozen=True, slots=True)
class Budget:
    """What one check may say by chance: `alpha`, for all features of the check together."""

    alpha: float
    fire_after: FireAfter
    resolve_after: int
    windows_a_day: float

    @property
    def windows_a_week(self) -> float:
        return self.windows_a_day * _DAYS_A_WEEK

    def messages_a_week(self, bad: float) -> float:
        """When windows are bad with that probability, each by itself."""
        fire, window = self.fire_after
        if bad >= 1.0:  # it fires once and never ends
            return 0.0
        return self.windows_a_week * episode_rate(bad, fire=fire, window=window, resolve=self.resolve_after)


def budget_of(schedule: str, rules: JudgementRules) -> Budget:
    """A schedule that cannot be read, or that fires no second time, counts as a daily one."""
    fire_after = rules.fire_after or _fire_after(usual_gap(schedule))
    each_day = windows_a_day(schedule) or 1.0
    fire, window = fire_after
    alpha = window_alpha(each_day, rules.false_alarms, fire=fire, window=window, resolve=rules.resolve_after)
    return Budget(alpha, fire_after, rules.resolve_after, each_day)


def _fire_after(gap: timedelta | None) -> FireAfter:
    return AT_ONCE if gap is None or gap >= _FAR_APART else TWO_OF_THREE
