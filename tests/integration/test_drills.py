"""The drills in their short form. The long one is for `scripts/drill`."""

from __future__ import annotations

import subprocess
import sys

from tests.server_process import ROOT


def test_servers_that_are_killed_check_every_window_once_and_deliver_every_alert() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.drills", "checks", "--kills", "3", "--profiles", "20"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "kept: " in ran.stdout
