"""Sends one prepared request again and again on many kept connections, from one process and one thread.

    python -m tests.benchmarks.load_generator HOST PORT CONNECTIONS SECONDS < request

The request is sent as it is read. Prints one JSON object: requests, seconds, latencies in milliseconds, failures, and
the share of one core that the generator itself used: far below 1, it was not the bottleneck.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Connection:
    """One connection with at most one request under way."""

    socket: socket.socket
    sent_at: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    def is_answered(self) -> bool:
        head = self.received.find(b"\r\n\r\n")
        if head < 0:
            return False
        begin = self.received.find(b"Content-Length: ") + 16
        length = int(self.received[begin : self.received.find(b"\r\n", begin)])
        return len(self.received) >= head + 4 + length


def run(host: str, port: int, connections: int, seconds: float, request: bytes) -> dict[str, object]:
    opened = {made.socket.fileno(): made for made in (_connect(host, port) for _ in range(connections))}
    poller = select.epoll()
    for number, connection in opened.items():
        poller.register(number, select.EPOLLIN)
        _send(connection, request)
    latencies: list[float] = []
    failures = 0
    began, cpu_began = time.perf_counter(), time.process_time()
    end = began + seconds
    while (now := time.perf_counter()) < end:
        for number, _ in poller.poll(end - now):
            connection = opened[number]
            chunk = connection.socket.recv(65536)
            if not chunk:
                raise ConnectionError("the server closed a connection")
            connection.received += chunk
            if not connection.is_answered():
                continue
            latencies.append(time.perf_counter() - connection.sent_at)
            failures += not connection.received.startswith(b"HTTP/1.1 200")
            connection.received.clear()
            _send(connection, request)
    elapsed = time.perf_counter() - began
    cpu = (time.process_time() - cpu_began) / elapsed
    return {"requests": len(latencies), "seconds": elapsed, "failures": failures, "cpu": cpu, **_spread(latencies)}


def _connect(host: str, port: int) -> _Connection:
    made = socket.create_connection((host, port), timeout=30)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _Connection(made)


def _send(connection: _Connection, request: bytes) -> None:
    connection.sent_at = time.perf_counter()
    connection.socket.sendall(request)


def _spread(latencies: list[float]) -> dict[str, float]:
    ordered = sorted(latencies) or [0.0]
    return {name: ordered[int((len(ordered) - 1) * part)] * 1000 for name, part in (("p50_ms", 0.5), ("p99_ms", 0.99))}


if __name__ == "__main__":
    host, port, connections, seconds = sys.argv[1:5]
    print(json.dumps(run(host, int(port), int(connections), float(seconds), sys.stdin.buffer.read())))
