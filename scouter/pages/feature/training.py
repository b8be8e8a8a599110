"""One feature as its last check saw it against its training: bins, zones, or the range that is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from scouter.pages.charts.bin_shares import bin_bars
from scouter.pages.feature.bins import BinRow, bin_rows
from scouter.pages.feature.reading import FeatureRead
from scouter.pages.feature.zones import ZoneRow, zone_rows
from scouter.pages.profile.feature_charts import WireSeries
from scouter.pages.text.numbers import count, number, share
from scouter.pages.wording.rules import condition_in_words, rule_in_words, threshold_in_words
from scouter.wire.baselines import CustomBaseline, PsiBaseline, SpcBaseline
from scouter.wire.charts import PsiSeries
from scouter.wire.check_results import CustomObservation, Observation, PsiObservation, SpcObservation


@dataclass(frozen=True, slots=True)
class Training:
    """`facts`: what it is, in training, in the last check. `seen`: what was only in the last check, or only said.

    `bins` are those of PSI, `zones` those of SPC; `bars` show them.
    """

    rule: Sequence[str]
    facts: Sequence[tuple[str, str, str]]
    seen: Sequence[tuple[str, str]] = ()
    bars: Markup | None = None
    bins: list[BinRow] = field(default_factory=list)
    zones: list[ZoneRow] = field(default_factory=list)
    psi: float | None = None


def training(read: FeatureRead, now: WireSeries | None, name: str) -> Training:
    """`now`: of PSI, the window of the last check as one time bin."""
    seen = read.item.observation if read.item else None
    match read.baseline:
        case PsiBaseline():
            return _psi(read, read.baseline, seen, now if isinstance(now, PsiSeries) else None, name)
        case SpcBaseline():
            return _spc(read, read.baseline, seen if isinstance(seen, SpcObservation) else None, name)
        case CustomBaseline():
            return _custom(read, read.baseline, seen if isinstance(seen, CustomObservation) else None, name)
    return Training([], [])


def _psi(
    read: FeatureRead, baseline: PsiBaseline, seen: Observation | None, now: PsiSeries | None, name: str
) -> Training:
    threshold = read.stated.alerting.threshold
    rule = [threshold_in_words(threshold)] if threshold else []
    facts: list[tuple[str, str]] = []
    if isinstance(seen, PsiObservation):
        unknown = f"{count(seen.unknown)} ({share(seen.unknown / max(1, seen.samples))})"
        facts = [
            ("PSI", number(seen.drift)),
            ("Threshold", "none that is ever exceeded" if seen.threshold is None else number(seen.threshold)),
            ("Values", count(seen.samples)),
            *([("In bins that the profile lacks", unknown)] if seen.unknown else []),
        ]
    if now is None:
        return Training(rule, [], facts)
    rows = bin_rows(baseline, now.bins)
    bars = bin_bars(name, [row.share for row in rows], "bins")
    return Training(rule, [], facts, bars, bins=rows, psi=now.overall_psi)


def _spc(read: FeatureRead, baseline: SpcBaseline, seen: SpcObservation | None, name: str) -> Training:
    stated = read.stated.alerting.rule
    rule = rule_in_words(stated.rule, stated.zones_to_monitor) if stated else []
    limits = baseline.limits
    facts = [
        ("Center, mean", number(baseline.center), "" if seen is None else number(seen.mean)),
        *(
            (f"{label} sigma", f"{number(limits[2 - at])} to {number(limits[3 + at])}", "")
            for at, label in enumerate(("One", "Two", "Three"))
        ),
    ]
    if seen is None:
        return Training(rule, facts)
    facts.append(("Lowest to highest", "", f"{number(seen.lowest)} to {number(seen.highest)}"))
    said = [("Values", f"{count(seen.samples)}, each the mean of a batch")]
    said += [("NaN, left out", count(seen.skipped))] if seen.skipped else []
    rows = zone_rows(baseline, seen)
    return Training(rule, facts, said, bin_bars(name, [row.share for row in rows], "zones"), zones=rows)


def _custom(read: FeatureRead, baseline: CustomBaseline, seen: CustomObservation | None, name: str) -> Training:
    condition = (read.stated.alerting.alert_conditions or {}).get(name)
    rule = [condition_in_words(condition, baseline.baseline)] if condition else ["no condition: no alert"]
    facts = [("Baseline, mean", number(baseline.baseline), "" if seen is None else number(seen.observed))]
    if baseline.lowest is not None:
        facts.append(("Not below", number(baseline.lowest), ""))
    if baseline.highest is not None:
        facts.append(("Not above", number(baseline.highest), ""))
    said = [] if seen is None else [("Values", f"{count(seen.samples)}, each the mean of a batch")]
    return Training(rule, facts, said)
