"""Open alerts as people look at them, and what ends them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from scouter.wire.alerts import Alert, AlertId
from scouter.wire.messages import Timestamp
from scouter.wire.names import FeatureName, Name, Uid
from scouter.wire.profiles import DriftType

MAX_ACKNOWLEDGED = 1000

GroupLimit = Annotated[int, Meta(ge=1, le=200)]
Note = Annotated[str, Meta(max_length=2000)]


class OpenAlertsQuery(Struct, frozen=True):
    """Whose open alerts; `cursor` is the `next_cursor` of the page before."""

    space: Name | None = None
    uid: Uid | None = None
    drift_type: DriftType | None = None
    limit: GroupLimit = 50
    cursor: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None


class OpenAlertGroup(Struct, frozen=True):
    """The open alerts of one feature or metric of one profile, `count` of them.

    `still`: the last check of the profile that saw records alerted for it, too. `kinds`: of SPC, those among the newest
    24. `alert` is the newest one, raised by `last_run_id`; null: that run has expired.
    """

    uid: str
    space: str
    name: str
    version: str
    drift_type: DriftType
    feature: str
    kinds: list[str]
    first_at: datetime
    last_at: datetime
    count: int
    still: bool
    first_id: int
    last_id: int
    last_run_id: int | None
    alert: Alert


class OpenAlertsPage(Struct, frozen=True):
    """By the newest alert of each group, newest first."""

    items: list[OpenAlertGroup]
    has_next: bool
    next_cursor: int | None


class AcknowledgedAlertGroup(Struct, frozen=True):
    """Alerts of one feature or metric that one person acknowledged at one moment."""

    uid: str
    space: str
    name: str
    version: str
    drift_type: DriftType
    feature: str
    first_at: datetime
    last_at: datetime
    count: int
    first_id: int
    last_id: int
    last_run_id: int | None
    alert: Alert
    acknowledged_by: str
    acknowledged_at: datetime
    note: str | None


class AcknowledgedAlertsPage(Struct, frozen=True):
    """The latest first."""

    items: list[AcknowledgedAlertGroup]
    has_next: bool
    next_cursor: str | None


class AlertDetail(Struct, frozen=True):
    """One alert with everything about it. Of those that were ended before this was kept, nobody knows by whom."""

    id: int
    created_at: datetime
    feature: str
    alert: Alert
    active: bool
    late: bool
    run_id: int | None
    uid: str
    space: str
    name: str
    version: str
    drift_type: DriftType
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    note: str | None


class AcknowledgeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one of: `ids`; `run_id`, all alerts of that check; `uid` with `until`, all of that profile, or of its
    `feature`, that were raised until then.
    """

    ids: Annotated[list[AlertId], Meta(min_length=1, max_length=MAX_ACKNOWLEDGED)] | None = None
    run_id: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None
    uid: Uid | None = None
    feature: FeatureName | None = None
    until: Timestamp | None = None
    note: Note | None = None


class AcknowledgeReply(Struct, frozen=True):
    """`already`: of the alerts that were named, by id or by their check, those that were acknowledged before."""

    acknowledged: int
    already: int


class AcknowledgedPosition(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page of acknowledged alerts ended."""

    at: datetime
    last_id: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
