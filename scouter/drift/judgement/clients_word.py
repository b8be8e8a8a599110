"""Alerts that count because the client's rule says so: nobody asks for a second opinion."""

from __future__ import annotations

from scouter.drift.judgement.custom_judgement import effect_on
from scouter.wire.check_results import (
    CheckResult,
    CustomObservation,
    JudgedBy,
    Judgement,
    Observation,
    SpcObservation,
)


def as_the_client_says(result: CheckResult) -> tuple[Judgement, ...]:
    """Of every feature or metric that alerts, by name."""
    alerting = {alert.subject for alert in result.alerts}
    return tuple(
        Judgement(seen.name, JudgedBy.client, effect=_effect(seen))
        for seen in result.observations
        if seen.name in alerting
    )


def _effect(seen: Observation) -> float | None:
    match seen:
        case SpcObservation():
            sigma = (seen.three_ucl - seen.center) / 3.0
            return None if seen.mean is None or sigma <= 0.0 else _finite(abs(seen.mean - seen.center) / sigma)
        case CustomObservation():
            return effect_on(seen)
        case _:
            return seen.drift


def _finite(value: float) -> float | None:
    return value if value < float("inf") else None
