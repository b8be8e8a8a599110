"""Large pieces of memory go back to the system when nobody needs them any more.

The C library learns from every large piece that is freed to take the next one from its own heap, where one small thing
that lives on above it keeps all of it: bodies of 15 MB that came at the same time once would stay for good.
"""

from __future__ import annotations

import ctypes
import sys

# Of malloc.h. To set either ends the learning.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGE_BYTES = 2**20  # pieces of this size are the system's own; ordinary messages are far below it
_TRIM_BYTES = 8 * 2**20  # of the heap's end that may stay unused


def give_back_large_allocations() -> bool:
    """For the whole process. False: its C library has nothing of the kind."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return all([mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES), mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)])
