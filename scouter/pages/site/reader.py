"""What a browser says of who looks: zone and theme. Nothing else is kept there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ZONE_COOKIE, THEME_COOKIE = "scouter_zone", "scouter_theme"
THEMES = ("auto", "light", "dark")
UTC = "UTC"
_NAME = re.compile(r"[A-Za-z0-9_+-]{1,40}(?:/[A-Za-z0-9_+-]{1,40}){0,2}")


@dataclass(frozen=True, slots=True)
class Reader:
    """`zone` is a name of the time zone database."""

    zone: str = UTC
    theme: str = "auto"

    @classmethod
    def of(cls, cookie: Callable[[str], str | None]) -> Reader:
        """Whatever there is no such zone or theme for is left as it is without."""
        zone, theme = cookie(ZONE_COOKIE) or UTC, cookie(THEME_COOKIE) or "auto"
        return cls(zone if is_zone(zone) else UTC, theme if theme in THEMES else "auto")

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


@lru_cache(1000)
def is_zone(name: str) -> bool:
    """A name that could lead out of the database's directory is none."""
    if not _NAME.fullmatch(name):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
