"""The drills in their short form. The long ones are for `scripts/drill`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import pytest

from tests.server_process import ROOT

OVER_HTTP: Mapping[str, tuple[str, ...]] = {
    "kills": ("--kills", "4"),
    "database-stops": ("--stops", "3", "--no-client"),
    "away": ("--minutes", "0.1", "--rows", "5000", "--warm-seconds", "2"),
    "poison": ("--good", "1500", "--poison", "150", "--no-bar"),
    "microsecond": ("--messages", "1000"),
    "tokens": ("--changes", "2"),
    "sigterm": ("--stops", "3"),
    "full-spool": ("--spool-bytes", "2000000", "--full-seconds", "2", "--rounds", "1"),
    "network": ("--rounds", "1", "--seconds", "3"),
}


def test_servers_that_are_killed_check_every_window_once_and_deliver_every_alert() -> None:
    drill("checks", "--kills", "3", "--profiles", "20")


@pytest.mark.parametrize("name", OVER_HTTP)
def test_every_acknowledged_message_is_there_exactly_once(name: str) -> None:
    drill(name, *OVER_HTTP[name])


def drill(name: str, *options: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.drills", name, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "kept: " in ran.stdout
