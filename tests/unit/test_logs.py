"""What a line of the log looks like."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from scouter.logs import request_id, set_up_logs


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_an_event_is_one_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", as_json=False)
    logging.getLogger("x").info("a\nb\r\x1b[31m")
    assert capsys.readouterr().err.endswith(" INFO    x: a\\nb\\r\\x1b[31m\n")


def test_the_request_s_id_is_on_the_lines_of_its_thread(capsys: pytest.CaptureFixture[str]) -> None:
    for as_json in (False, True):
        set_up_logs("info", as_json=as_json)
        token = request_id.set("r-1")
        logging.getLogger("x").info("inside")
        request_id.reset(token)
        logging.getLogger("x").info("outside")
    inside, outside, *as_objects = capsys.readouterr().err.splitlines()
    assert inside.endswith("x: inside [r-1]")
    assert outside.endswith("x: outside")
    objects = [json.loads(line) for line in as_objects]
    assert [entry.get("request_id") for entry in objects] == ["r-1", None]
    assert objects[0]["level"] == "info"
