"""What clients ask before they begin: is the server there."""

from __future__ import annotations

from scouter.api.routing import AnyRoute, Request, Route
from scouter.version import VERSION
from scouter.wire.auth import HealthReply


class Healthcheck:
    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/healthcheck",
                self.check,
                "The process is up.",
                HealthReply,
                permission="none",
                public=True,
                bulkhead="probes",
            ),
        ]

    def check(self, _: Request[None, None]) -> HealthReply:
        return HealthReply(alive=True, version=VERSION)
