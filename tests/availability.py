"""What becomes of a test whose service is not there: skipped on somebody's own machine, failed where all must run."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def cannot_run(reason: str) -> NoReturn:
    """Ends the test: skipped with that reason, or failed with it when `CI` is set."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
