"""The four kinds of places, by name, for tests that hold for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stores.place import Place

ALL = ["local", "s3", *(pytest.param(kind, marks=pytest.mark.more_stores) for kind in ("gcs", "azure"))]
REMOTE = ALL[1:]


def place_of(kind: str, request: pytest.FixtureRequest, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Started if it is not yet. The environment of this process is as a server's would be."""
    if kind == "local":
        return Place(str(directory / "not made yet" / "archive"), {})
    place: Place = request.getfixturevalue(f"{kind}_service").place()
    tell(place, monkeypatch)
    return place


def tell(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some libraries read the environment themselves."""
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
