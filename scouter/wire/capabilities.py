"""What this server can do, for programs that ask before they use it."""

from __future__ import annotations

from msgspec import Struct

API_VERSION = "1.0.0"


class Features(Struct, frozen=True):
    """What is there. Tracing, evaluation of agents and data sets are no part of this server."""

    drift_detection: bool
    distributed_tracing: bool
    agent_evaluation: bool
    alerting: bool
    datasets: bool


class AuthCapabilities(Struct, frozen=True):
    auth_type: str
    login_endpoint: str
    refresh_endpoint: str
    token_header: str


class CapabilitiesReply(Struct, frozen=True):
    """`endpoints` are names with `METHOD /path`."""

    api_version: str
    server_version: str
    features: Features
    endpoints: dict[str, str]
    auth: AuthCapabilities
