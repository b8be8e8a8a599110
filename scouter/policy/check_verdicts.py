"""What one check says about each problem: bad or not, and how bad."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from msgspec import UNSET

from scouter.policy.identity import ProblemKey, Side, Signal, side_of, signal_of
from scouter.wire.alerts import Alert
from scouter.wire.check_results import (
    CheckResult,
    CustomObservation,
    NotChecked,
    Observation,
    Obstacle,
    PsiObservation,
    SpcObservation,
)
from scouter.wire.profiles import Zone


@dataclass(frozen=True, slots=True)
class Opinion:
    """The second opinion on one feature or metric. `judged`: whether there could be one."""

    judged: bool
    significant: bool
    effect: float | None = None
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A window as one problem sees it. `zone_4`: SPC alerted on values beyond three sigma."""

    bad: bool
    effect: float | None = None
    p_value: float | None = None
    zone_4: bool = False


GOOD = Finding(bad=False)
_NOT_JUDGED = Opinion(judged=False, significant=False)


def is_bad(*, has_alert: bool, opinion: Opinion, judge: str) -> bool:
    """The client's rule has the first word; the second opinion may only take back what it can refute."""
    return has_alert and (judge == "client" or not opinion.judged or opinion.significant)


def findings_of(
    uid: str,
    drift_type: str,
    result: CheckResult,
    opinions: Mapping[str, Opinion],
    judges: Mapping[str, str],
    default_judge: str,
) -> dict[ProblemKey, Finding]:
    """One for each feature or metric that could be checked: bad in its direction, or good whatever its direction was.

    `opinions` and `judges` (where a feature has one of its own) are by the names of features or metrics.
    """
    signal, found = signal_of(drift_type), {}
    alerts = _by_subject(result.alerts)
    for seen in result.observations:
        own, opinion = alerts.get(seen.name, []), opinions.get(seen.name, _NOT_JUDGED)
        bad = is_bad(has_alert=bool(own), opinion=opinion, judge=judges.get(seen.name, default_judge))
        key = ProblemKey(uid, signal, seen.name, _side(seen) if bad else Side.none)
        found[key] = _finding(seen, own, opinion) if bad else GOOD
    return found


def blind_findings(uid: str, result: CheckResult) -> dict[ProblemKey, Finding]:
    """A feature is blind where records came and could not be checked; with none it is not known.

    A metric without a condition is left alone: that is what its profile says.
    """
    found = {ProblemKey(uid, Signal.blind, seen.name): GOOD for seen in result.observations}
    for left_out in result.not_checked:
        if _is_blind(left_out):
            found[ProblemKey(uid, Signal.blind, left_out.name)] = Finding(bad=True)
    return found


def findings_for(key: ProblemKey, findings: Mapping[ProblemKey, Finding]) -> Finding | None:
    """What a check says about a problem. Its feature is bad the other way round: good for this one. None: nothing."""
    if key in findings:
        return findings[key]
    same = [replace(key, direction=side) in findings for side in Side]
    return GOOD if any(same) else None


def _by_subject(alerts: Iterable[Alert]) -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = {}
    for alert in alerts:
        found.setdefault(alert.subject, []).append(alert)
    return found


def _is_blind(left_out: NotChecked) -> bool:
    return left_out.samples > 0 and left_out.obstacle not in (Obstacle.no_data, Obstacle.no_condition)


def _finding(seen: Observation, alerts: Iterable[Alert], opinion: Opinion) -> Finding:
    effect = _effect(seen) if opinion.effect is None else opinion.effect
    zone_4 = any(alert.spc is not UNSET and alert.spc.zone is Zone.Zone4 for alert in alerts)
    return Finding(bad=True, effect=effect, p_value=opinion.p_value, zone_4=zone_4)


def _side(seen: Observation) -> Side:
    if isinstance(seen, SpcObservation):
        return side_of(None if seen.mean is None else _difference(seen.mean, seen.center))
    return side_of(_difference(seen.observed, seen.baseline)) if isinstance(seen, CustomObservation) else Side.none


def _difference(one: float, other: float) -> float:
    """Only its sign counts, which a difference that is too large for a float still has."""
    return one - other


def _effect(seen: Observation) -> float | None:
    """PSI; sigmas of single values; the distance of a metric from its baseline. None: no finite number."""
    if isinstance(seen, PsiObservation):
        return _finite(seen.drift)
    if isinstance(seen, CustomObservation):
        return _finite(abs(seen.observed - seen.baseline))
    sigma = (seen.three_ucl - seen.center) / 3
    return None if seen.mean is None or not sigma > 0 else _finite(abs(seen.mean - seen.center) / sigma)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
