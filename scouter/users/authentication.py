"""Who is calling: logins, tokens, and tokens renewed in place for clients that never log in twice."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from scouter.auth.login_limit import Attempt
from scouter.auth.permissions import ADMIN_GROUP, Caller
from scouter.auth.tokens import Tokens, claimed_subject
from scouter.errors import InvalidInput, NotAuthenticated, TooManyAttempts
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.stale_on_error_cache import StaleOnErrorCache
from scouter.postgres.tables.users import User, end_tokens, user_by_name
from scouter.users.logins import Logins

USER_SECONDS = 3.0  # how long a changed password or a lost permission may still count elsewhere than here
BOOTSTRAP = Caller("bootstrap", frozenset(), frozenset({ADMIN_GROUP}))  # who has the bootstrap key


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request brought along. The published clients send name and password with every request."""

    username: str | None
    password: str | None
    bearer: str | None
    address: str
    bootstrap: str | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """The caller, and a new token when the one that was sent is of no use any more."""

    caller: Caller
    renewed: str | None = None


class Authentication:
    """Judges credentials by the users' present state."""

    def __init__(
        self,
        connections: ConnectionSource,
        tokens: Tokens,
        now: Callable[[], datetime],
        *,
        bootstrap_key: str | None = None,
    ) -> None:
        self._connections = connections
        self._tokens = tokens
        self._now = now
        self._bootstrap_key = bootstrap_key
        self._users: StaleOnErrorCache[str, User] = StaleOnErrorCache(self._find, seconds=USER_SECONDS, maximum=10_000)
        self._logins = Logins(self._users)

    def login(self, sent: Credentials) -> str:
        """A token for the right name and password. Unknown users and wrong passwords are told the same."""
        if sent.username is None or sent.password is None:
            missing = "username" if sent.username is None else "password"
            raise InvalidInput(f"header {missing}", None, "the headers username and password")
        return self._issue(self._logins.verified(Attempt(sent.username, sent.address), sent.password))

    def admit(self, sent: Credentials, *, may_wait: bool = True) -> Admission:
        """Raises `NotAuthenticated` when neither the token nor, beside it, name and password are good.

        `MustBeHashed`: that is still to be found out, and the caller may not wait for it.
        """
        if sent.bearer is None:
            raise NotAuthenticated("no bearer token", action="log in at /scouter/auth/login")
        user = self._bearer_of(sent.bearer)
        if user is not None:
            return Admission(_caller(user))
        user = self._renewing(sent, sent.bearer, may_wait=may_wait)
        return Admission(_caller(user), self._issue(user))

    def refresh(self, sent: Credentials) -> str:
        """A new token for an unexpired, valid one."""
        user = self._bearer_of(sent.bearer) if sent.bearer is not None else None
        if user is None:
            raise NotAuthenticated("no valid token to refresh", action="log in at /scouter/auth/login")
        return self._issue(user)

    def has_issued(self, token: str) -> bool:
        """Whether that is a token of ours that has not expired. Asks nobody: its user may be gone."""
        return self._tokens.read(token) is not None

    def is_valid(self, sent: Credentials) -> bool:
        return sent.bearer is not None and self._bearer_of(sent.bearer) is not None

    def is_password_of(self, username: str, password: str, address: str) -> bool:
        """Asked of one who has a good token. Raises `TooManyAttempts` when it has been another one too often."""
        try:
            self._logins.verified(Attempt(username, address, has_token=True), password)
        except NotAuthenticated:
            return False
        return True

    def user_with(self, username: str, password: str, address: str) -> User:
        """Raises `NotAuthenticated`, the same for unknown names and wrong passwords, or `TooManyAttempts`."""
        return self._logins.verified(Attempt(username, address), password)

    def caller_under(self, username: str, credential_version: int) -> Caller | None:
        """Who that is by the permissions of this moment; None when he is gone, or those credentials have ended."""
        user = self._users.get(username)
        if user is None or not user.active or user.credential_version != credential_version:
            return None
        return _caller(user)

    def log_out(self, username: str) -> None:
        """Every token of that user ends: here at once, on other servers within `USER_SECONDS`."""
        with self._connections.connection() as connection:
            end_tokens(connection, username)
        self.forget(username)

    def is_bootstrap(self, sent: Credentials) -> bool:
        """Whether the caller has the bootstrap key. Without a configured key nobody has it.

        Raises `TooManyAttempts` for one who has guessed too often and brings nothing else.
        """
        if self._bootstrap_key is None or sent.bootstrap is None:
            return False
        attempt = Attempt("the bootstrap key", sent.address)
        try:
            self._logins.require_patience(attempt)
        except TooManyAttempts:
            if sent.bearer is None:
                raise
            return False  # the token may be good
        if hmac.compare_digest(sent.bootstrap.encode(), self._bootstrap_key.encode()):
            return True
        self._logins.failed(attempt)
        return False

    def close(self) -> None:
        self._logins.close()

    def prime(self, users: Iterable[User]) -> None:
        """Users that have just been read: they can be let in should the database go away."""
        for user in users:
            self._users.prime(user.username, user)

    def forget(self, username: str) -> None:
        """Ask the database about that user again: something about it has just been changed here."""
        self._users.drop(username)

    def _bearer_of(self, token: str) -> User | None:
        claims = self._tokens.read(token)
        user = self._users.get(claims.username) if claims else None
        if claims is None or user is None or not user.active:
            return None
        return user if user.credential_version == claims.credential_version else None

    def _renewing(self, sent: Credentials, bearer: str, *, may_wait: bool) -> User:
        subject = claimed_subject(bearer)
        if sent.username is None or sent.password is None or subject not in (None, sent.username):
            raise NotAuthenticated("the token is not valid", action="log in again at /scouter/auth/login")
        attempt = Attempt(sent.username, sent.address, self._tokens.is_genuine(bearer))
        return self._logins.verified(attempt, sent.password, may_wait=may_wait)

    def _issue(self, user: User) -> str:
        return self._tokens.issue(
            user.username, user.credential_version, user.permissions, user.group_permissions, self._now()
        )

    def _find(self, username: str) -> User | None:
        with self._connections.connection() as connection:
            return user_by_name(connection, username)


def _caller(user: User) -> Caller:
    return Caller(user.username, frozenset(user.permissions), frozenset(user.group_permissions))
