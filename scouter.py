#!/usr/bin/env python3
"""Scouter for Python: the program. `python scouter.py --help` lists every command and every setting."""

from __future__ import annotations

import sys

from scouter.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
