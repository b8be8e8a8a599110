"""What checks saw of single features: the part of a run's result that an alert is about."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec
from msgspec import Struct

from scouter.postgres.statements import Connection
from scouter.postgres.tables.runs import result_of_run
from scouter.wire.check_results import Judgement, Observation

Sighting: TypeAlias = tuple[int, str]  # a run, and a feature or a metric

_MOST = 4000


@dataclass(frozen=True, slots=True)
class Seen:
    """What a check saw of a feature, and the second opinion on it, where there is one."""

    observation: Observation
    judgement: Judgement | None


class _Seen(Struct, frozen=True):
    observations: tuple[Observation, ...]
    judgements: tuple[Judgement, ...] = ()


_decode = msgspec.json.Decoder(_Seen).decode


class Sightings:
    """Keeps what was looked for: a run never changes, and its result may be a megabyte. Safe to use from any thread."""

    def __init__(self, maximum: int = _MOST) -> None:
        self._maximum = maximum
        self._kept: OrderedDict[Sighting, Seen | None] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, connection: Connection, wanted: Iterable[Sighting]) -> Mapping[Sighting, Seen]:
        """Left out: what was not seen, and runs that have expired. Results are read one by one."""
        asked = set(wanted)
        with self._lock:
            found = {each: self._kept[each] for each in asked if each in self._kept}
        for run_id in {run for run, _ in asked - found.keys()}:
            read = _read(connection, run_id, {name for run, name in asked if run == run_id})
            self._keep(read)
            found.update(read)
        return {each: seen for each, seen in found.items() if seen is not None}

    def _keep(self, read: Mapping[Sighting, Seen | None]) -> None:
        with self._lock:
            self._kept.update(read)
            while len(self._kept) > self._maximum:
                self._kept.popitem(last=False)


def _read(connection: Connection, run_id: int, names: set[str]) -> dict[Sighting, Seen | None]:
    text = result_of_run(connection, run_id)
    if text is None:
        return dict.fromkeys([(run_id, name) for name in names])
    result = _decode(text.encode())
    judged = {each.name: each for each in result.judgements}
    seen = {each.name: Seen(each, judged.get(each.name)) for each in result.observations if each.name in names}
    return {(run_id, name): seen.get(name) for name in names}
