"""Every metric of the server, declared in one place."""

from __future__ import annotations

from prometheus_client import Counter

RECORDS_STORED = Counter("scouter_records_stored", "Records committed to Postgres.", ["table"])
RECORDS_SKIPPED = Counter("scouter_records_skipped", "Records of good messages that were left out.", ["reason"])
MESSAGES_REFUSED = Counter("scouter_messages_refused", "Messages answered with an error.", ["code"])

# --- alerts on their way out
ALERTS_DELIVERED = Counter("scouter_alerts_delivered", "Notifications that a channel took.", ["channel"])
DELIVERY_FAILURES = Counter("scouter_delivery_failures", "Tries to send a notification that failed.", ["channel"])
ALERTS_GIVEN_UP = Counter("scouter_alerts_given_up", "Notifications that were never delivered.", ["channel"])
