"""The one-file server, built and driven. Several minutes: the longest of all tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.availability import cannot_run
from tests.server_process import ROOT

_SECONDS = 1500


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    library = Path(sysconfig.get_config_var("LIBDIR"), str(sysconfig.get_config_var("INSTSONAME")))
    if shutil.which("objdump") is None or not library.exists():
        cannot_run(f"no one-file server: binutils or {library} is missing; scripts/test-services installs them")
    built = tmp_path / "scouter-server"
    yield built
    built.unlink(missing_ok=True)


@pytest.mark.builds
@pytest.mark.every_time
@pytest.mark.timeout(_SECONDS)
def test_the_one_file_server_does_all_that_a_clone_does(file: Path) -> None:
    # Not a newer C library than this machine's, whatever it is: what may be released says scripts/binary by itself.
    newest = os.confstr("CS_GNU_LIBC_VERSION") or ""
    ran("scripts/binary", file, SCOUTER_GLIBC=newest.removeprefix("glibc "), SCOUTER_GZIP="1")
    assert "nothing left" in ran("scripts/smoke-binary", file)


def ran(script: str, file: Path, **environment: str) -> str:
    ended = subprocess.run(
        [ROOT / script, file],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-8000:]
    return ended.stdout
