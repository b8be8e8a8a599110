"""The unit: systemd understands it, and finds little to blame."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.deploy.deployed import DEPLOY
from tests.deploy.linters import complaints, program

PLACE = DEPLOY / "systemd"
UNIT = PLACE / "scouter.service"
# Of ten: 0 is a service that may nothing at all, 9.6 one that may everything.
EXPOSURE = 1.6


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """With a program that is there: systemd looks for it."""
    path = tmp_path / "scouter.service"
    path.write_text(UNIT.read_text().replace("/usr/local/bin/scouter-server", "/bin/true"))
    return path


def test_systemd_understands_the_unit(unit: Path) -> None:
    assert complaints("systemd-analyze", "verify", "--man=no", unit) == ""
    done = subprocess.run(
        [program("systemd-analyze"), "verify", "--man=no", unit], capture_output=True, text=True, check=True, timeout=60
    )
    assert [line for line in done.stderr.splitlines() if "scouter" in line] == []  # it also warns and succeeds


def test_a_mistake_is_seen(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("ProtectSystem=strict", "ProtectSystem=strictly"))
    command = [program("systemd-analyze"), "verify", "--man=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert re.search("protect ?system", done.stderr, re.IGNORECASE)  # each version in its own words


def test_the_service_is_little_exposed(unit: Path) -> None:
    limit = f"--threshold={int(EXPOSURE * 10)}"
    assert complaints("systemd-analyze", "security", "--offline=true", limit, "--no-pager", unit) == ""


def test_its_directories_are_those_of_its_settings() -> None:
    example = (PLACE / "scouter.env.example").read_text()
    unit = UNIT.read_text()
    state = re.findall(r"^StateDirectory=(\w+)$", unit, re.M)
    assert state == ["scouter"]
    for path in re.findall(r"^SCOUTER_(?:DATA_DIR|STORAGE_URI)=(\S+)$", example, re.M):
        assert path.startswith("/var/lib/scouter/")
    assert re.findall(r"^CacheDirectory=(\w+)$", unit, re.M) == ["scouter"]
    assert "SCOUTER_UNPACK_DIR=/var/cache/scouter" in unit


def test_the_account_is_the_one_that_is_made() -> None:
    assert re.findall(r"^(?:User|Group)=(\w+)$", UNIT.read_text(), re.M) == ["scouter", "scouter"]
    assert re.findall(r"^u (\w+) ", (PLACE / "scouter.sysusers.conf").read_text(), re.M) == ["scouter"]
    (file,) = re.findall(r"^EnvironmentFile=(\S+)$", UNIT.read_text(), re.M)
    assert re.findall(rf"^z {file} 0600 root root$", (PLACE / "scouter.tmpfiles.conf").read_text(), re.M)
