"""What a sender is told to do."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class SenderOrder:
    """Travels as one line of JSON."""

    port: int
    token: str
    spc_uid: str
    custom_uid: str
    first_number: int  # numbers go up from here, and no other sender of the drill comes that far
    password: str = "admin"
    records: int = 100  # in each message
    connections: int = 16
    rows_a_second: float = 0.0  # 0: as fast as answers come
    messages: int = 0  # 0: until it is told to stop
    keyed: bool = False  # with an Idempotency-Key, and sent again until answered
    created_at: str = ""  # of every record; empty: the time of sending
    poison: tuple[str, ...] = ()  # kinds, see `Poison`
    poison_share: float = 0.0
    impatience: float = 0.0  # the share of messages whose connection is closed before an answer can come
    seed: int = 0
    answer_seconds: float = 60.0  # the published clients give up after a minute

    def line(self) -> str:
        return json.dumps(dataclasses.asdict(self)) + "\n"

    @classmethod
    def read(cls, line: str) -> Self:
        members = json.loads(line)
        return cls(**{**members, "poison": tuple(members["poison"])})
