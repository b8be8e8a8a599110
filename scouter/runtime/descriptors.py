"""How many files and sockets the process may have open, and what of them is left for connections to a port."""

from __future__ import annotations

import logging
import resource

from scouter.errors import StartRefused

log = logging.getLogger(__name__)

_ENOUGH = 65_536  # more than that is never used here, and some libraries count up to the limit
_FEWEST_CONNECTIONS = 64


def raise_descriptor_limit() -> int:
    """To what the system allows the process anyway. How many descriptors it may have open from now on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return _ENOUGH if soft == resource.RLIM_INFINITY else soft


def connections_within(wanted: int, reserve: int, descriptors: int) -> int:
    """How many connections a port may hold: `wanted`, or as many as leave `reserve` descriptors for everything else.

    Without that reserve, whoever connects takes the descriptors of the database's connections and of the files.
    Raises `StartRefused` when next to nobody could connect.
    """
    room = descriptors - reserve
    if room < _FEWEST_CONNECTIONS:
        raise StartRefused(
            [
                f"the process may open {descriptors} files and sockets, and needs {reserve + _FEWEST_CONNECTIONS} at "
                "least; raise the limit (ulimit -n, LimitNOFILE=), or lower MAX_POOL_SIZE"
            ]
        )
    if room < wanted:
        log.warning(
            "%d connections instead of SCOUTER_CONNECTION_LIMIT=%d: the process may open %d files and sockets, of "
            "which %d are kept for everything else; raise the limit (ulimit -n, LimitNOFILE=) for more",
            *(room, wanted, descriptors, reserve),
        )
    return min(room, wanted)
