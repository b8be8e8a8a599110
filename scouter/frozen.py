"""The one-file server has no interpreter beside it: what a clone runs as files of their own, it runs by itself.

scouter-server --run-PROGRAM [ARGUMENT...]      a helper program of the embedded database
scouter-server --run-selfcheck                  whether everything that is imported late is there
"""

from __future__ import annotations

import os
import sys

_OPTION = "--run-"


def asked_for_a_program(arguments: list[str]) -> bool:
    return bool(arguments) and arguments[0].startswith(_OPTION)


def run_program(arguments: list[str]) -> int:
    """The exit status. A program that becomes another one does not come back."""
    name = arguments[0].removeprefix(_OPTION)
    if name == "selfcheck":
        from scouter.self_check import main as check_all

        return check_all()
    from scouter.postgres.embedded import access_probe, launch, passwd_line

    programs = {"access_probe": access_probe.main, "launch": launch.main, "passwd_line": passwd_line.main}
    if name not in programs:
        sys.stderr.write(f"there is no program {name!r}\n")
        return 2
    return programs[name](arguments[1:]) or 0


def forget_own_libraries() -> None:
    """Other programs must not find our libraries before their own: the loader has put them first for us."""
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    os.environ.pop("LD_LIBRARY_PATH", None)
    if before is not None:
        os.environ["LD_LIBRARY_PATH"] = before
