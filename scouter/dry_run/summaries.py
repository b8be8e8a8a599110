"""A dry run in figures: as a whole, and by feature or metric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from msgspec import UNSET

from scouter.drift.replayed_features import ReplayedFeature
from scouter.dry_run.replaying import Replayed
from scouter.policy.identity import ProblemKey
from scouter.policy.problem import State, Step
from scouter.policy.telling import Kind
from scouter.wire.alerts import Alert
from scouter.wire.check_results import NotChecked
from scouter.wire.dry_runs import DryRunFeature, DryRunSummary

_DAY = timedelta(days=1)
_BARS = 10


def summary(run: Replayed) -> DryRunSummary:
    told = [each for each in run.said if each.why_not is None]
    return DryRunSummary(
        windows=len(run.windows),
        windows_with_alerts=sum(bool(each.alerts) for each in run.windows),
        alerts=sum(len(each.alerts) for each in run.windows),
        messages=len(told),
        reminders=sum(each.kind is Kind.reminder for each in told),
        days_firing=_firing(run) / _DAY,
        longest_episode_days=max((length / _DAY for length in _episodes(run)), default=0.0),
        features=[_feature(each, run) for each in sorted(run.features, key=lambda each: each.name)],
    )


def _firing(run: Replayed) -> timedelta:
    """While any problem did: from the window that made it fire to the one that ended it."""
    firing = (each.after.state is State.firing for each in run.windows)
    lengths = (later - sooner for sooner, later in pairwise(run.variant.windows.ends))
    return sum((length for length, is_firing in zip(lengths, firing, strict=False) if is_firing), timedelta())


def _episodes(run: Replayed) -> Iterable[timedelta]:
    """How long each problem fired; one that still does, until the end of the span."""
    begun: dict[ProblemKey, datetime] = {}
    for step in run.steps:
        if step.step is Step.firing:
            begun.setdefault(step.key, step.window_end)
        elif step.step in (Step.resolved, Step.ended) and step.key in begun:
            yield step.window_end - begun.pop(step.key)
    for since in begun.values():
        yield run.variant.windows.end - since


def _feature(feature: ReplayedFeature, run: Replayed) -> DryRunFeature:
    alerts = [alert for _, raised in feature.outcomes for alert in raised]
    effects = feature.effects[~np.isnan(feature.effects)]
    return DryRunFeature(
        name=feature.name,
        checked_windows=sum(not isinstance(seen, NotChecked) for seen, _ in feature.outcomes),
        alerts=len(alerts),
        alerts_by_kind=dict(Counter(sorted(kind for alert in alerts if (kind := _kind(alert)) is not None))),
        bad_windows=sum(feature.name in each.after.bad for each in run.windows),
        median_effect=float(np.median(effects)) if len(effects) else None,
        highest_effect=float(effects.max()) if len(effects) else None,
        p_values=_histogram(feature.p_values),
    )


def _kind(alert: Alert) -> str | None:
    return None if alert.spc is UNSET else f"{alert.spc.kind.value} {alert.spc.zone.value}"


def _histogram(p_values: npt.NDArray[np.float64]) -> list[int] | None:
    known = p_values[~np.isnan(p_values)]
    if not len(known):
        return None
    counted: list[int] = np.histogram(known, bins=_BARS, range=(0.0, 1.0))[0].tolist()
    return counted
