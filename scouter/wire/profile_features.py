"""The features or metrics of a profile as its last check saw them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from scouter.wire.alerts import Alert
from scouter.wire.check_results import NotChecked, Observation
from scouter.wire.cursors import Cursor
from scouter.wire.names import FeatureName, Uid

FeatureOrder: TypeAlias = Literal["distance", "name"]


class FeaturesQuery(Struct, frozen=True):
    """`outside`: only what alerted. `q`: a part of the name. `cursor` is the `next_cursor` of the page before."""

    uid: Uid
    order: FeatureOrder = "distance"
    outside: bool = False
    q: FeatureName | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor | None = None


class FeatureItem(Struct, frozen=True):
    """What the check made of one feature or metric: an observation, or the obstacle to one.

    `distance` is in times the limit; null: it was not checked, there is no unit or, with `beyond`, no such number.
    """

    name: str
    distance: float | None
    beyond: bool
    outside: bool
    alerts: list[Alert]
    observation: Observation | None
    obstacle: NotChecked | None


class FeaturesPage(Struct, frozen=True):
    """Of the last check that has a result; without one, the names that the profile monitors. `total`: that fit.

    By distance, what alerted comes first: rules about runs of values alert below a distance of 1, too.
    """

    run_id: int | None
    window_start: datetime | None
    window_end: datetime | None
    total: int
    items: list[FeatureItem]
    has_next: bool
    next_cursor: str | None


class FeaturePosition(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page ended: so many features of that check were listed. A newer check has an order of its own."""

    run_id: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    listed: Annotated[int, Meta(ge=0, le=2**31 - 1)]
