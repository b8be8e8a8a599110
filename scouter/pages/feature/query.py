"""What the addresses of one feature say."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field

from scouter.pages.site import addresses
from scouter.pages.site.visit import Visit
from scouter.pages.text.time_ranges import Last, MomentText, TimeRange, time_range
from scouter.wire.messages import Timestamp
from scouter.wire.names import FeatureName, Uid

RunId = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class FeatureQuery(Struct, frozen=True):
    """`start2` and `end2` name a second span, which is compared with the first. `checks`: those below that id.
    `acknowledged`: the moment at which the reader just did so.
    """

    uid: Uid
    name: FeatureName
    last: Last | None = None
    start: MomentText | None = field(name="from", default=None)
    end: MomentText | None = field(name="to", default=None)
    start2: MomentText | None = field(name="from2", default=None)
    end2: MomentText | None = field(name="to2", default=None)
    checks: RunId | None = None
    archive: bool = True
    acknowledged: Timestamp | None = None

    def range(self, visit: Visit) -> TimeRange:
        return time_range(self.last, self.start, self.end, visit.now, visit.reader.zone_info)

    def second(self, visit: Visit) -> TimeRange | None:
        """The other span, if one is asked for."""
        if self.start2 is None and self.end2 is None:
            return None
        return time_range(None, self.start2, self.end2, visit.now, visit.reader.zone_info)

    def address(self, path: str = "/feature", **changed: object) -> str:
        """Of the same feature and spans, but for what is changed."""
        given: dict[str, object] = {
            "uid": self.uid,
            "name": self.name,
            "last": self.last,
            "from": self.start,
            "to": self.end,
            "from2": self.start2,
            "to2": self.end2,
            "archive": None if self.archive else "0",
        }
        return addresses.address(path, {**given, **changed})
