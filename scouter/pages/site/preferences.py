"""Zone and theme: all that is kept in a browser."""

from __future__ import annotations

from zoneinfo import available_timezones

from scouter.errors import InvalidInput
from scouter.pages.site.page import Page
from scouter.pages.site.reader import THEME_COOKIE, THEMES, ZONE_COOKIE, is_zone
from scouter.pages.site.visit import Answer, Cookie, Moved, Shown, Visit

_A_YEAR = 365 * 86400


class Preferences:
    def pages(self) -> list[Page]:
        return [Page("/settings", self.show, {"keep": self.keep}, threads="rest", summary="Time zone and theme.")]

    def show(self, _: Visit) -> Answer:
        zones = [*sorted(zone for zone in available_timezones() if "/" in zone and is_zone(zone)), "UTC"]
        return Shown("preferences.html", {"zones": zones, "themes": THEMES}, seconds=0)

    def keep(self, visit: Visit) -> Answer:
        zone, theme = visit.field("zone"), visit.field("theme")
        if not is_zone(zone):
            raise InvalidInput("zone", zone, "a name of the time zone database, as Europe/Berlin")
        if theme not in THEMES:
            raise InvalidInput("theme", theme, f"one of {', '.join(THEMES)}")
        cookies = (Cookie(ZONE_COOKIE, zone, _A_YEAR), Cookie(THEME_COOKIE, theme, _A_YEAR))
        return Moved("/settings", "settings-kept", cookies)
