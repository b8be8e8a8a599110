"""One-record messages on ever more connections that wait for their answers: many of them cost no more than a few."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.benchmarks import machine

CONNECTIONS = (1, 8, 32, 64, 128, 256, 512)
FEW, MANY = 32, 512
BAR = 0.95


class Seen(Protocol):
    """What the load generator saw."""

    @property
    def requests_a_second(self) -> float: ...
    @property
    def requests(self) -> int: ...
    @property
    def p50_ms(self) -> float: ...
    @property
    def p99_ms(self) -> float: ...
    @property
    def failures(self) -> int: ...


@dataclass(frozen=True)
class Width:
    """One number of connections, and what a message then cost the server's own process."""

    connections: int
    seen: Seen
    cpu_ms: float


def measure_widths(pid: int, connections: Sequence[int], measure: Callable[[int], Seen], rounds: int) -> list[Width]:
    """`measure` sends for a while on so many connections. `pid` is the server's.

    In rounds, of which the middle ones count: what else the machine does meanwhile strikes all widths alike.
    """
    measured = [[_measured(pid, each, measure) for each in connections] for _ in range(rounds)]
    return [_middle(of_one) for of_one in zip(*measured, strict=True)]


def _middle(widths: Sequence[Width]) -> Width:
    return sorted(widths, key=lambda width: width.seen.requests_a_second)[len(widths) // 2]


def _measured(pid: int, connections: int, measure: Callable[[int], Seen]) -> Width:
    before = processor_seconds(pid)
    seen = measure(connections)
    return Width(connections, seen, (processor_seconds(pid) - before) * 1000 / max(seen.requests, 1))


def processor_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def report_widths(widths: Sequence[Width]) -> None:
    head = ["1 record a message, on", "requests/s", "p50 ms", "p99 ms", "CPU ms a message"]
    rows = [
        [
            f"{each.connections} connections",
            f"{each.seen.requests_a_second:,.0f}",
            f"{each.seen.p50_ms:.1f}",
            f"{each.seen.p99_ms:.1f}",
            f"{each.cpu_ms:.2f}",
        ]
        for each in widths
    ]
    print(machine.table(head, rows))
    by_connections = {each.connections: each.seen.requests_a_second for each in widths}
    if FEW in by_connections and MANY in by_connections:
        ratio = by_connections[MANY] / by_connections[FEW]
        print(machine.verdict(f"{MANY} connections against {FEW}", ratio, BAR))
