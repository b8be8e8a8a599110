"""What a PSI profile expects: its bins as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scouter.drift.psi import Floats
from scouter.wire.profiles import PsiFeature, PsiProfile


@dataclass(frozen=True, slots=True)
class ExpectedBins:
    """A feature's bins in its PSI profile: ids and proportions, both of shape (bins,)."""

    ids: npt.NDArray[np.int64]
    proportions: Floats


def expected_bins(profile: PsiProfile) -> dict[str, ExpectedBins]:
    """The bins of every feature of the profile, by feature name."""
    return {name: expected_bins_of(feature) for name, feature in profile.features.items()}


def expected_bins_of(feature: PsiFeature) -> ExpectedBins:
    """The bins of one feature."""
    return ExpectedBins(
        np.array([part.id for part in feature.bins], dtype=np.int64),
        np.array([part.proportion for part in feature.bins], dtype=np.float64),
    )
