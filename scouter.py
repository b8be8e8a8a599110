#!/usr/bin/env python3
"""Scouter for Python: the program. `python scouter.py --help` lists every command and every setting."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # who checks types takes it for true
if TYPE_CHECKING:
    from collections.abc import Callable

# With PYTHONSAFEPATH nobody else says where the package lies: beside this file. Without pathlib: `health` is quick.
here = os.path.dirname(os.path.realpath(__file__))  # noqa: PTH120
if here not in sys.path:
    sys.path.insert(0, here)


def main() -> int:
    if os.getpid() == 1:
        import signal

        # A container stops while we import, a second or two: the kernel keeps a SIGTERM from process 1 that handles
        # none. As everywhere else it ends us at once; `serve` stops in order.
        signal.signal(signal.SIGTERM, lambda number, _: os._exit(128 + number))
    if hasattr(sys, "frozen"):  # before the imports: a helper program starts at every start of a database
        from scouter import frozen

        frozen.forget_own_libraries()
        if frozen.asked_for_a_program(sys.argv[1:]):
            return frozen.run_program(sys.argv[1:])
    if sys.argv[1:] in (["health"], ["health", "--ready"]):  # before the imports, of which it needs none
        from scouter import health

        return health.main(sys.argv[2:])
    return command_line()(sys.argv[1:])


def command_line() -> Callable[[list[str]], int]:
    """Everything is imported here. None of it becomes garbage: to look for some would be a sixth of a start."""
    import gc
    import signal

    # Ctrl-C while we import: the end, and no traceback of an import. A shell that starts us with `&` has it ignored.
    on_interrupt = signal.getsignal(signal.SIGINT)
    if on_interrupt is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda number, _: os._exit(128 + number))
    gc.disable()
    from scouter import commands

    gc.freeze()  # nor is it looked through ever after
    gc.enable()
    signal.signal(signal.SIGINT, on_interrupt)
    return commands.main


if __name__ == "__main__":
    sys.exit(main())
