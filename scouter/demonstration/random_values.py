"""What the models saw, drawn from one seed: the same for the same place in time, whenever it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from zlib import crc32

import numpy as np
import numpy.typing as npt

from scouter.demonstration.models import Category, Feature, Floats, Metric, Shift

Counts = npt.NDArray[np.int64]

_SEED = 20_251_107
_NOISE = 0.2  # of a mean of 25 values, in their standard deviations
_TIDE = 0.12  # the difference that the time of day makes
_NIGHT = 0.35  # of the busiest hour's requests are made in the quietest

_normal = NormalDist()


def generator_of(*names: str) -> np.random.Generator:
    return np.random.default_rng([_SEED, crc32("/".join(names).encode())])


def means(feature: Feature, days_ago: Floats, random: np.random.Generator) -> Floats:
    """The means of samples, oldest first, of shape (n,)."""
    tide = _TIDE * np.sin(2 * np.pi * (days_ago + random.uniform()))
    noise = random.normal(0.0, _NOISE, len(days_ago))
    return feature.center + feature.deviation * (noise + tide + _moved(feature.shifts, days_ago))


def metric_values(metric: Metric, days_ago: Floats, random: np.random.Generator) -> Floats:
    """Of shape (n,); nothing that they measure is below zero."""
    noise = random.normal(0.0, metric.noise, len(days_ago))
    return np.maximum(metric.baseline + noise + _moved(metric.shifts, days_ago), 0.0)


def edges_of(feature: Feature, bins: int) -> list[float]:
    """The inner limits of bins that hold the same share in training, ascending."""
    return [feature.center + feature.deviation * _normal.inv_cdf(n / bins) for n in range(1, bins)]


def bin_counts(
    feature: Feature | Category, bins: int, rate: int, days_ago: Floats, random: np.random.Generator
) -> Counts:
    """How many values fell into each bin, of shape (n, bins)."""
    moved = _moved(feature.shifts, days_ago)
    if isinstance(feature, Category):
        shares = _shares_of_words(list(feature.shares.values()), moved)
    else:
        shares = _shares_of_bins(bins, moved)
    sizes, places = random.spawn(2)  # so that how many there are of one does not move the other
    return places.multinomial(sizes.poisson(rate * busyness(days_ago)), shares)


def busyness(days_ago: Floats) -> Floats:
    """From `_NIGHT` to 1 over the day; the afternoon is the busiest."""
    return (1 + _NIGHT) / 2 - (1 - _NIGHT) / 2 * np.cos(2 * np.pi * (days_ago + 0.35))


def _moved(shifts: Sequence[Shift], days_ago: Floats) -> Floats:
    return np.sum([shift.at(days_ago) for shift in shifts], axis=0) if shifts else np.zeros(len(days_ago))


def _shares_of_words(shares: list[float], moved: Floats) -> Floats:
    """What moves to the last word leaves all others by what they have."""
    trained = np.array(shares) / sum(shares)
    rest = 1 - moved[:, None]
    made = trained * rest
    made[:, -1] += moved
    return made


def _shares_of_bins(bins: int, moved: Floats) -> Floats:
    inner = [_normal.inv_cdf(n / bins) for n in range(1, bins)]
    distinct, place = np.unique(moved, return_inverse=True)
    below = np.array([[0.0, *(_normal.cdf(limit - each) for limit in inner), 1.0] for each in distinct.tolist()])
    shares: Floats = np.diff(below, axis=1)[place]
    return shares
