"""What the one-file server runs by itself, where a clone starts an interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scouter.frozen import asked_for_a_program, forget_own_libraries, run_program
from scouter.postgres.embedded import access_probe, launch, passwd_line
from scouter.postgres.embedded.unprivileged import Account
from tests.server_process import ROOT

PROGRAMS = (access_probe, launch, passwd_line)


def test_helper_programs_are_files_in_a_clone_and_options_of_the_one_file_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Account(uid=0, gid=0, drop=False)
    assert account.command(Path("/p"))[:4] == [sys.executable, "-I", "-S", launch.__file__]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert account.command(Path("/p"))[:2] == [sys.executable, "--run-launch"]
    assert asked_for_a_program(account.command(Path("/p"))[1:])
    assert not asked_for_a_program([]) and not asked_for_a_program(["serve"])


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_runs_by_its_name(program: object, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    monkeypatch.setattr(program, "main", lambda arguments: given.append(arguments))
    name = str(program.__name__).rpartition(".")[2]  # type: ignore[attr-defined]
    assert run_program([f"--run-{name}", "a", "b"]) == 0
    assert given == [["a", "b"]]


def test_a_program_that_there_is_none_of_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["--run-nothing"]) == 2
    assert "there is no program 'nothing'" in capsys.readouterr().err


@pytest.mark.parametrize("before", [None, "/theirs"])
def test_other_programs_get_the_libraries_that_they_would_have_had(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/ours:/theirs" if before else "/ours")
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)
    if before is not None:
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
    forget_own_libraries()
    assert os.environ.get("LD_LIBRARY_PATH") == before
    assert "LD_LIBRARY_PATH_ORIG" not in os.environ


def test_the_self_check_finds_nothing_missing_here() -> None:
    checked = self_check()
    assert checked.returncode == 0, checked.stdout
    assert "0 problems; records archived, and charted from the archive" in checked.stdout


def test_the_self_check_names_what_is_missing() -> None:
    checked = self_check("sys.modules['s3fs'] = None")
    assert checked.returncode == 1
    assert "s3fs: ModuleNotFoundError" in checked.stdout


def self_check(before: str = "") -> subprocess.CompletedProcess[str]:
    """In a process of its own: it loads everything."""
    program = f"import sys; {before}\nfrom scouter.self_check import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
