"""How often the client's own rules raise alerts on data that has not drifted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from scouter.drift.judgement.distributions import chi_square_tail
from scouter.drift.judgement.spc_judgement import sigma_of
from scouter.drift.psi import has_enough, psi_threshold
from scouter.drift.spc import RuleCounts, findings, limits_of, zone_codes
from scouter.wire.profiles import AlertCondition, AlertThreshold, PsiFeature, PsiThreshold, SpcFeature, SpcRule, Zone

_WINDOWS = 2000
_MOST_VALUES = 1_000_000  # of one simulation: a fraction of a second
_AT_ONCE = 250_000
_SEED = 1  # everybody is told the same, however often he asks
_DECIMALS = 9


class AlertRate(NamedTuple):
    """Of one feature or metric in one window: `share` of windows with an alert, and how many `rows` these are."""

    share: float
    rows: float


NEVER = AlertRate(0.0, 0.0)


def psi_rate(feature: PsiFeature, threshold: PsiThreshold, training_rows: int | None, samples: int) -> AlertRate:
    """PSI ~ (1/N + 1/M) chi-square, with a degree of freedom for each bin in use but one.

    Unknown training rows count as no more than the window.
    """
    bins = len(feature.bins)
    if not bins or not has_enough(samples, bins):
        return NEVER
    scale = 1.0 / (training_rows or samples) + 1.0 / samples
    degrees = sum(each.proportion > 0.0 for each in feature.bins) - 1
    limit = psi_threshold(threshold, bins, samples)
    share = chi_square_tail(limit / scale, degrees) if degrees > 0 and limit < float("inf") else 0.0
    return AlertRate(share, share)


def spc_rates(
    features: Sequence[SpcFeature], rule: SpcRule, *, batch: int, samples: int, training_rows: int | None
) -> list[AlertRate]:
    """By simulated windows of `samples` means of `batch` values each, through the rules of the check.

    Features whose limits are alike in their own sigma, which those of the clients are, share a simulation.
    """
    limits = [_in_sigmas(feature) for feature in features]
    values = max(_MOST_VALUES // max(len(set(limits) - {None}), 1), 1)
    windows = min(_WINDOWS, max(values // max(samples, 1), 1))
    return [
        NEVER
        if each is None or samples <= 0
        else _simulated(each, rule.rule, rule.zones_to_monitor, batch, min(samples, values), training_rows, windows)
        for each in limits
    ]


def custom_rate(condition: AlertCondition) -> AlertRate | None:
    """Without a boundary a metric alerts as soon as it is not at its baseline. None: it depends on how it scatters."""
    if condition.boundary:
        return None
    share = 1.0 if condition.alert_threshold is AlertThreshold.Outside else 0.5
    return AlertRate(share, share)


def _in_sigmas(feature: SpcFeature) -> tuple[float, ...] | None:
    """None: what never scatters raises no alert by chance."""
    sigma = sigma_of(feature)
    if not 0.0 < sigma < float("inf"):
        return None
    return tuple(round((limit - feature.center) / sigma, _DECIMALS) for limit in limits_of(feature))


@lru_cache(maxsize=500)
def _simulated(
    limits: tuple[float, ...],
    rule: str,
    zones: tuple[Zone, ...],
    batch: int,
    samples: int,
    training_rows: int | None,
    windows: int,
) -> AlertRate:
    random, counts = np.random.default_rng(_SEED), RuleCounts.parse(rule)
    off = 0.0 if training_rows is None else training_rows**-0.5
    alerting = rows = 0
    for size in _portions(windows, max(_AT_ONCE // samples, 1)):
        center = random.normal(0.0, off, (size, 1))
        values = (random.normal(0.0, batch**-0.5, (size, samples)) - center).ravel()
        codes = zone_codes(values, np.array(limits)[:, np.newaxis])
        found = findings(codes, np.full(size, samples, dtype=np.intp), counts, zones)
        alerting += sum(map(bool, found))
        rows += sum(map(len, found))
    return AlertRate(alerting / windows, rows / windows)


def _portions(whole: int, most: int) -> list[int]:
    return [min(most, whole - begun) for begun in range(0, whole, most)]
