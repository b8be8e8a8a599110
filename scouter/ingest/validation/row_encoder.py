"""From the records of one message to rows: find the profile, skip what cannot be stored, encode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput
from scouter.ingest.messages.results import Accepted
from scouter.ingest.validation.entity_resolution import Key, identify, key_of
from scouter.ingest.validation.skip_reasons import Skip
from scouter.postgres.tables import records as tables
from scouter.postgres.tables.entities import SERVICE, Entities, Entity
from scouter.postgres.tables.features import Features
from scouter.postgres.tables.records import Floats, Integers, Rows, to_microseconds
from scouter.wire.messages import CustomRecord, Entry, ObservabilityRecord, PsiRecord, Record, SpcRecord

FUTURE_TOLERANCE = timedelta(days=1)
LONGEST_NAME = 1024
_NO_FEATURE = -1
_NO_COUNT = -1
# Clients build the records of one PSI batch within microseconds. Records further apart than this are no such batch.
_ONE_PSI_BATCH_MICROSECONDS = 1_000_000

Booleans = npt.NDArray[np.bool_]
AnyRecord = TypeVar("AnyRecord", bound=Record)


class RowEncoder:
    """Turns messages into rows for any transport."""

    def __init__(self, entities: Entities, features: Features, *, max_past: timedelta) -> None:
        self._entities = entities
        self._features = features
        self._max_past = max_past

    def encode(self, entries: Sequence[Entry], caller: Caller, now: datetime) -> Accepted:
        """The rows of a message, all of them or none.

        Raises `InvalidInput` for records of unknown profiles and `PermissionDenied` when any record's space is not
        the caller's to write to.
        """
        task = _Task(self._entities, self._features, caller, now, self._max_past)
        rows = [
            *task.spc([entry.spc for entry in entries if entry.spc is not None]),
            *task.psi([entry.psi for entry in entries if entry.psi is not None]),
            *task.custom([entry.custom for entry in entries if entry.custom is not None]),
            *task.observability([entry.observability for entry in entries if entry.observability is not None]),
        ]
        task.skip(Skip.UNKNOWN_KIND, sum(1 for entry in entries if entry == _EMPTY) if task.seen < len(entries) else 0)
        return Accepted(rows, skipped=task.skipped)


_EMPTY = Entry()


class _Task:
    """One message on its way to rows, one entity at a time."""

    def __init__(
        self, entities: Entities, features: Features, caller: Caller, now: datetime, max_past: timedelta
    ) -> None:
        self.skipped: Counter[str] = Counter()
        self.seen = 0
        self._entities = entities
        self._features = features
        self._caller = caller
        self._now = to_microseconds(now)
        self._oldest = to_microseconds(now - max_past)
        self._newest = to_microseconds(now + FUTURE_TOLERANCE)

    def spc(self, records: Sequence[SpcRecord]) -> Iterable[Rows]:
        for entity, own in self._by_entity(records, "Spc"):
            values = _values([record.value for record in own])
            yield from self._value_rows("spc_record", entity, own, [record.feature for record in own], values)

    def custom(self, records: Sequence[CustomRecord]) -> Iterable[Rows]:
        for entity, own in self._by_entity(records, "Custom"):
            values = _values([record.value for record in own])
            yield from self._value_rows("custom_record", entity, own, [record.metric for record in own], values)

    def psi(self, records: Sequence[PsiRecord]) -> Iterable[Rows]:
        for entity, own in self._by_entity(records, "Psi"):
            counts = _integers([_NO_COUNT if record.bin_count is None else record.bin_count for record in own])
            feature_ids = self._feature_ids(entity, [record.feature for record in own])
            moments = _one_moment(_moments(own))
            kept = self._kept(counts != _NO_COUNT, moments, feature_ids)
            if kept.any():
                bin_ids = _integers([record.bin_id for record in own])
                yield tables.psi_rows(entity.id, feature_ids[kept], moments[kept], bin_ids[kept], counts[kept])

    def observability(self, records: Sequence[ObservabilityRecord]) -> Iterable[Rows]:
        for entity, own in self._by_entity(records, SERVICE):
            for record in own:
                routes = msgspec.json.encode(record.route_metrics)
                _require_storable_text("records.route_metrics", routes.decode())
                yield tables.observability_row(entity.id, self._now, record.request_count, record.error_count, routes)

    def skip(self, reason: Skip, count: int) -> None:
        if count:
            self.skipped[reason] += count

    def _value_rows(
        self, table: str, entity: Entity, records: Sequence[SpcRecord | CustomRecord], names: list[str], values: Floats
    ) -> Iterable[Rows]:
        feature_ids = self._feature_ids(entity, names)
        moments = _moments(records)
        kept = self._kept(np.isfinite(values), moments, feature_ids)
        if kept.all():
            yield tables.value_rows(table, entity.id, feature_ids, moments, values)
        elif kept.any():
            yield tables.value_rows(table, entity.id, feature_ids[kept], moments[kept], values[kept])

    def _by_entity(self, records: Sequence[AnyRecord], drift_type: str) -> list[tuple[Entity, Sequence[AnyRecord]]]:
        """The records of each entity. A message of one profile, as clients send them, is not taken apart."""
        if not records:
            return []
        self.seen += len(records)
        uids = {record.uid for record in records}
        if len(uids) == 1 and None not in uids:
            groups: Mapping[Key, Sequence[AnyRecord]] = {key_of(records[0], drift_type): records}
        else:
            groups = _grouped(records, drift_type)
        entities = identify(groups, drift_type, self._caller, self._entities)
        return [(entities[key], own) for key, own in groups.items()]

    def _feature_ids(self, entity: Entity, names: list[str]) -> Integers:
        """The id of every name; `_NO_FEATURE` for one beyond the limit of names."""
        wanted = set(names)
        known = self._features.known(entity.id, wanted)
        if known is None:
            for name in wanted:
                _require_storable_name(name)
            known = self._features.ids(entity.id, wanted)
        if wanted <= known.keys():
            return np.fromiter(map(known.__getitem__, names), np.int64, len(names))
        return _integers([known.get(name, _NO_FEATURE) for name in names])

    def _kept(self, has_value: Booleans, moments: Integers, feature_ids: Integers) -> Booleans:
        """Which records can be stored. Each of the others is counted, once, under the first reason."""
        in_time = (moments >= self._oldest) & (moments <= self._newest)
        named = feature_ids != _NO_FEATURE
        kept: Booleans = has_value & in_time & named
        if not kept.all():
            self.skip(Skip.NULL_VALUE, int((~has_value).sum()))
            self.skip(Skip.OUTSIDE_ACCEPTED_TIME, int((has_value & ~in_time).sum()))
            self.skip(Skip.TOO_MANY_FEATURES, int((has_value & in_time & ~named).sum()))
        return kept


def _grouped(records: Sequence[AnyRecord], drift_type: str) -> dict[Key, list[AnyRecord]]:
    groups: dict[Key, list[AnyRecord]] = {}
    for record in records:
        groups.setdefault(key_of(record, drift_type), []).append(record)
    return groups


def _moments(records: Sequence[SpcRecord | CustomRecord | PsiRecord]) -> Integers:
    seconds = np.array([record.created_at.timestamp() for record in records])
    moments: Integers = np.rint(seconds * 1e6).astype(np.int64) - tables.POSTGRES_EPOCH_MICROSECONDS
    return moments


def _one_moment(moments: Integers) -> Integers:
    """One moment for all records of a PSI batch, so that no window or time bin cuts through it.

    A batch is what one profile sent within a second. A message that brings together what was counted at different
    times, as a backfill does, keeps the times it says.
    """
    first = moments.min()
    return np.full_like(moments, first) if moments.max() - first <= _ONE_PSI_BATCH_MICROSECONDS else moments


def _values(values: list[float | None]) -> Floats:
    """None becomes NaN."""
    return np.array(values, dtype=np.float64)


def _integers(values: list[int]) -> Integers:
    return np.array(values, dtype=np.int64)


def _require_storable_name(name: str) -> None:
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput("records.feature", name, f"a name of 1 to {LONGEST_NAME} characters")
    _require_storable_text("records.feature", name)


def _require_storable_text(field_name: str, text: str) -> None:
    # Postgres has no text with a NUL in it; as JSON it travels escaped.
    if "\x00" in text or "\\u0000" in text:
        raise InvalidInput(field_name, text, "text without NUL characters")
