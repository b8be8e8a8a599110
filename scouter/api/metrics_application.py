"""What answers on the metrics port: the metrics, and the probes, which a process without HTTP has nowhere else."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable

import falcon
import msgspec
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from scouter.api import errors
from scouter.api.application import Application, Served
from scouter.api.caller_address import TrustedProxies
from scouter.api.http_server import HttpServer
from scouter.api.port.body_budget import BodyBudget
from scouter.api.port.bulkheads import metrics_bulkheads
from scouter.api.port.head_judgement import HeadJudgement
from scouter.api.probes import Probes
from scouter.api.reply_headers import ON_EVERY_REPLY, ReplyHeaders
from scouter.api.route_table import RouteTable
from scouter.runtime.health import HealthCheck
from scouter.runtime.metrics_collector import Gauge

_CONNECTIONS = 100
_BODY_BYTES = 4096


def metrics_application(collector: Collector, probes: Probes) -> Served:
    app: Application = falcon.App()
    app.add_middleware(ReplyHeaders(ON_EVERY_REPLY))
    errors.install(app)
    app.add_route("/metrics", _MetricsPage(collector))
    app.add_route("/livez", _ProbePage(probes.live))
    app.add_route("/readyz", _ProbePage(probes.ready))
    return Served(app, RouteTable(probes.routes()), TrustedProxies())


class MetricsServer(HttpServer):
    """Is no part of what it tells of: who reads that sees that it works."""

    def __init__(self, collector: Collector, probes: Probes, listener: socket.socket) -> None:
        super().__init__(
            metrics_application(collector, probes),
            listener,
            metrics_bulkheads(),
            # Nothing here takes a body.
            HeadJudgement(BodyBudget(0), lambda _: False, max_body_bytes=0),
            connection_limit=_CONNECTIONS,
            max_message_bytes=_BODY_BYTES,
            name="metrics",
        )

    def health_checks(self) -> Iterable[HealthCheck]:
        return ()

    def metrics(self) -> Iterable[Gauge]:
        return ()


class _MetricsPage:
    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        encode, response.content_type = choose_encoder(request.get_header("accept") or "")
        response.data = encode(self._collector)


class _ProbePage:
    def __init__(self, ask: Callable[[], msgspec.Struct]) -> None:
        self._ask = ask

    def on_get(self, _: falcon.Request, response: falcon.Response) -> None:
        response.content_type = falcon.MEDIA_JSON
        response.data = msgspec.json.encode(self._ask())
