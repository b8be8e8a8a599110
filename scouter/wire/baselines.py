"""What the features or metrics of a profile looked like in training, for whoever draws them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from scouter.wire.charts import MAX_FEATURES
from scouter.wire.names import FeatureName, Uid


class BaselineQuery(Struct, frozen=True):
    uid: Uid
    feature: Annotated[list[FeatureName], Meta(min_length=1, max_length=MAX_FEATURES)]


class SpcBaseline(Struct, frozen=True, tag_field="drift_type", tag="Spc"):
    """`limits`: at three, two and one sigma below the center, then at one, two and three above."""

    center: float
    limits: list[float]


class BaselineBin(Struct, frozen=True):
    """(lower, upper] or, without both, a category, whose text is `label` where the profile knows it. An end that is
    null is none.
    """

    id: int
    lower: float | None
    upper: float | None
    label: str | None
    proportion: float


class PsiBaseline(Struct, frozen=True, tag_field="drift_type", tag="Psi"):
    """`threshold` is null where it depends on how many observations there are: by `threshold_type`, with `alpha`."""

    bins: list[BaselineBin]
    threshold: float | None
    threshold_type: str
    alpha: float | None


class CustomBaseline(Struct, frozen=True, tag_field="drift_type", tag="Custom"):
    """The range that the mean may not leave; a null end is none. Without a condition there are none."""

    baseline: float
    lowest: float | None
    highest: float | None


class BaselineReply(Struct, frozen=True):
    """By feature or metric; what the profile does not have is left out."""

    features: dict[str, SpcBaseline | PsiBaseline | CustomBaseline]
