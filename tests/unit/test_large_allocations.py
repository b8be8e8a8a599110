"""Bodies that came at the same time once are given back."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

from tests.server_process import ROOT

# As the port does: many that grow by turns, something small in between that stays, and a copy of each in a thread.
_PROGRAM = """
    import io
    import threading
    from pathlib import Path
    from scouter.runtime.large_allocations import give_back_large_allocations

    def resident():
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) // 1024

    def copy(body, stays):
        stays.append((body.getvalue() + b"x")[-5:])

    assert give_back_large_allocations()
    before, stays, left = resident(), [], 0
    for _ in range(3):
        bodies = [io.BytesIO() for _ in range(30)]
        for _ in range(50):
            for body in bodies:
                body.write(bytes(262_144))
            stays.append(bytes(300))
        peak = resident()
        threads = [threading.Thread(target=copy, args=(body, stays)) for body in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        del bodies, body, threads, thread
        left = max(left, resident() - before)
    print(peak - before, left)
"""


def test_what_many_large_bodies_took_is_given_back() -> None:
    command = [sys.executable, "-c", dedent(_PROGRAM)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    grown, left = (int(word) for word in done.stdout.split())
    assert grown > 150, "MiB"
    assert left < 60, "MiB"
