"""How long a start takes until the first 200, and how much memory an idle server holds."""

from __future__ import annotations

import argparse
import http.client
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks import machine
from tests.server_process import ServerProcess

START_BAR_SECONDS = 2.0
RSS_BAR_MB = 150.0


def add_to(benches: Any) -> None:
    parser = benches.add_parser("start", help=__doc__)
    parser.add_argument("--times", type=int, default=5, help="warm starts to measure")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    print(machine.describe())
    with tempfile.TemporaryDirectory(prefix="scouter-bench-") as folder:
        first = first_answer(Path(folder))[0]
        print(f"first start, with initdb: {first:.2f} s")
        warm = [first_answer(Path(folder)) for _ in range(options.times)]
    seconds = sorted(one[0] for one in warm)[len(warm) // 2]
    memory = max(one[1] for one in warm)
    print(f"warm start: {seconds:.2f} s (median), bar {START_BAR_SECONDS} s: {met(seconds, START_BAR_SECONDS)}")
    print(f"idle RSS: {memory:.0f} MB (largest), bar {RSS_BAR_MB:.0f} MB: {met(memory, RSS_BAR_MB)}")


def first_answer(folder: Path) -> tuple[float, float]:
    """Seconds from the command to the first 200, and the RSS in MB a second later."""
    server = ServerProcess(folder)
    began = time.perf_counter()
    server.launch()
    try:
        while not answers(server.port):
            assert server.is_running, server.log
            time.sleep(0.005)
        seconds = time.perf_counter() - began
        time.sleep(1)
        return seconds, rss_mb(server.pid)
    finally:
        server.stop()


def answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/scouter/healthcheck")
        return connection.getresponse().status == 200
    except OSError:
        return False


def rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def met(measured: float, maximum: float) -> str:
    return "met" if measured < maximum else "MISSED"
