"""How many samples the features of a profile usually have in a window, as its runs say."""

from __future__ import annotations

from statistics import median_low

import msgspec
from msgspec import Struct

from scouter.postgres.statements import Connection
from scouter.postgres.tables.runs import recent_results

_RUNS = 30


class _Seen(Struct, frozen=True):
    name: str
    samples: int


class _Result(Struct, frozen=True):
    """As much of a stored result as is looked at."""

    observations: tuple[_Seen, ...] = ()
    not_checked: tuple[_Seen, ...] = ()


_decode = msgspec.json.Decoder(_Result).decode


def usual_samples(connection: Connection, entity_id: int) -> dict[str, int]:
    """The median of the last windows in which there were any, by feature."""
    seen: dict[str, list[int]] = {}
    for text in recent_results(connection, entity_id, _RUNS):
        result = _decode(text)
        for each in (*result.observations, *result.not_checked):
            if each.samples:
                seen.setdefault(each.name, []).append(each.samples)
    return {name: median_low(counts) for name, counts in seen.items()}
