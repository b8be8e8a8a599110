"""What a profile must satisfy to be registered, beyond having the right shape.

A profile that passes can be checked on its schedule without surprises, and every client can download it. The demands
are the ones that `drift.md` marks for the server and the defects that its section 10 lists. Nothing here does I/O.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import nsmallest
from itertools import islice, pairwise
from typing import TypeVar

from scouter.drift.schedules import Schedule
from scouter.drift.spc import RuleCounts
from scouter.errors import InvalidInput, SeveralInvalid
from scouter.wire.profiles import (
    AlertCondition,
    BinCount,
    BinningStrategy,
    BinType,
    ChiSquareThreshold,
    CustomProfile,
    DispatchConfig,
    EqualWidthBinning,
    FeatureMap,
    FixedThreshold,
    OpsGenieDispatch,
    Profile,
    PsiBin,
    PsiFeature,
    PsiProfile,
    PsiThreshold,
    SlackDispatch,
    SpcFeature,
    SpcProfile,
)

_LONGEST_NAME = 200
_INT32 = range(-(2**31), 2**31)
# Shares that a person rounded to three digits still count as a whole; a missing bin does not.
_PROPORTION_TOLERANCE = 0.01
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_ASCENDING_LIMITS = ("three_lcl", "two_lcl", "one_lcl", "center", "one_ucl", "two_ucl", "three_ucl")
_ALERTS = "profile.config.alert_config"

# Nobody mends more of them at once, and a document of megabytes may have a problem in every line.
MOST_PROBLEMS = 20

_Problems = Iterator[InvalidInput]


def require_acceptable(profile: Profile, now: datetime) -> None:
    """Raise one `InvalidInput` that lists what is wrong with the profile, up to `MOST_PROBLEMS`, if anything is."""
    problems = list(islice(_problems(profile, now), MOST_PROBLEMS + 1))
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise SeveralInvalid(problems[:MOST_PROBLEMS], are_all=len(problems) <= MOST_PROBLEMS)


def problems_of(profile: Profile, *, now: datetime) -> list[InvalidInput]:
    """Everything that speaks against registering `profile` at `now` (aware), in the order of the document."""
    return list(_problems(profile, now))


def _problems(profile: Profile, now: datetime) -> _Problems:
    yield from _common_problems(profile, now)
    yield from _own_problems(profile)


def _common_problems(profile: Profile, now: datetime) -> _Problems:
    config = profile.config
    for name in ("space", "name", "version"):
        yield from _name_problems(f"profile.config.{name}", getattr(config, name))
    yield from _schedule_problems(f"{_ALERTS}.schedule", config.alert_config.schedule, now)
    yield from _dispatch_problems(f"{_ALERTS}.dispatch_config", config.alert_config.dispatch_config)


def _own_problems(profile: Profile) -> _Problems:
    match profile:
        case SpcProfile():
            return _spc_problems(profile)
        case PsiProfile():
            return _psi_problems(profile)
        case CustomProfile():
            return _custom_problems(profile)


def _name_problems(field: str, name: str) -> _Problems:
    if not 1 <= len(name) <= _LONGEST_NAME or any(_is_control(letter) for letter in name):
        yield InvalidInput(field, name, f"a name of 1 to {_LONGEST_NAME} characters without control characters")


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs")


def _schedule_problems(field: str, text: str, now: datetime) -> _Problems:
    try:
        schedule = Schedule.parse(text)
    except InvalidInput as error:
        yield InvalidInput(field, text, error.accepted)
        return
    if schedule.next_after(now) is None:
        yield InvalidInput(field, text, f"a schedule that fires again after {now.isoformat(timespec='seconds')}")


def _dispatch_problems(field: str, config: DispatchConfig) -> _Problems:
    match config.chosen:
        case SlackDispatch(channel=channel) if not channel.strip():
            yield InvalidInput(f"{field}.Slack.channel", channel, "the name of a Slack channel")
        case OpsGenieDispatch(team=team) if not team.strip():
            yield InvalidInput(f"{field}.OpsGenie.team", team, "the name of an OpsGenie team")


def _spc_problems(profile: SpcProfile) -> _Problems:
    config = profile.config
    yield from _sample_size_problems(config.sample_size)
    yield from _rule_problems(f"{_ALERTS}.rule.rule", config.alert_config.rule.rule)
    yield from _monitored_problems(config.alert_config.features_to_monitor, profile.features)
    yield from _feature_map_problems(config.feature_map)
    yield from _features_problems(profile.features, _spc_feature_problems)


def _rule_problems(field: str, rule: str) -> _Problems:
    try:
        RuleCounts.parse(rule)
    except InvalidInput as error:
        yield InvalidInput(field, rule, error.accepted)


def _sample_size_problems(sample_size: int) -> _Problems:
    if not 1 <= sample_size < 2**31:
        yield InvalidInput("profile.config.sample_size", sample_size, "an integer of at least 1, within 32 bits")


def _monitored_problems(monitored: Iterable[str], features: Collection[str]) -> _Problems:
    yield from _unknown_features(f"{_ALERTS}.features_to_monitor", monitored, features)


def _unknown_features(field: str, names: Iterable[str], features: Collection[str]) -> _Problems:
    unknown = [(index, name) for index, name in enumerate(names) if name not in features]
    accepted = f"a feature of the profile: {_listed(features)}" if unknown else ""  # once: there may be as many of both
    for index, name in unknown:
        yield InvalidInput(f"{field}[{index}]", name, accepted)


def _feature_map_problems(feature_map: FeatureMap) -> _Problems:
    for feature, codes in feature_map.features.items():
        for word, code in codes.items():
            if code < 0 or code not in _INT32:
                field = f"profile.config.feature_map.features.{feature}.{word}"
                yield InvalidInput(field, code, "a code from 0 on, within 32 bits")


_Feature = TypeVar("_Feature", SpcFeature, PsiFeature)


def _features_problems(
    features: Mapping[str, _Feature], problems_of_one: Callable[[str, _Feature], _Problems]
) -> _Problems:
    if not features:
        yield InvalidInput("profile.features", {}, "at least one feature")
    for name, feature in features.items():
        field = f"profile.features.{name}"
        yield from _name_problems("profile.features", name)
        if _TIMESTAMP.fullmatch(feature.timestamp) is None:
            yield InvalidInput(f"{field}.timestamp", feature.timestamp, "date, time and offset (2025-01-02T03:04:05Z)")
        yield from problems_of_one(field, feature)


def _spc_feature_problems(field: str, feature: SpcFeature) -> _Problems:
    infinite = [name for name in _ASCENDING_LIMITS if not math.isfinite(getattr(feature, name))]
    for name in infinite:
        yield InvalidInput(f"{field}.{name}", getattr(feature, name), "a finite number")
    if infinite:
        return
    for lower, upper in pairwise(_ASCENDING_LIMITS):
        if getattr(feature, lower) > getattr(feature, upper):
            accepted = f"a number not above {upper} ({getattr(feature, upper)!r})"
            yield InvalidInput(f"{field}.{lower}", getattr(feature, lower), accepted)


def _psi_problems(profile: PsiProfile) -> _Problems:
    config = profile.config
    yield from _threshold_problems(f"{_ALERTS}.threshold", config.alert_config.threshold)
    yield from _monitored_problems(config.alert_config.features_to_monitor, profile.features)
    categorical = config.categorical_features or ()
    yield from _unknown_features("profile.config.categorical_features", categorical, profile.features)
    yield from _binning_problems("profile.config.binning_strategy", config.binning_strategy)
    yield from _feature_map_problems(config.feature_map)
    yield from _features_problems(profile.features, _psi_feature_problems)


def _threshold_problems(field: str, threshold: PsiThreshold) -> _Problems:
    chosen = threshold.chosen
    if isinstance(chosen, FixedThreshold):
        if not (math.isfinite(chosen.threshold) and chosen.threshold >= 0):
            yield InvalidInput(f"{field}.Fixed.threshold", chosen.threshold, "a finite number of at least 0")
    elif not 0 <= chosen.alpha < 1:
        kind = "ChiSquare" if isinstance(chosen, ChiSquareThreshold) else "Normal"
        yield InvalidInput(f"{field}.{kind}.alpha", chosen.alpha, "a number from 0 up to, but without, 1")


def _binning_problems(field: str, strategy: BinningStrategy) -> _Problems:
    counts = {f"{field}.QuantileBinning.num_bins": strategy.quantile}
    if isinstance(strategy.equal_width, EqualWidthBinning):
        counts = {f"{field}.EqualWidthBinning.method.Manual.num_bins": strategy.equal_width.method.manual}
    for path, count in counts.items():
        if isinstance(count, BinCount) and not 2 <= count.num_bins < 2**31:
            yield InvalidInput(path, count.num_bins, "an integer of at least 2, within 32 bits")


def _psi_feature_problems(field: str, feature: PsiFeature) -> _Problems:
    if not feature.bins:
        yield InvalidInput(f"{field}.bins", [], "at least one bin")
        return
    yield from _bin_id_problems(field, feature.bins)
    yield from _proportion_problems(field, feature.bins)
    if feature.bin_type is BinType.Category:
        yield from _category_problems(field, feature.bins)
    else:
        yield from _interval_problems(field, feature.bins)


def _bin_id_problems(field: str, bins: Sequence[PsiBin]) -> _Problems:
    seen: set[int] = set()
    for index, each in enumerate(bins):
        if each.id not in _INT32 or each.id in seen:
            yield InvalidInput(f"{field}.bins[{index}].id", each.id, "an integer within 32 bits, unique in its feature")
        seen.add(each.id)


def _proportion_problems(field: str, bins: Sequence[PsiBin]) -> _Problems:
    wrong = [(index, each.proportion) for index, each in enumerate(bins) if not 0 <= each.proportion <= 1]
    for index, proportion in wrong:
        yield InvalidInput(f"{field}.bins[{index}].proportion", proportion, "a share from 0 to 1")
    total = math.fsum(each.proportion for each in bins)
    if not wrong and abs(total - 1) > _PROPORTION_TOLERANCE:
        yield InvalidInput(f"{field}.bins", f"proportions that add up to {total:.6g}", "proportions that add up to 1")


def _category_problems(field: str, bins: Sequence[PsiBin]) -> _Problems:
    for index, each in enumerate(bins):
        for name in ("lower_limit", "upper_limit"):
            if getattr(each, name) is not None:
                accepted = "null: the bins of a Category feature have no limits"
                yield InvalidInput(f"{field}.bins[{index}].{name}", getattr(each, name), accepted)


def _interval_problems(field: str, bins: Sequence[PsiBin]) -> _Problems:
    """The bins of a numeric feature, by id, must cover the whole line without gap or overlap; empty bins may occur."""
    ordered = [(f"{field}.bins[{index}]", each) for index, each in sorted(enumerate(bins), key=lambda at: at[1].id)]
    end = -math.inf
    for path, each in ordered:
        if each.lower != end:
            yield InvalidInput(f"{path}.lower_limit", each.lower_limit, f"{_shown(end)}, the end of the bin before it")
        if each.upper is None or (each.lower is not None and not each.lower <= each.upper):
            yield InvalidInput(f"{path}.upper_limit", each.upper_limit, "a number not below the lower limit")
            return
        end = each.upper
    if end != math.inf:
        yield InvalidInput(f"{ordered[-1][0]}.upper_limit", end, "'inf' in the last bin")


def _shown(limit: float) -> str:
    return repr(limit) if math.isfinite(limit) else repr(str(limit))


def _custom_problems(profile: CustomProfile) -> _Problems:
    yield from _sample_size_problems(profile.config.sample_size)
    if not profile.metrics:
        yield InvalidInput("profile.metrics", {}, "at least one metric")
    for name, baseline in profile.metrics.items():
        yield from _name_problems("profile.metrics", name)
        if not math.isfinite(baseline):
            yield InvalidInput(f"profile.metrics.{name}", baseline, "a finite baseline")
    yield from _conditions_problems(profile.config.alert_config.alert_conditions or {}, profile.metrics)


def _conditions_problems(conditions: Mapping[str, AlertCondition], metrics: Collection[str]) -> _Problems:
    is_complete = conditions.keys() <= set(metrics)
    accepted = "" if is_complete else f"a metric of the profile: {_listed(metrics)}"
    for name, condition in conditions.items():
        field = f"{_ALERTS}.alert_conditions.{name}"
        if name not in metrics:
            yield InvalidInput(field, name, accepted)
        yield from _condition_problems(field, condition)


def _condition_problems(field: str, condition: AlertCondition) -> _Problems:
    for name in ("alert_threshold_value", "delta"):
        boundary = getattr(condition, name)
        if boundary is not None and not (math.isfinite(boundary) and boundary >= 0):
            accepted = "null or a finite number of at least 0 (a negative boundary alerts on the baseline itself)"
            yield InvalidInput(f"{field}.{name}", boundary, accepted)
    if condition.baseline_value is not None and not math.isfinite(condition.baseline_value):
        yield InvalidInput(f"{field}.baseline_value", condition.baseline_value, "a finite number")
    older = condition.alert_threshold_value
    if older is not None and older != condition.boundary:
        accepted = f"the same as delta ({condition.delta!r}): both name the one boundary"
        yield InvalidInput(f"{field}.alert_threshold_value", older, accepted)


def _listed(names: Collection[str], limit: int = 10) -> str:
    shown = ", ".join(name[:_LONGEST_NAME] for name in nsmallest(limit, names)) or "(there is none)"
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown
