"""Threads may decode a struct type for the first time at once. A crash would take the test with it: a process apart."""

from __future__ import annotations

import subprocess
import sys

from tests.server_process import ROOT

_RACE = """
import sys, threading
import msgspec
import scouter.server
from scouter.wire.prepared_types import _below, prepare_struct_types

sys.setswitchinterval(1e-6)
prepare_struct_types()
types = sorted(set(_below(msgspec.Struct)), key=repr)
# Every member is there, so that the description of every member is read.
texts = [msgspec.json.encode(dict.fromkeys(each.__struct_encode_fields__)) for each in types]
together = threading.Barrier(4)

def decode_all():
    for each, text in zip(types, texts):
        together.wait()
        try:
            msgspec.json.decode(text, type=each)
        except msgspec.ValidationError:
            pass

threads = [threading.Thread(target=decode_all) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(types))
"""


def race(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_threads_that_decode_every_type_at_once_do_not_crash() -> None:
    ran = race(_RACE)
    assert ran.returncode == 0, (ran.returncode, ran.stderr)
    assert int(ran.stdout) > 100
