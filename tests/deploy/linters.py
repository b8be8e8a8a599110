"""The programs that scripts/linters fetches, and what they said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.availability import cannot_run
from tests.server_process import ROOT

PLACE = ROOT / ".cache" / "linters" / "bin"


def program(name: str) -> str:
    """Where it is. Ends the test when it is nowhere."""
    found = shutil.which(name, path=os.pathsep.join([str(PLACE), str(Path(sys.executable).parent), os.environ["PATH"]]))
    return found or cannot_run(f"{name} is not here: scripts/linters fetches it, and says what it lacks")


def complaints(name: str, *arguments: str | Path, cwd: Path = ROOT) -> str:
    """What a program says of something it does not like; empty when it is content."""
    path = os.pathsep.join([str(PLACE), os.environ["PATH"]])
    done = subprocess.run(
        [program(name), *arguments],
        cwd=cwd,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
