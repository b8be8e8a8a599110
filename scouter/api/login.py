"""Logging in, and questions about a token."""

from __future__ import annotations

import logging

from scouter.api.routing import AnyRoute, Request, Route
from scouter.errors import InvalidInput, NotAuthenticated, TooManyAttempts
from scouter.users.authentication import Authentication
from scouter.wire.auth import LogoutReply, TokenReply, ValidateReply

log = logging.getLogger(__name__)


class Login:
    def __init__(self, authentication: Authentication) -> None:
        self._authentication = authentication

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/auth/login",
                self.login,
                "A token for the name and password in the headers `username` and `password`.",
                TokenReply,
                permission="none; wrong passwords are limited",
                public=True,
                bulkhead="logins",
                errors=(InvalidInput, NotAuthenticated, TooManyAttempts),
            ),
            Route(
                "GET",
                "/scouter/auth/refresh",
                self.refresh,
                "A new token for one that is valid and has not expired.",
                TokenReply,
                permission="a valid token",
                public=True,
                errors=(NotAuthenticated,),
            ),
            Route(
                "GET",
                "/scouter/auth/validate",
                self.validate,
                "Whether the token is valid.",
                ValidateReply,
                permission="a valid token",
                public=True,
                errors=(NotAuthenticated,),
            ),
            Route(
                "POST",
                "/scouter/auth/logout",
                self.log_out,
                "End all tokens of the caller, wherever they were issued. The password stays as it is.",
                LogoutReply,
            ),
        ]

    def login(self, request: Request[None, None]) -> TokenReply:
        return TokenReply(self._authentication.login(request.credentials))

    def refresh(self, request: Request[None, None]) -> TokenReply:
        return TokenReply(self._authentication.refresh(request.credentials))

    def log_out(self, request: Request[None, None]) -> LogoutReply:
        username = request.caller.username
        self._authentication.log_out(username)
        log.info("%r ended all tokens of his own", username)
        return LogoutReply(f"all tokens of {username!r} have ended")

    def validate(self, request: Request[None, None]) -> ValidateReply:
        if not self._authentication.is_valid(request.credentials):
            raise NotAuthenticated("the token is not valid", action="log in at /scouter/auth/login")
        return ValidateReply(is_authenticated=True)
