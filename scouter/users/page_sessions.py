"""Sessions of browsers: begun by a password, known by a cookie, ended here, everywhere or by time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from scouter.auth.page_tokens import PageClaims, PageTokens
from scouter.auth.permissions import Caller
from scouter.errors import DatabaseAway
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.errors import AWAY
from scouter.postgres.connections.stale_on_error_cache import StaleOnErrorCache
from scouter.postgres.tables.ended_sessions import end_session, is_session_ended
from scouter.users.authentication import USER_SECONDS, Authentication


@dataclass(frozen=True, slots=True)
class PageSession:
    """`renewed` is the cookie's new value, where it is time for one."""

    caller: Caller
    claims: PageClaims
    renewed: str | None = None


class PageSessions:
    """Judged by the users' present state, as access tokens are; while Postgres is away, by what was last known."""

    def __init__(
        self,
        authentication: Authentication,
        tokens: PageTokens,
        connections: ConnectionSource,
        now: Callable[[], datetime],
    ) -> None:
        self._authentication = authentication
        self._tokens = tokens
        self._connections = connections
        self._now = now
        self._ended: StaleOnErrorCache[str, bool] = StaleOnErrorCache(
            self._is_ended, seconds=USER_SECONDS, maximum=10_000
        )

    def sign_in(self, username: str, password: str, address: str) -> str:
        """The cookie's value. Raises `NotAuthenticated`, the same whatever is wrong, or `TooManyAttempts`."""
        user = self._authentication.user_with(username, password, address)
        return self._tokens.issue(user.username, user.credential_version, self._now())

    def of(self, cookie: str) -> PageSession | None:
        """Whose session that cookie is; None: nobody's, or it has ended."""
        claims = self._tokens.read(cookie, self._now())
        if claims is None:
            return None
        caller = self._authentication.caller_under(claims.username, claims.credential_version)
        if caller is None or self._has_ended(claims.identity):
            return None
        return PageSession(caller, claims, self._tokens.renewed(claims, self._now()))

    def has_expired(self, cookie: str) -> bool:
        """Whether it was a session once: whoever has one is told why he has to sign in again."""
        return self._tokens.has_expired(cookie, self._now())

    def end(self, claims: PageClaims) -> None:
        """Here at once, on other servers within `USER_SECONDS`."""
        with self._connections.connection() as connection:
            end_session(connection, claims.identity, claims.expires)
        self._ended.drop(claims.identity)

    def _has_ended(self, identity: str) -> bool:
        try:
            return bool(self._ended.get(identity))
        except (*AWAY, DatabaseAway):  # one that nobody has asked for here yet
            return False

    def _is_ended(self, identity: str) -> bool:
        with self._connections.connection() as connection:
            return is_session_ended(connection, identity)
