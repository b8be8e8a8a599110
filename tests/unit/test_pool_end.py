"""The end of a pool whose database answers nobody."""

from __future__ import annotations

import socket
import time

from scouter.postgres.connections.pool import open_pool


def test_a_pool_does_not_wait_for_connections_that_nobody_will_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        pool = open_pool(f"host=127.0.0.1 port={port}", name="silent", smallest=4, largest=8, acquire_seconds=1)
        time.sleep(0.2)  # its workers connect, each for ten seconds
        for seconds, longest in ((60.0, 2.0), (-1.0, 0.5)):
            began = time.monotonic()
            pool.end(began + seconds)
            assert time.monotonic() - began < longest
