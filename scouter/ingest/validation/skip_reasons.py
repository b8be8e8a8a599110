"""Why a record within a good message is left out. Each reason is counted and told to the sender."""

from __future__ import annotations

from enum import StrEnum


class Skip(StrEnum):
    NULL_VALUE = "null_value"
    UNKNOWN_KIND = "unknown_kind"
    OUTSIDE_ACCEPTED_TIME = "outside_accepted_time"
    TOO_MANY_FEATURES = "too_many_features"
