"""Messages of which nothing can be kept, because this server does not know their kind: what they are, in words."""

from __future__ import annotations

import msgspec

from scouter.errors import Unsupported
from scouter.wire.messages import Entry

_KNOWN = Entry.__struct_encode_fields__
_MOST_KINDS, _LONGEST_KIND = 3, 40


class _Kinds(msgspec.Struct):
    records: list[dict[str, msgspec.Raw]]


def unsupported_spans() -> Unsupported:
    return Unsupported("request", "spans of a tracer", "records; traces are not kept by this server")


def unsupported_records(raw: bytes) -> Unsupported:
    """`raw`: a message of records that was decoded, and of which no record can be stored."""
    sent = msgspec.json.decode(raw, type=_Kinds)
    kinds = sorted({kind[:_LONGEST_KIND] for record in sent.records for kind in record} - set(_KNOWN))
    named = " and ".join([*kinds[:_MOST_KINDS], *(["others"] if len(kinds) > _MOST_KINDS else [])])
    kind = f"{named} records" if named else "records without a kind"
    *others, last = _KNOWN
    return Unsupported("records", kind, f"records of the kinds {', '.join(others)} or {last}")
