"""The shell script in front of the one-file server: it unpacks once, whole, where nobody else can write."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server_process import ROOT
from tests.small_disk import NoSmallDisk, small_disk

_PROGRAM = """#!/bin/sh
echo "$$ $# $(umask) ${SCOUTER_UNPACK_DIR-unset} $*"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Whose server says its process, arguments and umask."""
    folder = tmp_path / "made" / "scouter-server"
    (folder / "_internal").mkdir(parents=True)
    (folder / "_internal" / "library").write_bytes(os.urandom(300_000))
    (folder / "scouter-server").write_text(_PROGRAM)
    (folder / "scouter-server").chmod(0o755)
    packed = tmp_path / "scouter-server-linux"
    subprocess.run([ROOT / "package" / "binary" / "pack", folder, packed], check=True)
    return packed


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk on which the server does not find room."""
    (tmp_path / "small").mkdir()
    try:
        with small_disk(tmp_path / "small", 100_000) as place:
            yield place
    except NoSmallDisk as reason:
        pytest.skip(str(reason))


def start(file: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    given = {"PATH": os.environ["PATH"], **environment}
    return subprocess.Popen(
        [file, *arguments], env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, umask=0o027
    )


def said(started: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, errors = started.communicate(timeout=30)
    return started.returncode, out, errors


def test_it_unpacks_once_and_becomes_the_server_with_its_arguments(file: Path, tmp_path: Path) -> None:
    for _ in range(2):
        started = start(file, "user", "a  b", SCOUTER_UNPACK_DIR=str(tmp_path / "place"))
        assert said(started) == (0, f"{started.pid} 2 0027 unset user a  b\n", "")
        (unpacked,) = (tmp_path / "place").iterdir()
        (unpacked / "_internal" / "mark").touch()
    assert (unpacked / "_internal" / "mark").exists()
    assert (tmp_path / "place").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("variable", "place"), [("HOME", ".cache/scouter-server"), ("XDG_CACHE_HOME", "scouter-server")]
)
def test_without_a_place_that_is_named_it_takes_the_cache_of_the_account(
    file: Path, tmp_path: Path, variable: str, place: str
) -> None:
    assert said(start(file, **{variable: str(tmp_path / "home")}))[0] == 0
    assert len(list((tmp_path / "home" / place).iterdir())) == 1


def test_many_at_once_leave_one_that_is_whole(file: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        place = str(tmp_path / "place")
        ended = list(threads.map(lambda _: said(start(file, SCOUTER_UNPACK_DIR=place)), range(8)))
    assert [status for status, _, _ in ended] == [0] * 8, ended
    (unpacked,) = (tmp_path / "place").iterdir()
    assert sorted(path.name for path in unpacked.iterdir()) == ["_internal", "scouter-server"]


def test_what_a_killed_start_left_is_replaced_and_an_old_one_goes(file: Path, tmp_path: Path) -> None:
    for name, age in (("part-old", 7200), ("part-young", 0)):
        part = tmp_path / "place" / name
        part.mkdir(parents=True)
        os.utime(part, (part.stat().st_mtime - age,) * 2)
    assert said(start(file, SCOUTER_UNPACK_DIR=str(tmp_path / "place")))[0] == 0
    names = {path.name for path in (tmp_path / "place").iterdir()}
    assert "part-young" in names and "part-old" not in names and len(names) == 2


@pytest.mark.parametrize("cut", [0.5, 0.999])
def test_half_a_download_is_told(file: Path, tmp_path: Path, cut: float) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * cut)])
    status, _, errors = said(start(file, SCOUTER_UNPACK_DIR=str(tmp_path / "place")))
    assert status == 1 and "is not whole: download it again" in errors
    assert list((tmp_path / "place").iterdir()) == []


def test_another_processor_and_no_home_are_told(file: Path, tmp_path: Path) -> None:
    assert "set SCOUTER_UNPACK_DIR" in said(start(file))[2]
    machine = f"machine={os.uname().machine}".encode()
    file.write_bytes(file.read_bytes().replace(machine, b"machine=sparc64", 1))
    status, _, errors = said(start(file, SCOUTER_UNPACK_DIR=str(tmp_path / "place")))
    assert status == 1 and "this file is for sparc64" in errors


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_place_of_somebody_else_is_refused(file: Path, tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    os.chown(tmp_path / "place", 12345, 12345)
    status, _, errors = said(start(file, SCOUTER_UNPACK_DIR=str(tmp_path / "place")))
    assert status == 1 and "belongs to somebody else" in errors


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_server_that_somebody_else_has_put_there_is_not_run(file: Path, tmp_path: Path) -> None:
    """In /tmp everybody may make a folder of the name that is known beforehand."""
    assert said(start(file, SCOUTER_UNPACK_DIR=str(tmp_path / "place")))[0] == 0
    (unpacked,) = (tmp_path / "place").iterdir()
    os.chown(unpacked, 12345, 12345)
    status, out, errors = said(start(file, SCOUTER_UNPACK_DIR=str(tmp_path / "place")))
    assert (status, out) == (1, "")
    assert f"{unpacked} belongs to somebody else" in errors


def test_a_full_disk_is_told_in_one_line_and_left_clean(file: Path, small: Path) -> None:
    status, _, errors = said(start(file, SCOUTER_UNPACK_DIR=str(small / "place")))
    assert status == 1 and errors.count("\n") == 1, errors
    assert "No space left on device" in errors and "set SCOUTER_UNPACK_DIR" in errors
    assert list((small / "place").iterdir()) == []


def test_a_place_from_which_nothing_can_be_run_is_told_before_it_is_filled(file: Path, small: Path) -> None:
    subprocess.run(["mount", "-o", "remount,noexec,size=10m", str(small)], check=True)
    status, _, errors = said(start(file, SCOUTER_UNPACK_DIR=str(small / "place")))
    assert (status, errors.count("\n")) == (1, 1), errors
    assert "nothing can be run from" in errors and "noexec" in errors
    assert list((small / "place").iterdir()) == []
