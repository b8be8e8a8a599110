"""The WSGI application: every resource's routes on one Falcon app."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

import falcon

from scouter.api import errors
from scouter.api.absent_routes import add_absent_routes
from scouter.api.caller_address import TrustedProxies
from scouter.api.endpoint import Endpoint, say_what_is_allowed
from scouter.api.port.bulkheads import BulkheadName
from scouter.api.reply_headers import on_api_replies
from scouter.api.request_log import RequestLog
from scouter.api.request_metrics import RequestMetrics
from scouter.api.route_table import PageAddress, Place, RouteTable, collapsed
from scouter.api.routing import AnyRoute, Resource
from scouter.users.authentication import Authentication

Application = falcon.App[falcon.Request, falcon.Response]


@dataclass(frozen=True, slots=True)
class Served:
    """What answers on a port, and what the port has to know of it."""

    app: Application
    table: RouteTable
    proxies: TrustedProxies
    open_forms: Collection[str] = ()
    """Paths where anybody may send something."""


class Neighbour(Protocol):
    """What is served beside the API, and is no part of it."""

    def addresses(self) -> Iterable[tuple[str, str, BulkheadName]]:
        """Method, path and whose threads."""

    def open_forms(self) -> Collection[str]: ...

    def install(self, app: Application) -> None: ...


class Targets:
    """Middleware: what is asked for otherwise than by the path of a route."""

    def __init__(self) -> None:
        self._methods = {"OPTIONS"}

    def add(self, route: AnyRoute) -> None:
        self._methods |= {route.method, "HEAD"} if route.method == "GET" else {route.method}

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        if request.path.startswith("//"):
            request.path = collapsed(request.path)
        elif request.path == "*" and request.method == "OPTIONS":  # of the server as a whole
            say_what_is_allowed(response, ", ".join(sorted(self._methods)))
            response.complete = True


def application(
    resources: Iterable[Resource],
    authentication: Authentication,
    *,
    max_bytes: int,
    proxies: TrustedProxies | None = None,
    is_disk_full: Callable[[], bool] = lambda: False,
    beside: Neighbour | None = None,
) -> Served:
    app: Application = falcon.App()
    proxies = proxies or TrustedProxies()
    app.add_middleware(RequestLog(proxies))
    app.add_middleware(RequestMetrics())
    targets = Targets()
    app.add_middleware(targets)
    app.add_middleware(on_api_replies())
    app.req_options.strip_url_path_trailing_slash = True
    errors.install(app, is_disk_full)
    by_path: dict[str, list[AnyRoute]] = {}
    for resource in resources:
        for route in resource.routes():
            by_path.setdefault(route.path, []).append(route)
            targets.add(route)
    for path, routes in by_path.items():
        app.add_route(path, Endpoint(routes, authentication, max_bytes=max_bytes))
    add_absent_routes(app)
    places: list[Place] = [route for routes in by_path.values() for route in routes]
    if beside is not None:
        beside.install(app)
        places += [PageAddress(*address) for address in beside.addresses()]
    return Served(app, RouteTable(places), proxies, beside.open_forms() if beside is not None else ())
