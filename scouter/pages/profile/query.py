"""What the address of a profile's page says."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from scouter.pages.site import addresses
from scouter.pages.site.visit import Visit
from scouter.pages.text.time_ranges import Last, MomentText, TimeRange, time_range
from scouter.wire.cursors import Cursor
from scouter.wire.messages import Timestamp
from scouter.wire.names import FeatureName, Uid

AlertId = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class ProfileQuery(Struct, frozen=True):
    """`feature`: a part of the names to be shown. `alerts` and `after` are where pages before ended.
    `acknowledged`: the moment at which the reader just did so.
    """

    uid: Uid
    feature: FeatureName | None = None
    outside: bool = False
    show: Literal["12", "24"] = "12"
    after: Cursor | None = None
    alerts: AlertId | None = None
    last: Last | None = None
    start: MomentText | None = field(name="from", default=None)
    end: MomentText | None = field(name="to", default=None)
    archive: bool = True
    ask: Literal["off", "delete"] | None = None
    acknowledged: Timestamp | None = None

    @property
    def limit(self) -> int:
        return int(self.show)

    def range(self, visit: Visit) -> TimeRange:
        return time_range(self.last, self.start, self.end, visit.now, visit.reader.zone_info)

    def address(self, **changed: object) -> str:
        """Of the same page, but for what is changed. Where pages of lists ended is not in it."""
        given: dict[str, object] = {
            "feature": self.feature,
            "outside": self.outside,
            "show": None if self.show == "12" else self.show,
            "last": self.last,
            "from": self.start,
            "to": self.end,
            "archive": None if self.archive else "0",
        }
        return addresses.profile(self.uid, **{**given, **changed})
