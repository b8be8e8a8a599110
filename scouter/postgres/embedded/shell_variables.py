"""What the shell says to libpq, and does not mean for a Postgres of our own: PGHOSTADDR, PGSERVICE, PGOPTIONS, ..."""

from __future__ import annotations

import logging
import os

log = logging.getLogger(__name__)

_PREFIX = "PG"  # of every variable that libpq reads, of this version and of later ones


def forget_shell_variables() -> None:
    """For this process. Not all of them could be overruled in a conninfo: some are read when a connection begins.

    Call it before the first connection: both libraries of libpq in this process read the environment each time.
    """
    found = sorted(name for name in os.environ if name.startswith(_PREFIX))
    for name in found:
        del os.environ[name]
    if found:
        log.info("%s: without effect, for DATABASE_URI names no other Postgres", ", ".join(found))
