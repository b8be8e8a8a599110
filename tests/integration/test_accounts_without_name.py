"""A container that gives a number instead of an account, as OpenShift does: /etc/passwd knows nothing of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scouter.postgres.embedded.binaries import distribution, python_package
from tests.integration.test_embedded_postgres import _environment, _python_for

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="containers are Linux"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a number without a name"),
]

_UID = 54321
# Twice: the second start finds the database there.
_SERVE = """
import sys
from pathlib import Path
import psycopg
from scouter.errors import StartRefused
from scouter.postgres.embedded.binaries import find_binaries, distribution, python_package
from scouter.postgres.embedded.server import EmbeddedPostgres
binaries = find_binaries([{"distribution": distribution, "python package": python_package}[sys.argv[2]]])
for _ in range(2):
    try:
        with EmbeddedPostgres(Path(sys.argv[1]), binaries=binaries) as server:
            with psycopg.connect(server.start()) as connection:
                print(*connection.execute("SELECT current_user::text").fetchone())
    except StartRefused as refused:
        sys.exit(str(refused))
"""
# Forbids what Docker's default profile forbids (unshare), and more calls by number.
_FORBID = """
import ctypes, os, platform, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
numbers = {"x86_64": {"unshare": 272, "seccomp": 317}, "aarch64": {"unshare": 97, "seccomp": 277}}[platform.machine()]
steps = [(0x20, 0, 0, 0)]
for name in sys.argv[1].split(","):
    steps += [(0x15, 0, 1, numbers[name]), (0x06, 0, 0, 0x00050001)]
steps += [(0x06, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, program, 0, 0) == 0, os.strerror(ctypes.get_errno())
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.fixture
def own() -> Iterator[Path]:
    """A directory of that number."""
    path = Path(tempfile.mkdtemp(prefix="number-", dir="/tmp"))
    os.chown(path, _UID, 0)
    yield path
    shutil.rmtree(path)


def as_number(directory: Path, source: str, forbidden: str) -> subprocess.CompletedProcess[str]:
    """In the root group, as OpenShift has it, and with what a container may not do."""
    python = _python_for(_UID)
    environment = {name: value for name, value in _environment().items() if name != "HOME"}
    return subprocess.run(
        [python, "-c", _FORBID, forbidden, python, "-c", _SERVE, str(directory / "data"), source],
        user=_UID,
        group=0,
        extra_groups=[],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("source", ["python package", "distribution"])
def test_an_account_without_a_name_has_its_database_in_a_container(own: Path, source: str) -> None:
    found = python_package() if source == "python package" else distribution()
    if not list(found):
        pytest.skip(f"no PostgreSQL of the {source}")
    done = as_number(own, source, "unshare")
    assert done.returncode == 0, done
    assert done.stdout.split() == ["scouter", "scouter"]
    assert {path.stat().st_uid for path in (own / "data").rglob("*")} == {_UID}


def test_where_the_kernel_does_not_let_us_one_sentence_names_what_helps(own: Path) -> None:
    done = as_number(own, "python package", "unshare,seccomp")
    assert done.returncode == 1, done
    assert f"uid {_UID} has none: put the line scouter:x:{_UID}:0::/:/sbin/nologin into /etc/passwd" in done.stderr
    assert "Operation not permitted" in done.stderr
    assert "DATABASE_URI" in done.stderr
    assert not list((own / "data").glob("initdb-*"))
