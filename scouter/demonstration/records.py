"""The records of thirty days, as the published client's queues would have sent them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, TypeAlias

import msgspec
import numpy as np

from scouter.demonstration.models import DAYS, Category, CustomModel, Feature, Floats, Model, PsiModel, SpcModel
from scouter.demonstration.random_values import bin_counts, generator_of, means, metric_values
from scouter.demonstration.sent import Sent, last_window_end

# Of the record number n: those of everything that the profile watches, without uid and time.
_AtOnce: TypeAlias = Callable[[int], list[dict[str, Any]]]

_DAY = timedelta(days=1)
_encode = msgspec.json.Encoder().encode


def records(model: Model, uid: str, now: datetime) -> Iterator[Sent]:
    """A message for each day of records."""
    end = last_window_end(model, now)
    times = _times(model, end, now)
    if not times:
        return
    kind, at_once = _drawn(model, np.array([(end - each) / _DAY for each in times]))
    for _, numbers in groupby(range(len(times)), key=lambda n: times[n].date()):
        own = list(numbers)
        sent = [{kind: {"uid": uid, "created_at": _stamp(times[n]), **each}} for n in own for each in at_once(n)]
        yield Sent(_encode({"records": sent}), times[own[-1]])


def _times(model: Model, end: datetime, now: datetime) -> list[datetime]:
    """Oldest first, none of them at the border of a window."""
    step = timedelta(minutes=model.every)
    first, count = end - DAYS * _DAY + step / 2, int(DAYS * _DAY / step)
    until = min(now, end - max(model.silent, model.off) * _DAY) if model.silent or model.off else now
    more = max(int((now - end) / step), 0)
    times = (first + n * step for n in range(count + more))
    return [each for each in times if each < until]


def _drawn(model: Model, days_ago: Floats) -> tuple[str, _AtOnce]:
    """The kind of record, and what each of them holds."""
    if isinstance(model, SpcModel):
        series = {each.name: means(each, days_ago, _generator(model, each.name)) for each in model.features}
        return "Spc", _values(series, "feature")
    if isinstance(model, CustomModel):
        series = {each.name: metric_values(each, days_ago, _generator(model, each.name)) for each in model.metrics}
        return "Custom", _values(series, "metric")
    return "Psi", _counts(model, days_ago)


def _values(series: dict[str, Floats], label: str) -> _AtOnce:
    rounded = {name: [float(f"{value:.6g}") for value in values] for name, values in series.items()}
    return lambda n: [{label: name, "value": values[n]} for name, values in rounded.items()]


def _counts(model: PsiModel, days_ago: Floats) -> _AtOnce:
    """Words are numbered from 0, intervals from 1. Empty bins are sent, too."""
    counted = [
        (each.name, int(isinstance(each, Feature)), _bin_counts(model, each, days_ago)) for each in model.features
    ]
    return lambda n: [
        {"feature": name, "bin_id": place + first, "bin_count": count}
        for name, first, counts in counted
        for place, count in enumerate(counts[n])
    ]


def _bin_counts(model: PsiModel, feature: Feature | Category, days_ago: Floats) -> list[list[int]]:
    random = _generator(model, feature.name)
    counts: list[list[int]] = bin_counts(feature, model.bins, model.rate, days_ago, random).tolist()
    return counts


def _generator(model: Model, name: str) -> np.random.Generator:
    return generator_of(model.space, model.name, model.version, name)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
