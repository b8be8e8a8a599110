"""What is said of a profile beside its document: whose it is, and what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from scouter.demonstration.models import Watched
from scouter.demonstration.sent import Sent


def tags(model: Watched, uid: str, at: datetime) -> Iterator[Sent]:
    for key, value in model.tags.items():
        tag = {"entity_type": "profile", "entity_id": uid, "key": key, "value": value}
        yield Sent(msgspec.json.encode(tag), at)
