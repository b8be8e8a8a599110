"""Bodies as waitress' own parser hands them over: whose are kept, how many at once, and that nothing stays behind."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from waitress.adjustments import Adjustments

from scouter.api.port.body_budget import BodyBudget
from scouter.api.port.head_judgement import HeadJudgement
from scouter.api.port.request_parser import RequestParser
from scouter.errors import NotAuthenticated, ScouterError, TooLarge, Unavailable

MIB = 2**20
KNOWN = "Authorization: Bearer good\r\n"
RENEWING = "Authorization: Bearer old\r\nusername: ana\r\npassword: secret\r\n"


@pytest.fixture
def budget() -> BodyBudget:
    return BodyBudget(32 * MIB)


@pytest.fixture
def judgement(budget: BodyBudget) -> HeadJudgement:
    return HeadJudgement(budget, lambda token: token == "good", max_body_bytes=16 * MIB)


def begun(judgement: HeadJudgement, headers: str, length: int | None) -> RequestParser:
    """A request whose head is there. `length` None: in chunks."""
    parser = RequestParser(Adjustments(), 16 * MIB, judgement)
    told = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    head = f"POST /scouter/message HTTP/1.1\r\nHost: x\r\n{headers}{told}\r\n\r\n".encode()
    assert parser.received(head) == len(head)
    return parser


def sent(judgement: HeadJudgement, headers: str, body: bytes, piece: int = 262_144) -> RequestParser:
    parser = begun(judgement, headers, len(body))
    for start in range(0, len(body), piece):
        parser.received(body[start : start + piece])
    assert parser.completed
    return parser


def read(parser: RequestParser) -> bytes:
    stream: Any = parser.get_body_stream()
    text: bytes = stream.read()
    return text


def refusal(parser: RequestParser) -> ScouterError:
    with pytest.raises(ScouterError) as found:
        read(parser)
    return found.value


@pytest.mark.parametrize("piece", [1, 7, 100, 1000])
def test_a_body_is_read_as_it_was_sent(judgement: HeadJudgement, budget: BodyBudget, piece: int) -> None:
    body = bytes(range(256)) * 3
    parser = sent(judgement, KNOWN, body, piece)
    assert read(parser) == body
    assert read(parser) == body, "again"
    assert budget.held == len(body)
    parser.close()
    assert budget.held == 0


def test_a_body_in_chunks_counts_as_what_it_is(judgement: HeadJudgement, budget: BodyBudget) -> None:
    parser = begun(judgement, KNOWN, None)
    parser.received(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
    assert parser.completed
    assert parser.headers["CONTENT_LENGTH"] == "11"
    assert (read(parser), budget.held) == (b"hello world", 11)


@pytest.mark.parametrize(
    "headers",
    [
        "",
        "username: ana\r\npassword: secret\r\n",
        "Authorization: Basic good\r\nusername: ana\r\npassword: secret\r\n",
        "Authorization: Bearer \r\nusername: ana\r\npassword: secret\r\n",
        "Authorization: Bearer old\r\n",
        "Authorization: Bearer old\r\nusername: ana\r\n",
    ],
)
def test_nothing_is_kept_of_who_will_not_be_let_in(judgement: HeadJudgement, budget: BodyBudget, headers: str) -> None:
    parser = sent(judgement, headers, bytes(MIB))
    assert budget.held == 0
    assert isinstance(refusal(parser), NotAuthenticated)


@pytest.mark.parametrize("headers", [RENEWING, "Cookie: access_token=x\r\n", "x-bootstrap-token: x\r\n"])
def test_who_may_be_anybody_has_a_quarter(judgement: HeadJudgement, budget: BodyBudget, headers: str) -> None:
    first = sent(judgement, headers, bytes(8 * MIB))
    assert read(first) == bytes(8 * MIB)
    second = sent(judgement, headers, b"x")
    assert isinstance(refusal(second), Unavailable)
    assert read(sent(judgement, KNOWN, b"y")) == b"y", "the others are none the worse for it"
    first.close()
    assert read(sent(judgement, headers, b"z")) == b"z"


def test_bodies_that_are_never_finished_take_no_more_than_there_is(
    judgement: HeadJudgement, budget: BodyBudget
) -> None:
    parsers = [begun(judgement, KNOWN, 16 * MIB) for _ in range(60)]
    for _ in range(60):
        for parser in parsers:
            parser.received(bytes(262_144))
            assert budget.held <= 24 * MIB, "the last quarter is for ordinary messages"
    assert read(sent(judgement, KNOWN, bytes(MIB))) == bytes(MIB)
    for parser in parsers:
        parser.close()
    assert budget.held == 0


def test_what_was_refused_gives_its_place_to_others(judgement: HeadJudgement, budget: BodyBudget) -> None:
    kept = [sent(judgement, KNOWN, bytes(12 * MIB)), sent(judgement, KNOWN, bytes(10 * MIB))]
    turned_away = begun(judgement, KNOWN, 5 * MIB)
    turned_away.received(bytes(2 * MIB))
    turned_away.received(bytes(MIB))
    error = refusal(turned_away)
    assert isinstance(error, Unavailable)
    assert error.retry_after_seconds == 1
    assert budget.held == 22 * MIB
    del kept


@pytest.mark.parametrize("length", [16 * MIB + 1, None])
def test_nothing_is_kept_of_what_is_too_large(judgement: HeadJudgement, budget: BodyBudget, length: int | None) -> None:
    parser = begun(judgement, KNOWN, length)
    if length is None:
        for _ in range(17):
            parser.received(b"100000\r\n" + bytes(MIB) + b"\r\n")
    assert budget.held == 0
    assert isinstance(parser.error or refusal(parser), TooLarge)


def test_a_request_that_is_forgotten_gives_back_what_it_had(judgement: HeadJudgement, budget: BodyBudget) -> None:
    parser: RequestParser | None = sent(judgement, KNOWN, bytes(MIB))
    assert budget.held == MIB
    parser = None
    gc.collect()
    assert (parser, budget.held) == (None, 0)
