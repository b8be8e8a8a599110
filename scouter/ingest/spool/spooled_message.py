"""A message in a spool, and its form on the disk."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from scouter.auth.permissions import Caller
from scouter.errors import ScouterError
from scouter.ingest.messages.inbound import InboundMessage
from scouter.ingest.messages.outcomes import TOTAL_NAMES, Outcome, Totals
from scouter.ingest.messages.results import Rejected
from scouter.wire.quarantine import Reason

SavedDeltas = Mapping[UUID, dict[str, Totals]]  # changes of the ledger, by the id under which they are written

_PACK_BYTES = 512  # smaller ones do not get smaller
_FAST = 1  # zlib's level: JSON of records shrinks to a tenth of its size even so


@dataclass(frozen=True, slots=True)
class SpooledMessage:
    """A message for the spool.

    `batch` is the id under which it may have been committed, `outcome` what has become of it in that case.
    `rejected` is the result that it has already.
    """

    inbound: InboundMessage
    rejected: Rejected | None = None
    batch: UUID | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class SpoolEntry:
    """A message in the spool, with its place."""

    number: int
    message: SpooledMessage


class _RejectedText(msgspec.Struct):
    """Why a message was rejected, as it is kept."""

    id: UUID
    reason: str
    detail: str


class _Caller(msgspec.Struct):
    username: str
    permissions: list[str]
    groups: list[str]


def row_of(message: SpooledMessage) -> tuple[Any, ...]:
    """Its columns without the number, in the order of `spool_storage`; the last one is the raw bytes."""
    inbound = message.inbound
    packed = len(inbound.raw) >= _PACK_BYTES
    return (
        message.batch.bytes if message.batch else None,
        _encoded_outcome(message.outcome),
        inbound.transport,
        inbound.received_at.isoformat(),
        _encoded_caller(inbound.caller),
        inbound.key,
        _encoded_rejection(message.rejected),
        packed,
        zlib.compress(inbound.raw, _FAST) if packed else inbound.raw,
    )


def entry_of(row: Any) -> SpoolEntry:
    number, batch, outcome, transport, received_at, caller, key, rejected, packed, raw = row
    sender = msgspec.json.decode(caller, type=_Caller)
    inbound = InboundMessage(
        transport,
        zlib.decompress(raw) if packed else raw,
        Caller(sender.username, frozenset(sender.permissions), frozenset(sender.groups)),
        datetime.fromisoformat(received_at),
        key,
    )
    batch_id = None if batch is None else UUID(bytes=batch)
    return SpoolEntry(
        number, SpooledMessage(inbound, _decoded_rejection(rejected), batch_id, _decoded_outcome(outcome))
    )


def encoded_deltas(deltas: SavedDeltas) -> str:
    return msgspec.json.encode({str(delta_id): _encoded_changes(each) for delta_id, each in deltas.items()}).decode()


def decoded_deltas(text: str) -> SavedDeltas:
    kept = msgspec.json.decode(text, type=dict[str, dict[str, dict[str, int]]])
    return {
        UUID(delta_id): {transport: Totals(**counts) for transport, counts in changes.items()}
        for delta_id, changes in kept.items()
    }


def _encoded_caller(caller: Caller) -> str:
    return msgspec.json.encode(_Caller(caller.username, sorted(caller.permissions), sorted(caller.groups))).decode()


def _encoded_rejection(rejected: Rejected | None) -> str | None:
    if rejected is None:
        return None
    return msgspec.json.encode(_RejectedText(rejected.id, rejected.reason.value, rejected.detail)).decode()


def _decoded_rejection(text: str | None) -> Rejected | None:
    if text is None:
        return None
    kept = msgspec.json.decode(text, type=_RejectedText)
    return Rejected(ScouterError(kept.detail), Reason(kept.reason), kept.id)


def _encoded_changes(changes: Mapping[str, Totals]) -> dict[str, dict[str, int]]:
    return {transport: _counts(totals) for transport, totals in changes.items()}


def _counts(totals: Totals) -> dict[str, int]:
    return {name: count for name in TOTAL_NAMES if (count := getattr(totals, name))}


def _encoded_outcome(outcome: Outcome | None) -> str | None:
    if outcome is None:
        return None
    return msgspec.json.encode(_counts(outcome.totals)).decode()


def _decoded_outcome(text: str | None) -> Outcome | None:
    return None if text is None else Outcome(Totals(**msgspec.json.decode(text, type=dict[str, int])))
