"""How a person calls this program, for the sentences that tell him to."""

from __future__ import annotations

import sys
from pathlib import Path

_INSTALLED = "scouter-server"  # by pip, or the one-file server


def called_as() -> str:
    """`scouter-server` where that was installed or is the file itself, else `python scouter.py`, as in a clone."""
    program = Path(sys.argv[0])
    installed = program.name == _INSTALLED or program.parent.name == "scouter_server" or hasattr(sys, "frozen")
    return _INSTALLED if installed else "python scouter.py"
