"""The commands of `python scouter.py`, one file each; `program.py` is the command line."""

from __future__ import annotations

from scouter.commands.program import main

__all__ = ["main"]
