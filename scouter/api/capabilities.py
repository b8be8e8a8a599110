"""What this server can do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scouter.api.routing import AnyRoute, Request, Resource, Route
from scouter.version import VERSION
from scouter.wire.capabilities import API_VERSION, AuthCapabilities, CapabilitiesReply, Features

# The names that programs written for the wire look for. All other routes are named by their path and method.
_KNOWN_NAMES = {
    "GET /scouter/drift/spc": "drift_spc",
    "GET /scouter/drift/psi": "drift_psi",
    "GET /scouter/drift/custom": "drift_custom",
    "POST /scouter/profile": "profile_insert",
    "POST /scouter/profiles": "profile_list",
    "POST /scouter/alerts": "alerts_list",
    "GET /scouter/tags": "tags_list",
    "GET /scouter/observability/metrics": "observability_metrics",
    "GET /scouter/api/v1/openapi.json": "openapi_spec",
    "GET /scouter/api/v1/docs": "docs",
}
_BARE_PATHS = {"openapi_spec", "docs"}  # those programs take these two for addresses

_FEATURES = Features(
    drift_detection=True,
    distributed_tracing=False,
    agent_evaluation=False,
    alerting=True,
    datasets=False,
)
_AUTH = AuthCapabilities(
    auth_type="bearer",
    login_endpoint="GET /scouter/auth/login",
    refresh_endpoint="GET /scouter/auth/refresh",
    token_header="Authorization: Bearer <token>",  # noqa: S106  # a form, not a token
)


class Capabilities:
    """`resources` may still grow: the routes are read when somebody asks."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._resources = resources

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/api/v1/capabilities",
                self.show,
                "What this server can do, and every route by name.",
                CapabilitiesReply,
                permission="none",
                public=True,
            )
        ]

    def show(self, _: Request[None, None]) -> CapabilitiesReply:
        routes = [route for resource in self._resources for route in resource.routes()]
        return CapabilitiesReply(API_VERSION, VERSION, _FEATURES, named_endpoints(routes), _AUTH)


def named_endpoints(routes: Iterable[AnyRoute]) -> dict[str, str]:
    """Every route as `METHOD /path` under a name of its own."""
    endpoints = {}
    for route in routes:
        endpoint = f"{route.method} {route.path}"
        name = _KNOWN_NAMES.get(endpoint) or _made_name(route)
        endpoints[name] = route.path if name in _BARE_PATHS else endpoint
    return endpoints


def _made_name(route: AnyRoute) -> str:
    words = re.findall(r"\w+", route.path.removeprefix("/scouter"))
    return "_".join([*words, route.method.lower()])
