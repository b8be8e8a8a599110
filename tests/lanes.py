"""How tests are spread over processes that run side by side: which of them stay together, and which begin first."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

# Each takes long, starts all it needs itself, and may run anywhere.
_BY_THEMSELVES = ("test_drills.py", "test_benchmarks.py")
_LONG = (
    *_BY_THEMSELVES,
    "test_archive_twins.py",
    "test_beside_the_client.py",
    "test_image.py",
    "test_one_file_server.py",
    "test_openapi.py",
)
_OVER_THE_DEMONSTRATION = ("tests/browser/", "tests/integration/test_demo.py")
# They take seconds to start, and are shared: tests in whose names or parameters they are take turns.
_BROKERS = ("kafka", "rabbit")


class Lanes(LoadScopeScheduling):  # type: ignore[misc]  # it ships no types
    """Hands out one unit after the other to whoever has nothing left to do."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unit_of(nodeid: str) -> str:
    """What runs in one process, one after the other: a file, what shares a broker, or a single test."""
    file = nodeid.partition("::")[0]
    if file.endswith(_BY_THEMSELVES):
        return nodeid
    if file.startswith(_OVER_THE_DEMONSTRATION):
        return "demonstration"
    if file.startswith("tests/integration/"):
        return next((broker for broker in _BROKERS if broker in nodeid), file)
    return file


def arrange(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that in the end there is none to be waited for."""
    items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid: str) -> tuple[int, str]:
    """What shares a broker takes longest, and is not interrupted. Clients wait until their environments are made."""
    if (unit := unit_of(nodeid)) in (*_BROKERS, "demonstration"):
        return 0, unit
    if nodeid.partition("::")[0].endswith(_LONG):
        return 1, ""
    return 3 if nodeid.startswith("tests/unit/") else 2, ""
