"""Users with chosen permissions, logged in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from scouter.postgres.connections.pool import connect
from scouter.postgres.tables import users
from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.quick_hash import quick_hash

LogIn = Callable[..., HttpClient]


@pytest.fixture
def log_in(server: Server, database: str) -> Iterator[LogIn]:
    """Makes a user with these permissions and logs in: `log_in("eve", "read:s")`."""
    with ExitStack() as ends:

        def make(username: str, *permissions: str) -> HttpClient:
            with connect(database) as connection:
                assert users.add_user(
                    connection,
                    username,
                    quick_hash("password"),
                    email=username,
                    role="user",
                    permissions=permissions,
                    group_permissions=["user"],
                )
            return ends.enter_context(closing(HttpClient(server.address, username, "password").login()))

        yield make
