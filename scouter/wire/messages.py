"""Messages of records, as both wires send them.

A record names its profile by `uid` (current wire) or by space, name and version (legacy wire). Each record travels as
an object with one key, its kind: `{"Spc": {...}}`. Kinds that are not known here leave an `Entry` empty.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

Timestamp = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset, up to nanoseconds")]
BinId = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**62)]


class SpcRecord(Struct, frozen=True, gc=False):
    """The mean of one feature over one sample. A null value is what clients make of NaN."""

    created_at: Timestamp
    feature: str
    value: float | None
    uid: str | None = None
    space: str | None = None
    name: str | None = None
    version: str | None = None


class PsiRecord(Struct, frozen=True, gc=False):
    """How many values of one feature fell into one bin of the profile."""

    created_at: Timestamp
    feature: str
    bin_id: BinId
    bin_count: Count | None
    uid: str | None = None
    space: str | None = None
    name: str | None = None
    version: str | None = None


class CustomRecord(Struct, frozen=True, gc=False):
    """The mean of one metric over one sample."""

    created_at: Timestamp
    metric: str
    value: float | None
    uid: str | None = None
    space: str | None = None
    name: str | None = None
    version: str | None = None


class Percentiles(Struct, frozen=True):
    """Latencies of the requests that went well, in the client's unit."""

    p5: float | None
    p25: float | None
    p50: float | None
    p95: float | None
    p99: float | None


class RouteMetrics(Struct, frozen=True):
    """Request metrics of one route of a model service."""

    route_name: str
    metrics: Percentiles
    request_count: Count
    error_count: Count
    error_latency: float | None
    status_codes: dict[str, Count]


class ObservabilityRecord(Struct, frozen=True):
    """Request metrics of one model service. It carries no time: the time of arrival is used."""

    request_count: Count
    error_count: Count
    route_metrics: list[RouteMetrics]
    uid: str | None = None
    space: str | None = None
    name: str | None = None
    version: str | None = None


Record = SpcRecord | PsiRecord | CustomRecord | ObservabilityRecord


class Entry(Struct, frozen=True, gc=False):
    """One record under its kind."""

    spc: SpcRecord | None = msgspec.field(default=None, name="Spc")
    psi: PsiRecord | None = msgspec.field(default=None, name="Psi")
    custom: CustomRecord | None = msgspec.field(default=None, name="Custom")
    observability: ObservabilityRecord | None = msgspec.field(default=None, name="Observability")


class Message(Struct, frozen=True):
    """What is posted to `/scouter/message` or `/scouter/drift`: records, one tag, or spans of a tracer."""

    records: list[Entry] | UnsetType = UNSET
    entity_type: str | UnsetType = UNSET
    entity_id: str | UnsetType = UNSET
    key: str | UnsetType = UNSET
    value: str | UnsetType = UNSET
    request: Raw | UnsetType = UNSET


class MessageReply(Struct, frozen=True, omit_defaults=True):
    """What became of a message: how many records are stored, and how many were skipped for which reason.

    `spooled`: it is safe on the server's disk and is stored once the database is back; what its records come to is
    not known yet. `duplicate`: it was stored before under the same key, and this is what was stored then.
    """

    status: str
    message: str
    stored: int
    skipped: dict[str, int]
    spooled: bool = False
    duplicate: bool = False
