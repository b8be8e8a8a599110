"""From the records of one message to rows: identify, judge, skip what cannot be stored, encode."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput
from scouter.events.identities import Key, identify, key_of
from scouter.events.skips import Skip
from scouter.postgres import records as tables
from scouter.postgres.entities import SERVICE, Entities, Entity
from scouter.postgres.features import Features
from scouter.postgres.records import Rows, day_of
from scouter.wire.messages import CustomRecord, Entry, ObservabilityRecord, PsiRecord, SpcRecord

FUTURE_TOLERANCE = timedelta(days=1)
LONGEST_NAME = 1024
_NO_FEATURE = -1
# Clients build the records of one PSI batch within microseconds. Records further apart than this are no such batch.
_ONE_PSI_BATCH_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class MessageRows:
    """What one message comes to."""

    rows: list[Rows]
    skipped: Counter[Skip]

    @property
    def count(self) -> int:
        return sum(rows.count for rows in self.rows)


@dataclass(slots=True)
class _Encoded:
    """Rows of one table in the making."""

    table: str
    parts: list[bytes] = field(default_factory=list)
    days: set[int] = field(default_factory=set)

    def add(self, row: bytes, microseconds: int) -> None:
        self.parts.append(row)
        self.days.add(microseconds // tables.DAY_MICROSECONDS)

    def rows(self) -> Rows:
        days = frozenset(day_of(day * tables.DAY_MICROSECONDS) for day in self.days)
        return Rows(self.table, len(self.parts), days, b"".join(self.parts))


class RowMaker:
    """Turns messages into rows for any transport."""

    def __init__(self, entities: Entities, features: Features, *, max_past: timedelta) -> None:
        self._entities = entities
        self._features = features
        self._max_past = max_past

    def rows_of(self, entries: Sequence[Entry], caller: Caller, now: datetime) -> MessageRows:
        """The rows of a message, all of them or none.

        Raises `InvalidInput` for records of unknown profiles and `PermissionDenied` when any record's space is not
        the caller's to write to.
        """
        skipped: Counter[Skip] = Counter()
        accepted = range(to_microseconds(now - self._max_past), to_microseconds(now + FUTURE_TOLERANCE) + 1)
        task = _Task(self._entities, self._features, caller, accepted, skipped)
        made = [
            task.value_rows("spc_record", "Spc", [(e.spc, e.spc.feature) for e in entries if e.spc]),
            task.psi_rows([entry.psi for entry in entries if entry.psi]),
            task.value_rows("custom_record", "Custom", [(e.custom, e.custom.metric) for e in entries if e.custom]),
            task.observability_rows([e.observability for e in entries if e.observability], now),
        ]
        unknown = sum(1 for entry in entries if entry == _EMPTY)
        if unknown:
            skipped[Skip.UNKNOWN_KIND] = unknown
        return MessageRows([rows for rows in made if rows is not None], skipped)


_EMPTY = Entry()


@dataclass(frozen=True, slots=True)
class _Task:
    """One message on its way to rows."""

    entities: Entities
    features: Features
    caller: Caller
    accepted: range  # microseconds since 2000-01-01 UTC
    skipped: Counter[Skip]

    def value_rows(
        self, table: str, drift_type: str, named: Sequence[tuple[SpcRecord | CustomRecord, str]]
    ) -> Rows | None:
        keyed = [(key_of(record, drift_type), record, name) for record, name in named]
        ids = self._ids(drift_type, [(key, name) for key, _, name in keyed])
        encoded, encode = _Encoded(table), tables.encode_value_row
        for key, record, name in keyed:
            value = record.value
            if value is None or not math.isfinite(value):
                self.skipped[Skip.NULL_VALUE] += 1
                continue
            moment = to_microseconds(record.created_at)
            entity_id, feature_id = ids(key, name)
            if self._storable(moment, feature_id):
                encoded.add(encode(entity_id, feature_id, moment, value), moment)
        return encoded.rows() if encoded.parts else None

    def psi_rows(self, records: Sequence[PsiRecord]) -> Rows | None:
        keyed = [(key_of(record, "Psi"), record) for record in records]
        ids = self._ids("Psi", [(key, record.feature) for key, record in keyed])
        moment_of = _psi_moments(keyed)
        encoded = _Encoded("psi_record")
        for key, record in keyed:
            if record.bin_count is None:
                self.skipped[Skip.NULL_VALUE] += 1
                continue
            moment = moment_of(key, record)
            entity_id, feature_id = ids(key, record.feature)
            if self._storable(moment, feature_id):
                row = tables.encode_psi_row(entity_id, feature_id, moment, record.bin_id, record.bin_count)
                encoded.add(row, moment)
        return encoded.rows() if encoded.parts else None

    def observability_rows(self, records: Sequence[ObservabilityRecord], now: datetime) -> Rows | None:
        keyed = [(key_of(record, SERVICE), record) for record in records]
        entities = identify({key for key, _ in keyed}, SERVICE, self.caller, self.entities)
        moment = to_microseconds(now)
        encoded = _Encoded("observability_record")
        for key, record in keyed:
            routes = msgspec.json.encode(record.route_metrics)
            _require_storable_text("records.route_metrics", routes.decode())
            row = tables.encode_observability_row(
                entities[key].id, moment, record.request_count, record.error_count, routes
            )
            encoded.add(row, moment)
        return encoded.rows() if encoded.parts else None

    def _ids(self, drift_type: str, named: Sequence[tuple[Key, str]]) -> Callable[[Key, str], tuple[int, int]]:
        """How to get (entity id, feature id) of a record; `_NO_FEATURE` is beyond the limit of names."""
        names: dict[Key, set[str]] = {}
        for key, name in named:
            names.setdefault(key, set()).add(name)
        entities = identify(names, drift_type, self.caller, self.entities)
        known = {key: self._feature_ids(entities[key], names[key]) for key in names}
        entity_ids = {key: entity.id for key, entity in entities.items()}

        def ids(key: Key, name: str) -> tuple[int, int]:
            return entity_ids[key], known[key].get(name, _NO_FEATURE)

        return ids

    def _feature_ids(self, entity: Entity, names: set[str]) -> Mapping[str, int]:
        for name in names:
            _require_storable_name(name)
        return self.features.ids(entity.id, names)

    def _storable(self, moment: int, feature_id: int) -> bool:
        if moment not in self.accepted:
            self.skipped[Skip.OUTSIDE_ACCEPTED_TIME] += 1
            return False
        if feature_id == _NO_FEATURE:
            self.skipped[Skip.TOO_MANY_FEATURES] += 1
            return False
        return True


def to_microseconds(moment: datetime) -> int:
    """Microseconds since 2000-01-01 UTC, Postgres' own count. Exact: a float holds these 51 bits."""
    return round(moment.timestamp() * 1e6) - tables.POSTGRES_EPOCH_MICROSECONDS


def _psi_moments(keyed: Sequence[tuple[Key, PsiRecord]]) -> Callable[[Key, PsiRecord], int]:
    """One moment for all records of a batch, so that no window or time bin cuts through it.

    A batch is what one profile sent within a second. A message that brings together what was counted at different
    times, as a backfill does, keeps the times it says.
    """
    spans: dict[Key, tuple[int, int]] = {}
    for key, record in keyed:
        moment = to_microseconds(record.created_at)
        first, last = spans.get(key, (moment, moment))
        spans[key] = (min(first, moment), max(last, moment))

    def moment_of(key: Key, record: PsiRecord) -> int:
        first, last = spans[key]
        return first if last - first <= _ONE_PSI_BATCH_MICROSECONDS else to_microseconds(record.created_at)

    return moment_of


def _require_storable_name(name: str) -> None:
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput("records.feature", name, f"a name of 1 to {LONGEST_NAME} characters")
    _require_storable_text("records.feature", name)


def _require_storable_text(field_name: str, text: str) -> None:
    # Postgres has no text with a NUL in it; as JSON it travels escaped.
    if "\x00" in text or "\\u0000" in text:
        raise InvalidInput(field_name, text, "text without NUL characters")
