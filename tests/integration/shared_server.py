"""A server in the process of the tests, on a database of its own, that several tests share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing
from functools import cached_property
from types import TracebackType
from typing import Self

from scouter.server import Server
from tests.http_client import HttpClient

MakeDatabase = Callable[[], AbstractContextManager[str]]
Serve = Callable[[str], AbstractContextManager[Server]]


class SharedServer:
    """Its server runs from the first test that wants it until `end`. `serve` takes the conninfo of the database."""

    def __init__(self, make_database: MakeDatabase, serve: Serve) -> None:
        self._serve = serve
        self._ends = ExitStack()
        self.database = self._ends.enter_context(make_database())

    @cached_property
    def server(self) -> Server:
        return self._ends.enter_context(self._serve(self.database))

    @cached_property
    def token(self) -> str:
        """Of the admin."""
        with closing(HttpClient(self.server.address).login()) as client:
            assert client.token is not None
            return client.token

    def end(self) -> None:
        self._ends.close()


class SharedServers:
    """One at a time: who asks for another name ends the one before."""

    def __init__(self, make_database: MakeDatabase, serve: Serve) -> None:
        self._make = make_database, serve
        self._name = ""
        self._present: SharedServer | None = None

    def of(self, name: str) -> SharedServer:
        if self._present is None or self._name != name:
            self.end()
            self._name, self._present = name, SharedServer(*self._make)
        return self._present

    def end(self) -> None:
        present, self._present = self._present, None
        if present is not None:
            present.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
