"""The drills in their short form. The long ones are for `scripts/drill`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from tests.client.environments import EnvironmentNotMade, client_python
from tests.drills.published_client import VERSION
from tests.server_process import ROOT

_DRILL_SECONDS = 85
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


def test_servers_that_are_killed_check_every_window_once_and_deliver_every_alert() -> None:
    drill("checks", "--kills", "3", "--profiles", "20")


def test_an_archiver_that_is_killed_loses_nothing_and_no_reader_sees_a_wrong_answer() -> None:
    drill("archive", "--kills", "3", "--days", "2", "--rows", "1500", "--late-rows", "1000")


@pytest.mark.parametrize("name", OVER_HTTP)
def test_every_acknowledged_message_is_there_exactly_once(name: str) -> None:
    drill(name, *OVER_HTTP[name])


@pytest.mark.parametrize("name", OVER_BROKERS)
@pytest.mark.parametrize("transport", ["kafka", "rabbitmq"])
def test_every_message_that_a_broker_acknowledged_is_there_exactly_once(
    name: str, transport: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(f"{transport}_installed")
    drill(name, *OVER_BROKERS[name], "--transport", transport)


def test_what_the_published_client_was_told_is_stored_survives_kills() -> None:
    try:
        client_python(VERSION)
    except EnvironmentNotMade as failure:
        if "CI" in os.environ:
            pytest.fail(f"no environment for the published client: {failure}")
        pytest.skip(f"no environment for the published client: {failure}")
    drill("kills", "--kills", "2")


def drill(name: str, *options: str) -> None:
    command = [sys.executable, "-m", "tests.drills", name, *options]
    ran = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said, _ = ran.communicate(timeout=_DRILL_SECONDS)
    except subprocess.TimeoutExpired:
        ran.terminate()  # not killed: it stops what it has started
        said, _ = ran.communicate(timeout=_ENDING_SECONDS)
        pytest.fail(f"the drill took more than {_DRILL_SECONDS} s:\n{said}")
    assert ran.returncode == 0, said
    assert "kept: " in said
