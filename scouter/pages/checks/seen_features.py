"""What one check saw of every feature, as rows of a table: value, limit, how far, whether it alerted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scouter.drift.distance import RankedFeature
from scouter.pages.site import addresses
from scouter.pages.text.numbers import count, number, share
from scouter.pages.wording.alerts import kinds_in_words
from scouter.pages.wording.outcomes import obstacle_sentence
from scouter.wire.check_results import CustomObservation, Observation, PsiObservation, SpcObservation

# What the columns are called, by drift type.
COLUMNS = {
    "Spc": ("Values", "Mean", "Lowest to highest", "Limits (three sigma)"),
    "Psi": ("Values", "PSI", "In unknown bins", "Threshold"),
    "Custom": ("Values", "Mean", "Baseline", "Allowed"),
}
OTHER_COLUMNS = ("Values", "Value", "", "Limit")


@dataclass(frozen=True, slots=True)
class SeenFeature:
    """`beside` and `limit` are what the columns of its drift type say. `alert`: in words, empty where it is fine."""

    name: str
    address: str
    samples: int
    value: str
    beside: str
    limit: str
    distance: float | None
    beyond: bool
    is_out: bool
    alert: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A feature that was not checked, and why."""

    name: str
    address: str
    why: str


def seen_features(uid: str, features: Sequence[RankedFeature]) -> list[SeenFeature]:
    """Those that were seen, in that order."""
    return [_seen(uid, each, each.observation) for each in features if each.observation is not None]


def left_out(uid: str, features: Sequence[RankedFeature]) -> list[LeftOut]:
    return [
        LeftOut(each.name, addresses.feature(uid, each.name), obstacle_sentence(each.obstacle))
        for each in features
        if each.obstacle is not None
    ]


def _seen(uid: str, feature: RankedFeature, seen: Observation) -> SeenFeature:
    value, beside, limit = _texts(seen)
    return SeenFeature(
        name=feature.name,
        address=addresses.feature(uid, feature.name),
        samples=seen.samples,
        value=value,
        beside=beside,
        limit=limit,
        distance=feature.distance.times,
        beyond=feature.distance.beyond,
        is_out=bool(feature.alerts),
        alert=_alert(feature),
    )


def _texts(seen: Observation) -> tuple[str, str, str]:
    match seen:
        case SpcObservation():
            return number(seen.mean), _range(seen.lowest, seen.highest), _range(seen.three_lcl, seen.three_ucl)
        case PsiObservation():
            unknown = f"{count(seen.unknown)} ({share(seen.unknown / max(1, seen.samples))})" if seen.unknown else "0"
            return number(seen.drift), unknown, "none" if seen.threshold is None else number(seen.threshold)
        case CustomObservation():
            return number(seen.observed), number(seen.baseline), _allowed(seen.lowest, seen.highest)


def _range(lowest: float | None, highest: float | None) -> str:
    return f"{number(lowest)} to {number(highest)}"


def _allowed(lowest: float | None, highest: float | None) -> str:
    if lowest is None and highest is None:
        return "everything"
    if lowest is None:
        return f"up to {number(highest)}"
    return f"{number(lowest)} and more" if highest is None else _range(lowest, highest)


def _alert(feature: RankedFeature) -> str:
    """The rules of SPC that were met; of other kinds there is one."""
    if not feature.alerts:
        return ""
    spc = [alert.spc for alert in feature.alerts if alert.spc]
    return kinds_in_words(spc) if spc else "outside"
