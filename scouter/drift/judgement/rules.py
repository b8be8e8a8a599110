"""What decides how alerts are judged: the numbers that people may choose, each with what it is without a choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from scouter.drift.judgement.margin import CONFIDENCE, MIN_SAMPLES
from scouter.drift.judgement.shift_and_spike import MIN_SHIFT, MIN_SPIKE

Judge: TypeAlias = Literal["corrected", "client"]

MIN_EFFECT = 0.02  # of a PSI; about 0.15 sigma of a normal feature in ten deciles


class FireAfter(NamedTuple):
    """So many bad windows of the last `window`."""

    fire: int
    window: int

    def __str__(self) -> str:
        return f"{self.fire} of {self.window}"


@dataclass(frozen=True, slots=True)
class JudgementRules:
    """How the alerts of a profile are judged.

    `judge`: `corrected` asks the tests of this room, `client` takes the client's rule at its word. None: corrected, but
    for custom metrics the client's, because a boundary is a person's own decision.
    `false_alarms`: the days in which chance may make one message of a profile.
    `min_effect` (of a PSI), `min_shift` and `min_spike` (in sigma of single values): less than that does not matter.
    `min_samples`, `confidence`: of custom metrics.
    `fire_after`: None chooses by the schedule. `resolve_after`: so many good windows in a row end a problem.
    `features`: the rules of those features and metrics that have their own.
    """

    judge: Judge | None = None
    false_alarms: float = 90.0
    min_effect: float = MIN_EFFECT
    min_shift: float = MIN_SHIFT
    min_spike: float = MIN_SPIKE
    min_samples: int = MIN_SAMPLES
    confidence: float = CONFIDENCE
    fire_after: FireAfter | None = None
    resolve_after: int = 2
    features: Mapping[str, JudgementRules] = field(default_factory=dict)

    def of(self, name: str) -> JudgementRules:
        """Of one feature or metric."""
        return self.features.get(name, self)

    def asks_tests(self, drift_type: str) -> bool:
        """Whether anything of a profile is judged at all."""
        return any(each.judge_of(drift_type) == "corrected" for each in (self, *self.features.values()))

    def judge_of(self, drift_type: str) -> Judge:
        return self.judge or ("client" if drift_type == "Custom" else "corrected")


DEFAULT_RULES = JudgementRules()
