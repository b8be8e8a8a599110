"""By what name a service counts messages as one alert."""

from __future__ import annotations

import hashlib


def alias_of(key: str, maximum: int) -> str:
    """The key itself, or its digest when it is longer than the service takes."""
    return key if len(key) <= maximum else hashlib.sha256(key.encode()).hexdigest()
