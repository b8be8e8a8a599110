"""`--run-selfcheck`: whether a server works that was packed with its libraries. For the build of one."""

from __future__ import annotations

import sys

from scouter.self_check.imports import missing, names


def main() -> int:
    """0 when nothing is missing; prints what is."""
    problems = missing()
    if not problems:
        from scouter.self_check.old_records import archived_and_charted

        archived_and_charted()
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    done = "" if problems else "; records archived, and charted from the archive"
    sys.stdout.write(f"self-check: {len(names())} modules, {len(problems)} problems{done}\n")
    return int(bool(problems))
