"""The WSGI application: every resource's routes on one Falcon app."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import falcon

from scouter.api import errors
from scouter.api.caller_address import TrustedProxies
from scouter.api.capabilities import ApiVersion
from scouter.api.endpoint import Endpoint
from scouter.api.request_log import RequestLog
from scouter.api.request_metrics import RequestMetrics
from scouter.api.routing import AnyRoute, Resource
from scouter.users.authentication import Authentication

Application = falcon.App[falcon.Request, falcon.Response]


class CollapsedSlashes:
    """A server address that ends in a slash makes clients ask for `//scouter/...`."""

    def process_request(self, request: falcon.Request, _: falcon.Response) -> None:
        if request.path.startswith("//"):
            request.path = re.sub("^/+", "/", request.path)


def application(
    resources: Iterable[Resource],
    authentication: Authentication,
    *,
    max_bytes: int,
    proxies: TrustedProxies | None = None,
    is_disk_full: Callable[[], bool] = lambda: False,
) -> Application:
    app: Application = falcon.App()
    app.add_middleware(RequestLog(proxies or TrustedProxies()))
    app.add_middleware(RequestMetrics())
    app.add_middleware(CollapsedSlashes())
    app.add_middleware(ApiVersion())
    app.req_options.strip_url_path_trailing_slash = True
    errors.install(app, is_disk_full)
    by_path: dict[str, list[AnyRoute]] = {}
    for resource in resources:
        for route in resource.routes():
            by_path.setdefault(route.path, []).append(route)
    for path, routes in by_path.items():
        app.add_route(path, Endpoint(routes, authentication, max_bytes=max_bytes))
    return app
