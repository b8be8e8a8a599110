"""The Dockerfile without an engine: a linter, and what its five images must have in common."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from package.features import extras
from tests.images.smoke import LIBRARIES
from tests.server_process import ROOT

TARGETS = ("from-scratch", "distroless", "alpine", "ubuntu", "debian")
TEXT = (ROOT / "Dockerfile").read_text()


def stage(target: str) -> str:
    """From what every image has on, which is also where the server is copied in."""
    match = re.search(rf"^FROM \S+ AS {target}\n.*?(^COPY --from=build /opt/scouter .*?)(?=^$|\Z)", TEXT, re.M | re.S)
    assert match is not None, target
    return match[1]


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    said = subprocess.run([hadolint, "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (said.returncode, said.stdout) == (0, "")


@pytest.mark.parametrize("target", TARGETS)
def test_every_image_ends_alike(target: str) -> None:
    assert stage(target).rstrip() == stage("debian").rstrip()


def test_there_are_no_other_images() -> None:
    assert tuple(re.findall(r"^FROM \S+ AS (\S+)$", TEXT, re.M)) == ("build", *TARGETS)


@pytest.mark.parametrize(
    "line",
    [
        "USER 10001:0",
        "VOLUME /var/lib/scouter",
        'HEALTHCHECK .* CMD \\["/opt/scouter/bin/scouter-server", "health"\\]',
        'ENTRYPOINT \\["/opt/scouter/bin/scouter-server"\\]',
        ".* SCOUTER_KNOWN_USERS=false .*",
    ],
)
def test_an_image_is_what_its_users_rely_on(line: str) -> None:
    assert re.search(f"^{line}$", stage("debian"), re.M), line


def test_a_stop_is_over_before_docker_kills() -> None:
    """Three seconds come on top of the setting, and Docker waits for ten."""
    given = re.search(r"SCOUTER_SHUTDOWN_SECONDS=(\d+)", stage("debian"))
    assert given is not None
    assert int(given[1]) + 3 < 10


def test_the_context_holds_what_is_copied_and_nothing_secret() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split("\n")
    assert ignored[1] == "*"
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", TEXT, re.M)
    names = {name.rstrip("*") for line in copied for name in line.split()}
    assert names == {line[1:] for line in ignored if line.startswith("!")}


def test_the_features_are_the_extras_of_the_package() -> None:
    default = re.search(r"^ARG FEATURES=(\S+)$", TEXT, re.M)
    assert default is not None
    assert set(default[1].split(",")) == set(extras()) == set(LIBRARIES)
