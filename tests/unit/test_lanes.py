"""What shares something that takes long to make runs in one process; what does not may run in any."""

from __future__ import annotations

import pytest

from tests.lanes import unit_of

_DRILL = "tests/integration/test_drills.py::test_a_drill_in_its_short_form_finds_every_promise_kept"


@pytest.mark.parametrize(
    ("nodeid", "unit"),
    [
        ("tests/unit/test_spc_check.py::test_a[kafka]", "tests/unit/test_spc_check.py"),
        ("tests/client/test_readme_example.py::test_b[rabbitmq]", "tests/client/test_readme_example.py"),
        ("tests/integration/test_transports.py::test_c[http]", "tests/integration/test_transports.py"),
        ("tests/integration/test_transports.py::test_c[kafka]", "kafka"),
        ("tests/integration/test_rabbitmq_consumers.py::test_d", "rabbit"),
        ("tests/browser/test_links.py::test_e[admin]", "demonstration"),
        ("tests/integration/test_demo.py::test_f", "demonstration"),
        (f"{_DRILL}[kafka-kills]", f"{_DRILL}[kafka-kills]"),
    ],
)
def test_the_unit_of_a_test(nodeid: str, unit: str) -> None:
    assert unit_of(nodeid) == unit
