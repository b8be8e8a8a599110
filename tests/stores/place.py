"""A bucket that tests may fill: what a server is told about it, and a store opened in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scouter.archive.stores.opening import open_store
from scouter.archive.stores.store import ObjectStore
from scouter.settings.settings import Settings


@dataclass(frozen=True)
class Place:
    """`environment` is what the server would be started with, without SCOUTER_STORAGE_URI."""

    uri: str
    environment: Mapping[str, str]
    secret: str = field(default="not set", repr=False)
    """What no error may show."""

    def settings(self, prefix: str = "", **changes: str) -> dict[str, str]:
        """The environment of a server whose archive is here, below a prefix."""
        uri = f"{self.uri}/{prefix}" if prefix else self.uri
        return {**self.environment, "SCOUTER_STORAGE_URI": uri, **changes}

    def store(self, prefix: str = "", **changes: str) -> ObjectStore:
        """Some libraries read the environment themselves: the test has set it, see `told`."""
        return open_store(Settings.from_environment(self.settings(prefix, **changes)).archive)
