"""The pure part of checks: 1 000 profiles of each type with 20 features of 50 values, without a database."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import msgspec
import numpy as np

from scouter.drift.custom import ObservedMean
from scouter.drift.custom_check import check_custom
from scouter.drift.psi_check import check_psi
from scouter.drift.spc_check import TimedValues, check_spc
from scouter.wire.check_results import CheckResult
from scouter.wire.profiles import CustomProfile, PsiProfile, SpcProfile
from tests import profile_documents
from tests.benchmarks import machine


def add_to(benches: Any) -> None:
    parser = benches.add_parser("mathematics", help=__doc__)
    parser.add_argument("--profiles", type=int, default=1000)
    parser.add_argument("--features", type=int, default=20)
    parser.add_argument("--values", type=int, default=50, help="in the window of a feature")
    parser.add_argument("--seed", type=int, default=1)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    print(machine.describe())
    print(f"{options.profiles} profiles of {options.features} features with {options.values} values each")
    names = [f"f{n}" for n in range(options.features)]
    for prepare in (spc_checks, psi_checks, custom_checks):
        checks = prepare(names, options)
        best = min(timed(checks) for _ in range(3))
        print(f"{prepare.__name__:14} {best:.3f} s, {best / options.profiles * 1e6:.0f} us a check")


def timed(checks: Iterable[Callable[[], CheckResult]]) -> float:
    began = time.perf_counter()
    for check in checks:
        msgspec.json.encode(check())
    return time.perf_counter() - began


def spc_checks(names: list[str], options: argparse.Namespace) -> list[Callable[[], CheckResult]]:
    generator, moments = np.random.default_rng(options.seed), np.arange(options.values)
    profile = msgspec.convert(profile_documents.spc_profile(features=len(names)), SpcProfile)
    windows = [
        {name: TimedValues(moments, generator.normal(size=options.values)) for name in names}
        for _ in range(options.profiles)
    ]
    return [partial(check_spc, profile, window) for window in windows]


def psi_checks(names: list[str], options: argparse.Namespace) -> list[Callable[[], CheckResult]]:
    """Ten bins a feature: 50 values are not enough for them, so every value stands for a batch of counts."""
    generator, ids = np.random.default_rng(options.seed), range(1, 11)
    document = profile_documents.psi_profile(bins=len(ids))
    document["features"] = dict.fromkeys(names, document["features"]["f0"])
    document["config"]["alert_config"]["features_to_monitor"] = names
    profile = msgspec.convert(document, PsiProfile)
    drawn = generator.multinomial(options.values * 20, [1 / len(ids)] * len(ids), (options.profiles, len(names)))
    windows = [
        {name: dict(zip(ids, counts, strict=True)) for name, counts in zip(names, each, strict=True)}
        for each in drawn.tolist()
    ]
    return [partial(check_psi, profile, window) for window in windows]


def custom_checks(names: list[str], options: argparse.Namespace) -> list[Callable[[], CheckResult]]:
    generator, document = np.random.default_rng(options.seed), profile_documents.custom_profile()
    document["metrics"] = dict.fromkeys(names, 0.0)
    conditions = {name: {"alert_threshold": "Outside", "delta": 0.5} for name in names}
    document["config"]["alert_config"]["alert_conditions"] = conditions
    profile = msgspec.convert(document, CustomProfile)
    windows = [{name: generator.normal(size=options.values) for name in names} for _ in range(options.profiles)]

    def check(window: dict[str, Any]) -> CheckResult:
        return check_custom(profile, {name: ObservedMean.of(values) for name, values in window.items()})

    return [partial(check, window) for window in windows]
