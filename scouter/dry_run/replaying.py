"""Records of the past through checks, judgement and policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scouter.archive.past_windows import PastWindows, Span
from scouter.archive.read_budget import ReadBudget
from scouter.drift.replayed_checks import replayed_checks
from scouter.drift.replayed_features import ReplayedFeature, checked_names, replay_custom, replay_psi, replay_spc
from scouter.dry_run.variants import Variant
from scouter.policy.replay import Replay, ReplayedStep, ReplayedWindow
from scouter.policy.replayed_group import Said
from scouter.wire.alerts import Alert
from scouter.wire.profiles import CustomProfile, PsiProfile, SpcProfile

_WINDOWS_BETWEEN_LOOKS = 100  # at the clock


@dataclass(frozen=True, slots=True)
class Work:
    """Under which budget, and who is told how much of it is done: a share from 0 to 1."""

    budget: ReadBudget
    progress: Callable[[float], None]

    def is_at(self, share: float) -> None:
        """Raises `TimeUp`."""
        self.progress(share)
        self.budget.require_time()


@dataclass(frozen=True, slots=True)
class CheckedWindow:
    """What came of one window. `rows`: records in it, of whatever feature."""

    rows: int
    alerts: tuple[Alert, ...]
    after: ReplayedWindow


@dataclass(frozen=True, slots=True)
class Replayed:
    """All windows of a variant, in their order, its features over all of them, and what policy made of it."""

    variant: Variant
    features: Sequence[ReplayedFeature]
    windows: Sequence[CheckedWindow]
    steps: Sequence[ReplayedStep]
    said: Sequence[Said]


@dataclass(frozen=True, slots=True)
class _Read:
    """By variant: its features, and the rows of each window."""

    features: list[list[ReplayedFeature]]
    rows: list[npt.NDArray[np.int64]]
    rows_read: int
    files: int


def replay(past: PastWindows, span: Span, variants: Sequence[Variant], work: Work) -> tuple[list[Replayed], int, int]:
    """Of each variant; how many records were read, and from how many files.

    Raises `TooManyRecords`, `TimeUp`, and what `PastWindows` does.
    """
    read = _readers[type(variants[0].profile)](past, span, variants, work)
    work.is_at(0.8)
    through = [
        _through_policy(variant, features, rows, work)
        for variant, features, rows in zip(variants, read.features, read.rows, strict=True)
    ]
    return through, read.rows_read, read.files


def _through_policy(
    variant: Variant, features: Sequence[ReplayedFeature], rows: npt.NDArray[np.int64], work: Work
) -> Replayed:
    run = Replay(variant.replayed, variant.layers, variant.silences)
    windows: list[CheckedWindow] = []
    results = replayed_checks(variant.how, features, len(variant.windows))
    for end, held, result in zip(variant.windows.ends, rows.tolist(), results, strict=True):
        windows.append(CheckedWindow(held, result.alerts, run.window(end, result)))
        if len(windows) % _WINDOWS_BETWEEN_LOOKS == 0:
            work.is_at(0.8 + 0.2 * len(windows) / len(rows))
    run.end(variant.windows.end)
    return Replayed(variant, features, windows, run.steps, run.said)


def _spc(past: PastWindows, span: Span, variants: Sequence[Variant], work: Work) -> _Read:
    """One feature after another. Whatever is not monitored counts among the rows of its windows."""
    found: list[list[ReplayedFeature]] = [[] for _ in variants]
    rows = [np.zeros(len(variant.windows), dtype=np.int64) for variant in variants]
    with past.values(span, work.budget) as (spooled, files):
        monitored = [checked_names(variant.profile) for variant in variants]
        names = sorted({*spooled.names, *(name for each in monitored for name in each)})
        for done, name in enumerate(names):
            work.is_at(0.4 + 0.4 * done / len(names))
            values = spooled.of(name)
            for variant, wanted, counted, features in zip(variants, monitored, rows, found, strict=True):
                places = variant.windows.places(values.moments)
                counted += _counted(places, len(counted))
                if name in wanted and isinstance(variant.profile, SpcProfile):
                    seen = replay_spc(variant.profile, name, values, variant.windows, variant.rows, variant.rules)
                    features.append(seen)
        return _Read(found, rows, spooled.rows, files)


def _psi(past: PastWindows, span: Span, variants: Sequence[Variant], work: Work) -> _Read:
    sums, files = past.counts(span, [variant.windows for variant in variants], work.budget)
    found: list[list[ReplayedFeature]] = []
    for variant, counts in zip(variants, sums, strict=True):
        assert isinstance(variant.profile, PsiProfile)  # noqa: S101  # variants are of one drift type
        features = []
        for name in _looked_at(variant, work):
            args = (counts.of(name), variant.windows, variant.rows, variant.rules)
            features.append(replay_psi(variant.profile, name, *args))
        found.append(features)
    return _Read(found, [each.window_rows for each in sums], sums[0].rows, files)


def _custom(past: PastWindows, span: Span, variants: Sequence[Variant], work: Work) -> _Read:
    sums, files = past.means(span, [variant.windows for variant in variants], work.budget)
    found: list[list[ReplayedFeature]] = []
    for variant, means in zip(variants, sums, strict=True):
        assert isinstance(variant.profile, CustomProfile)  # noqa: S101  # variants are of one drift type
        names = _looked_at(variant, work)
        found.append(
            [replay_custom(variant.profile, name, means.of(name), variant.windows, variant.rules) for name in names]
        )
    return _Read(found, [each.window_rows for each in sums], sums[0].rows, files)


def _looked_at(variant: Variant, work: Work) -> Iterator[str]:
    names = checked_names(variant.profile)
    for done, name in enumerate(names):
        work.is_at(0.4 + 0.4 * done / len(names))
        yield name


def _counted(places: npt.NDArray[np.int64], windows: int) -> npt.NDArray[np.int64]:
    inside = places[(places >= 0) & (places < windows)]
    return np.bincount(inside, minlength=windows).astype(np.int64)


_readers: dict[type, Callable[[PastWindows, Span, Sequence[Variant], Work], _Read]] = {
    SpcProfile: _spc,
    PsiProfile: _psi,
    CustomProfile: _custom,
}
