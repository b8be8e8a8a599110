"""Messages that cannot be stored, as they happen to people: quarantine keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from scouter.demonstration.sent import Sent

_STAMP = "%Y-%m-%dT%H:%M:%SZ"


def mistakes(now: datetime) -> Iterator[Sent]:
    """The oldest first."""
    yield _of_another_kind(now - timedelta(days=2, hours=3))
    yield _poisoned(now - timedelta(hours=9))
    for minutes in (310, 190, 70):
        yield _of_nobody(now - timedelta(minutes=minutes))


def _poisoned(at: datetime) -> Sent:
    """Cut off in the middle, as by a proxy that had enough."""
    return Sent(_message([_spc("shop/churn", at, "income", 51_020.5)])[:-21], at)


def _of_nobody(at: datetime) -> Sent:
    """A service was rolled out before its profile was registered."""
    uid = "0198c2de-7a51-7c00-9b6e-5f1d6c0f2a11"
    return Sent(_message([_spc(uid, at, name, value) for name, value in (("age", 41.7), ("income", 49_880.0))]), at)


def _of_another_kind(at: datetime) -> Sent:
    """Somebody spelled a member in his own way."""
    record = {"uid": "shop/price", "created_at": at.strftime(_STAMP), "metric": "mae", "value": "3,2"}
    return Sent(_message([{"Custom": record}]), at)


def _spc(uid: str, at: datetime, feature: str, value: float) -> dict[str, Any]:
    return {"Spc": {"uid": uid, "created_at": at.strftime(_STAMP), "feature": feature, "value": value}}


def _message(records: list[dict[str, Any]]) -> bytes:
    return msgspec.json.encode({"records": records})
