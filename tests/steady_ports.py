"""Ports for services that are stopped and started again on the same one."""

from __future__ import annotations

import random
import socket

# Below what Linux gives to outgoing connections (32768 and up). A port of that range may be taken while its service is
# down, even by a client that tries to reach it: a connection from the port to itself succeeds.
_PORTS = range(15000, 32000)


def steady_ports(count: int) -> list[int]:
    """Different ports of 127.0.0.1 that nobody listens on, nor is given by chance."""
    found: set[int] = set()
    while len(found) < count:
        port = random.choice(_PORTS)
        if is_free(port):
            found.add(port)
    return list(found)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
