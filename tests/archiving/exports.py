"""What a server hands out of a profile's records: `GET /scouter/records/{kind}`, read with pyarrow."""

from __future__ import annotations

import io
from collections import Counter
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq

from tests.archiving.records import Row
from tests.archiving.stored_rows import in_table
from tests.http_client import HttpClient


def export(
    client: HttpClient, kind: str, uid: str, start: datetime, end: datetime, *, archive: str | None = None
) -> Counter[Row]:
    """The multiset of the records with start <= created_at < end."""
    found = in_table(exported(client, kind, uid, start, end, archive=archive), kind)
    assert {of for of, _ in found} <= {uid}, f"the export of {uid} has records of others"
    return Counter({row: count for (_, row), count in found.items()})


def exported(
    client: HttpClient, kind: str, uid: str, start: datetime, end: datetime, *, archive: str | None = None
) -> pa.Table:
    answer = client.get(
        f"/scouter/records/{kind}",
        uid=uid,
        space="s",
        time_interval="Custom",
        start_custom_datetime=start.isoformat(),
        end_custom_datetime=end.isoformat(),
        archive=archive,
    )
    assert answer.status == 200, answer
    return pq.read_table(io.BytesIO(answer.body))
