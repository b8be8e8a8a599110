"""Replies of the routes that deal with tokens."""

from __future__ import annotations

from msgspec import Struct


class TokenReply(Struct, frozen=True):
    token: str


class ValidateReply(Struct, frozen=True):
    is_authenticated: bool


class LogoutReply(Struct, frozen=True):
    message: str
    status: str = "success"


class HealthReply(Struct, frozen=True):
    alive: bool
    version: str
