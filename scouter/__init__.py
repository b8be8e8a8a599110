"""Scouter for Python: a self-hosted monitoring server for machine-learning services.

Begin with `server.py`: which parts a server has and in which order they stop; `assembly.py` makes them from the
settings, `runtime/` starts and stops them. Then the rooms, from the way in to the way out: `ingest/`, `checks/`,
`alerting/`, `archive/`, `maintenance/`, `api/`. Below them lie `postgres/`, `drift/` and `wire/`. A room imports from
those below it only; `pyproject.toml` holds the order, `docs/architecture.md` the whole picture.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # who checks types takes it for true; `typing` would be half of what `health` costs

# Of the published client, which has our name: https://pypi.org/project/scouter-ml.
_MODULES = frozenset(
    f"scouter.{name}"
    for name in (
        *("alert", "bifrost", "client", "evaluate", "genai", "llm", "logging", "mock", "observe", "profile", "queue"),
        *("tracing", "transport", "types", "util", "version"),
    )
)


def _not_the_client(name: str) -> ImportError:
    return ImportError(
        f"{name} is of the client, and this is the server, {__file__}: Python looks for modules beside the program and "
        "in the directory where it was started. Run what uses the client elsewhere, not in the server's directory",
        name=name,
    )


if not TYPE_CHECKING:  # a name that is nowhere is still found by who checks types

    def __getattr__(name: str) -> object:
        if name[:1].isupper():  # we export nothing
            raise _not_the_client(f"scouter.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _ModulesOfTheClient:
    """Asked last, for modules that nobody has found."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name in _MODULES:
            raise _not_the_client(name)


sys.meta_path.append(_ModulesOfTheClient)
