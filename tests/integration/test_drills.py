"""The drills in their short form; scripts/drill plays the long ones. They mostly wait: -n 4 plays four at a time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.availability import cannot_run
from tests.client.environments import EnvironmentNotMade, client_python
from tests.drills.published_client import VERSION
from tests.server_process import ROOT
from tests.shifted_clock import NoShiftedClock, ShiftedClock
from tests.small_disk import NoSmallDisk, small_disk

_DRILL_SECONDS = 150  # a drill that hangs; one takes a minute at most, beside another one
_ENDING_SECONDS = 30

OVER_HTTP: Mapping[str, tuple[str, ...]] = {
    "kills": ("--kills", "3", "--no-client"),
    "database-stops": ("--stops", "2", "--no-client"),
    "away": ("--minutes", "0.1", "--rows", "5000", "--warm-seconds", "2"),
    "poison": ("--good", "1500", "--poison", "150", "--no-bar"),
    "microsecond": ("--messages", "1000"),
    "tokens": ("--changes", "2", "--no-client"),
    "sigterm": ("--stops", "2", "--away-share", "0.5"),
    "full-spool": ("--spool-bytes", "1100000", "--full-seconds", "1", "--rounds", "1"),
    "network": ("--rounds", "1", "--seconds", "2", "--troubles", "freeze", "crawl", "cut", "mute"),
}

OVER_BROKERS: Mapping[str, tuple[str, ...]] = {
    "kills": ("--kills", "2"),
    "database-stops": ("--stops", "2"),
    "away": ("--minutes", "0.1", "--rows", "5000", "--warm-seconds", "2"),
    "poison": ("--good", "500", "--poison", "50"),
    "network": ("--rounds", "1", "--seconds", "2", "--troubles", "freeze", "cut", "forget"),
    "sigterm": ("--stops", "2", "--away-share", "0.5"),
    "broker-kills": ("--kills", "2"),
    "rebalances": ("--changes", "4"),
    "paused": ("--pauses", "1"),
}


OF_THE_BACKGROUND: Mapping[str, tuple[str, ...]] = {
    "checks": ("--kills", "3", "--profiles", "20"),
    "alerts": ("--profiles", "40", "--days", "30", "--seed", "1"),  # counts of chance: the same each time
    "messages": (
        *("--kills", "3", "--profiles", "20", "--pause", "1"),
        *("--drifting-seconds", "10", "--repeat-every", "24h"),
    ),
    "archive": ("--kills", "3", "--days", "2", "--rows", "1500", "--late-rows", "1000"),
}

# What they need is looked for beforehand.
OF_THE_MACHINE: Mapping[str, tuple[tuple[str, ...], str | None]] = {
    "spool-disk": (("--megabytes", "11", "--full-seconds", "1", "--rounds", "1"), "own_disk"),
    "clock": (("--hours", "24", "1", "--seconds", "6", "--rows", "500"), "own_clock"),
    "descriptors": (("--seconds", "4", "--rows", "500"), None),
    "starvation": (("--seconds", "3", "--share", "0.25", "--rows", "100", "--no-bar"), None),
    "memory": (("--unfinished", "20", "--logins", "200", "--large", "12", "--rows", "200"), None),
}

# By the name of the test: what is played, how, and what has to be installed for it.
DRILLS: Mapping[str, tuple[str, tuple[str, ...], str | None]] = {
    **{name: (name, options, None) for name, options in OF_THE_BACKGROUND.items()},
    **{name: (name, options, needed) for name, (options, needed) in OF_THE_MACHINE.items()},
    **{f"http-{name}": (name, options, None) for name, options in OVER_HTTP.items()},
    **{
        f"{transport}-{name}": (name, (*options, "--transport", transport), f"{transport}_installed")
        for transport in ("kafka", "rabbitmq")
        for name, options in OVER_BROKERS.items()
    },
    "published client-kills": ("kills", ("--kills", "2"), "published_client"),
}

# What they break is not the broker, and it was played over the other one already: scripts/test --all plays them, too.
OVER_A_SECOND_BROKER = frozenset(
    {
        *("kafka-away", "kafka-poison", "kafka-sigterm"),
        *("rabbitmq-database-stops", "rabbitmq-network", "rabbitmq-rebalances"),
    }
)


def shown(drill: str) -> ParameterSet:
    marks = [pytest.mark.longer] if drill in OVER_A_SECOND_BROKER else []
    return pytest.param(drill, marks=marks)


@pytest.fixture
def published_client() -> None:
    try:
        client_python(VERSION)
    except EnvironmentNotMade as failure:
        cannot_run(f"no environment for the published client: {failure}")


@pytest.fixture
def own_disk(tmp_path: Path) -> None:
    try:
        with small_disk(tmp_path / "disk", 2**20):
            pass
    except NoSmallDisk as problem:
        pytest.skip(f"no file system of our own: {problem}")


@pytest.fixture
def own_clock(tmp_path: Path) -> None:
    try:
        ShiftedClock(tmp_path / "clock")
    except NoShiftedClock as problem:
        cannot_run(str(problem))


@pytest.mark.timeout(2 * _DRILL_SECONDS)
@pytest.mark.parametrize("drill", map(shown, DRILLS))
def test_a_drill_in_its_short_form_finds_every_promise_kept(drill: str, request: pytest.FixtureRequest) -> None:
    name, options, needed = DRILLS[drill]
    if needed is not None:
        request.getfixturevalue(needed)
    assert "kept: " in play(name, options)


def play(name: str, options: tuple[str, ...]) -> str:
    command = [sys.executable, "-m", "tests.drills", name, *options]
    ran = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said, _ = ran.communicate(timeout=_DRILL_SECONDS)
    except subprocess.TimeoutExpired:
        ran.terminate()  # not killed: it stops what it has started
        said, _ = ran.communicate(timeout=_ENDING_SECONDS)
        raise AssertionError(f"the drill took more than {_DRILL_SECONDS} s:\n{said}") from None
    except BaseException:
        ran.terminate()
        ran.communicate(timeout=_ENDING_SECONDS)
        raise
    assert ran.returncode == 0, said
    return said
