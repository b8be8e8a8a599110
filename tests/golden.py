"""The golden vectors of the contract: their documents, input tables and profiles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from scouter.wire.profiles import DriftType, PsiProfile, SpcProfile, decode_profile

FOLDER = Path(__file__).parent / "contract" / "golden"


@cache
def document(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return read


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=case["case"]) for case in document(name)["cases"]]


def results_by_version(name: str) -> Iterator[Any]:
    """(case, client version, what that client returned) of every case that has results of real clients."""
    for case in document(name)["cases"]:
        for version, outcome in case["by_version"].items():
            yield pytest.param(case, version, outcome["result"], id=f"{case['case']}-{version}")


def spc_profile(case: str, version: str = "0.25.0") -> SpcProfile:
    profile = decode_profile(DriftType.Spc, json.dumps(_result("spc_profiles", case, version)))
    assert isinstance(profile, SpcProfile)
    return profile


def psi_profile(case: str, version: str) -> PsiProfile:
    profile = decode_profile(DriftType.Psi, json.dumps(_result("psi_profiles", case, version)))
    assert isinstance(profile, PsiProfile)
    return profile


def _result(name: str, case: str, version: str) -> Any:
    return next(each for each in document(name)["cases"] if each["case"] == case)["by_version"][version]["result"]


def columns(dataset: str) -> dict[str, list[float | str]]:
    """The columns of an input table; `nan`, `inf` and `-inf` are numbers."""
    table = document("datasets")["datasets"][dataset]
    return {column["name"]: [number(value) for value in column["values"]] for column in table["columns"]}


def number(value: Any) -> Any:
    """What a document calls `nan`, `inf` or `-inf`; anything else as it is."""
    return float(value) if value in ("nan", "inf", "-inf") else value
