"""One feature or metric after another through all windows of a replay: what each check would have seen of it.

The checks themselves are asked, with every window as a series of its own. So a feature takes one call of a check
instead of one for each window, and only the records of one feature are in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from msgspec import UNSET
from msgspec.structs import replace

from scouter.drift.check_windows import CheckWindows
from scouter.drift.custom import ObservedMean
from scouter.drift.custom_check import check_custom
from scouter.drift.judgement.custom_judgement import judge_custom
from scouter.drift.judgement.known_rows import KnownRows
from scouter.drift.judgement.psi_judgement import PsiTest, tested_psi
from scouter.drift.judgement.rules import JudgementRules
from scouter.drift.judgement.spc_judgement import SpcTest, tested_spc
from scouter.drift.monitored import monitored_features
from scouter.drift.psi_check import check_psi
from scouter.drift.spc_check import TimedValues, check_spc
from scouter.wire.alerts import Alert
from scouter.wire.check_results import (
    CheckResult,
    CustomObservation,
    Judgement,
    NotChecked,
    Observation,
    Outcome,
    PsiObservation,
    SpcObservation,
)
from scouter.wire.profiles import CustomProfile, Profile, PsiProfile, SpcProfile

Test = SpcTest | PsiTest | Judgement
Floats = npt.NDArray[np.float64]

_VALUES_AT_ONCE = 250_000


@dataclass(frozen=True, slots=True)
class WindowMean:
    """The records of one metric in one window. `deviation` None: there is one record, or it is beyond reckoning."""

    count: int
    mean: float
    deviation: float | None


@dataclass(frozen=True, slots=True, eq=False)
class ReplayedFeature:
    """One feature or metric in every window: what came of its check, and what the tests say of it by itself.

    `tests` None: the window could not be checked, or no test is asked. `p_values` and `effects` of shape (windows,),
    NaN where there is none. `samples`: as the check counts them.
    """

    name: str
    outcomes: Sequence[Outcome]
    tests: Sequence[Test | None]
    p_values: Floats
    effects: Floats
    samples: npt.NDArray[np.int64]


def checked_names(profile: Profile) -> list[str]:
    """The features or metrics that a check of the profile is about, in its order."""
    if isinstance(profile, CustomProfile):
        return sorted(profile.metrics)
    return monitored_features(profile.config.alert_config.features_to_monitor, profile.features)


def replay_spc(
    profile: SpcProfile, name: str, values: TimedValues, windows: CheckWindows, rows: KnownRows, rules: JudgementRules
) -> ReplayedFeature:
    """`values`: all of the feature, the oldest first, moments in microseconds since 1970."""
    bounds = np.searchsorted(windows.places(values.moments), np.arange(len(windows) + 1))
    series = [TimedValues(values.moments[a:b], values.values[a:b]) for a, b in pairwise(bounds)]
    feature, known, batch = profile.features.get(name), rows.of(name), max(profile.config.sample_size, 1)

    def test(window: int, seen: Observation) -> SpcTest | None:
        if feature is None or not isinstance(seen, SpcObservation):
            return None
        return tested_spc(feature, series[window], replace(seen, name=name), known, batch, rules.of(name))

    results = (check_spc(_spc_of(profile, name, part), part) for part in _in_parts(series))
    return _replayed(name, results, len(windows), test if rules.asks_tests("Spc") else None)


def replay_psi(
    profile: PsiProfile,
    name: str,
    counts: Mapping[int, Mapping[int, int]],
    windows: CheckWindows,
    rows: KnownRows,
    rules: JudgementRules,
) -> ReplayedFeature:
    """`counts`: window -> bin id -> observations."""
    feature, known = profile.features.get(name), rows.of(name)

    def test(window: int, seen: Observation) -> PsiTest | None:
        if feature is None or not isinstance(seen, PsiObservation):
            return None
        return tested_psi(feature, counts[window], replace(seen, name=name), known)

    labelled = {_label(window): counts.get(window, {}) for window in range(len(windows))}
    alerting = replace(profile.config.alert_config, features_to_monitor=tuple(labelled))
    as_windows = replace(
        profile,
        features={} if feature is None else dict.fromkeys(labelled, feature),
        config=replace(profile.config, alert_config=alerting),
    )
    results = iter([check_psi(as_windows, labelled)])
    return _replayed(name, results, len(windows), test if rules.asks_tests("Psi") else None)


def replay_custom(
    profile: CustomProfile,
    name: str,
    means: Mapping[int, WindowMean],
    windows: CheckWindows,
    rules: JudgementRules,
) -> ReplayedFeature:
    """`means`: by window."""
    condition = (profile.config.alert_config.alert_conditions or {}).get(name)
    labels = [_label(window) for window in range(len(windows))]
    alerting = replace(
        profile.config.alert_config, alert_conditions=None if condition is None else dict.fromkeys(labels, condition)
    )
    as_windows = replace(
        profile,
        metrics=dict.fromkeys(labels, profile.metrics[name]),
        config=replace(profile.config, alert_config=alerting),
    )

    def test(window: int, seen: Observation) -> Judgement | None:
        if not isinstance(seen, CustomObservation):
            return None
        (made,) = judge_custom([replace(seen, name=name)], {name: means[window].deviation}, rules=rules)
        return made

    observed = {_label(window): ObservedMean(each.count, each.mean) for window, each in means.items()}
    results = iter([check_custom(as_windows, observed)])
    return _replayed(name, results, len(windows), test if rules.asks_tests("Custom") else None)


def _in_parts(series: Sequence[TimedValues]) -> Iterator[dict[str, TimedValues]]:
    """By label; the working memory of a check is several times its values."""
    part: dict[str, TimedValues] = {}
    held = 0
    for window, values in enumerate(series):
        if part and held + len(values.values) > _VALUES_AT_ONCE:
            yield part
            part, held = {}, 0
        part[_label(window)] = values
        held += len(values.values)
    if part:
        yield part


def _spc_of(profile: SpcProfile, name: str, part: Mapping[str, TimedValues]) -> SpcProfile:
    feature = profile.features.get(name)
    alerting = replace(profile.config.alert_config, features_to_monitor=tuple(part))
    return replace(
        profile,
        features={} if feature is None else dict.fromkeys(part, feature),
        config=replace(profile.config, alert_config=alerting),
    )


def _replayed(
    name: str, results: Iterator[CheckResult], windows: int, test: Callable[[int, Observation], Test | None] | None
) -> ReplayedFeature:
    outcomes: list[Outcome] = []
    tests: list[Test | None] = [None] * windows
    p_values, effects = np.full(windows, np.nan), np.full(windows, np.nan)
    samples = np.zeros(windows, dtype=np.int64)
    quiet: Outcome | None = None
    for seen, alerts in (each for result in results for each in _by_label(result)):
        window = len(outcomes)
        samples[window] = seen.samples
        if isinstance(seen, NotChecked):
            outcomes.append((replace(seen, name=name), ()))
            continue
        tests[window] = made = test(window, seen) if test is not None else None
        p_values[window] = _number(getattr(made, "p_value", None))
        effects[window] = _effect(seen, made)
        # Whoever does not alert is well, whatever was seen: one stands for all of them, for there may be very many.
        if not alerts and quiet is not None:
            outcomes.append(quiet)
            continue
        outcomes.append((replace(seen, name=name), tuple(_named(alert, name) for alert in alerts)))
        quiet = outcomes[-1] if not alerts else quiet
    return ReplayedFeature(name, outcomes, tests, p_values, effects, samples)


def _by_label(result: CheckResult) -> Iterator[tuple[Observation | NotChecked, list[Alert]]]:
    """In the order of windows, which is that of their labels."""
    alerts: dict[str, list[Alert]] = {}
    for alert in result.alerts:
        alerts.setdefault(alert.subject, []).append(alert)
    for seen in sorted([*result.observations, *result.not_checked], key=lambda each: each.name):
        yield seen, alerts.get(seen.name, [])


def _label(window: int) -> str:
    return f"{window:09d}"


def _named(alert: Alert, name: str) -> Alert:
    if alert.spc is not UNSET:
        return Alert(spc=replace(alert.spc, feature=name))
    if alert.psi is not UNSET:
        return Alert(psi=replace(alert.psi, feature=name))
    if alert.custom is not UNSET:
        return Alert(custom=replace(alert.custom, metric_name=name))
    return alert


def _effect(seen: Observation, test: Test | None) -> float:
    """As messages tell it: PSI, sigmas of single values, the distance of a metric from its baseline."""
    if isinstance(test, PsiTest):
        return test.drift
    said = None if test is None else test.effect
    if said is not None:
        return said
    match seen:
        case PsiObservation():
            return seen.drift
        case CustomObservation():
            return _number(abs(seen.observed - seen.baseline))
        case SpcObservation():
            sigma = (seen.three_ucl - seen.center) / 3
            return np.nan if seen.mean is None or not sigma > 0 else _number(abs(seen.mean - seen.center) / sigma)


def _number(value: float | None) -> float:
    return np.nan if value is None or not np.isfinite(value) else value
