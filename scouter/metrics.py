"""Every metric of the server, declared in one place."""

from __future__ import annotations

from prometheus_client import Counter

RECORDS_STORED = Counter("scouter_records_stored", "Records committed to Postgres.", ["table"])
RECORDS_SKIPPED = Counter("scouter_records_skipped", "Records of good messages that were left out.", ["reason"])
MESSAGES_REFUSED = Counter("scouter_messages_refused", "Messages answered with an error.", ["code"])
