"""Stored alerts as the legacy wire has them: the golden pairs of the two forms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scouter.wire.alerts import Alert, legacy_texts

GOLDEN = Path(__file__).parents[1] / "contract" / "golden"


def pairs(found: Any) -> Iterator[tuple[Any, Any]]:
    """(legacy form, current form) of every alert below `found`."""
    if isinstance(found, list):
        for entry in found:
            yield from pairs(entry)
    elif isinstance(found, dict):
        if "stored_0_6_4" in found:
            yield found["stored_0_6_4"], found["stored_0_25_0"]
        if "stored_alerts_0_6_4" in found:
            yield from zip(found["stored_alerts_0_6_4"], found["stored_alerts_0_25_0"], strict=True)
        for entry in found.values():
            yield from pairs(entry)


@pytest.mark.parametrize(("name", "fewest"), [("spc_check", 15), ("psi_check", 10), ("custom_check", 3)])
def test_the_golden_pairs(name: str, fewest: int) -> None:
    found = list(pairs(json.loads((GOLDEN / f"{name}.json").read_text())))
    assert len(found) >= fewest
    for legacy, current in found:
        alert = msgspec.json.decode(json.dumps(current), type=Alert)
        assert legacy_texts(alert) == legacy
        assert msgspec.to_builtins(alert) == current


@pytest.mark.parametrize(("kind", "text"), [("AllGood", "All good"), ("OutOfBounds", "Out of bounds")])
@pytest.mark.parametrize("zone", range(1, 5))
def test_words_with_blanks(kind: str, text: str, zone: int) -> None:
    stored = {"Spc": {"feature": "f", "kind": kind, "zone": f"Zone{zone}"}}
    texts = legacy_texts(msgspec.convert(stored, Alert))
    assert texts == {"entity_name": "f", "kind": text, "zone": f"Zone {zone}"}
