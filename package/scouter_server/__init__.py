"""What pip installs as `scouter-server`: the server lies below `app`, where it meets no package of the client.

The client, scouter-ml, owns the top-level package `scouter`. Two distributions with files of the same name overwrite
each other in silence, and whichever is uninstalled first takes the other's files with it.
"""

from __future__ import annotations

import runpy
from pathlib import Path

_PROGRAM = Path(__file__).with_name("app") / "scouter.py"


def main() -> int:
    """The program of a clone, in which it puts its own directory before all others. The exit status."""
    status: int = runpy.run_path(str(_PROGRAM))["main"]()
    return status
