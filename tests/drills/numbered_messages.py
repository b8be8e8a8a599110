"""Messages whose every record carries a number of its own as its value; some of them are made poison on purpose."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from enum import StrEnum

from tests.drills.sender_order import SenderOrder
from tests.drills.sent_messages import GOOD

FEATURE, METRIC = "f0", "mae"
_NUMBER = re.compile(rb'"value": ?-?(\d+)')


class Poison(StrEnum):
    """What is wrong with a message."""

    UNDECODABLE = "undecodable"
    INVALID = "invalid"
    UNKNOWN_PROFILE = "unknown_profile"
    REFUSED_BY_DATABASE = "refused_by_database"  # by a trigger of the drill, which takes no value below zero


class MessageMaker:
    """Makes the bodies of one sender, SPC records and custom metrics in turn, always the same for the same seed."""

    def __init__(self, order: SenderOrder) -> None:
        self._order = order
        self._chooser = random.Random(order.seed)

    def next_kind(self) -> str:
        order = self._order
        if order.poison and self._chooser.random() < order.poison_share:
            return self._chooser.choice(order.poison)
        return GOOD

    def body(self, first: int, kind: str) -> bytes:
        """A message with the numbers from `first` on."""
        made = [self._record(number, first) for number in range(first, first + self._order.records)]
        middle = len(made) // 2
        if kind == Poison.INVALID:
            made[middle] = made[middle].replace('"created_at":"', '"created_at":"about ')
        elif kind == Poison.UNKNOWN_PROFILE:
            made[middle] = made[middle].replace('"uid":"', '"uid":"nobody-')
        elif kind == Poison.REFUSED_BY_DATABASE:
            made[middle] = made[middle].replace('"value":', '"value":-')
        body = ('{"records":[' + ",".join(made) + "]}").encode()
        return body[:-3] if kind == Poison.UNDECODABLE else body

    def _record(self, number: int, first: int) -> str:
        order = self._order
        stamp = order.created_at or datetime.now(UTC).isoformat()
        if first // order.records % 2:
            return (
                f'{{"Spc":{{"created_at":"{stamp}","uid":"{order.spc_uid}","feature":"{FEATURE}","value":{number}}}}}'
            )
        return (
            f'{{"Custom":{{"created_at":"{stamp}","uid":"{order.custom_uid}","metric":"{METRIC}","value":{number}}}}}'
        )


def numbers_in(body: bytes) -> list[int]:
    """The numbers of a message as it was sent, also of one that is no JSON."""
    return [int(found) for found in _NUMBER.findall(body)]
