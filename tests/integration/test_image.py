"""The strictest image, the one without a distribution, built and driven as `scripts/smoke-image` does it."""

from __future__ import annotations

import subprocess

import pytest

from tests.availability import cannot_run
from tests.server_process import ROOT

_UNAVAILABLE = 69  # says scripts/docker-engine when there is no engine, and the stand-in when there is no base
_SECONDS = 1200  # the first time it gets packages for a base, and libraries


@pytest.mark.builds
@pytest.mark.every_time
@pytest.mark.timeout(_SECONDS + 120)
def test_the_image_from_scratch_does_all_that_it_has_to(kafka_installed: None, rabbitmq_installed: None) -> None:
    ran = subprocess.run(
        # Ends all that it has started with it, engine and brokers.
        ["timeout", "--kill-after=60", str(_SECONDS), str(ROOT / "scripts" / "smoke-image"), "from-scratch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ran.returncode == _UNAVAILABLE:
        cannot_run(ran.stdout.strip().rpartition("\n")[2])
    print(ran.stdout[-20_000:])
    assert ran.returncode == 0, ran.stdout[-20_000:]
