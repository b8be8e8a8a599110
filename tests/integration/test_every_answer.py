"""Whatever reaches the port is answered in one shape, counted, logged with its id; a message is in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.conditions import eventually
from tests.http_client import HttpClient
from tests.metrics_page import samples_at
from tests.profile_documents import registration, spc_profile
from tests.raw_http import RawAnswer, RawConnection, request
from tests.server_process import PreparedServer, ServerProcess

MAX_BYTES = 100_000
MESSAGE, LOGIN = b"POST /scouter/message HTTP/1.1\r\n", b"GET /scouter/auth/login HTTP/1.1\r\n"
SECRET = b"open sesame"


@dataclass(frozen=True)
class Case:
    """`message`: the path of the first line is one that messages are sent to, and it can be read."""

    raw: bytes
    status: int
    code: str
    message: bool


CASES = {
    "no HTTP": Case(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, "BAD_REQUEST", False),
    "method in lower case": Case(b"get /livez HTTP/1.1\r\n\r\n", 400, "BAD_REQUEST", False),
    "header without a name": Case(MESSAGE + b": x\r\n\r\n", 400, "BAD_REQUEST", True),
    "header of another form": Case(MESSAGE + b"password " + SECRET + b"\r\n\r\n", 400, "BAD_REQUEST", True),
    "bare line feed": Case(MESSAGE + b"a: b\nc: d\r\n\r\n", 400, "BAD_REQUEST", True),
    "folded first header": Case(MESSAGE + b" " + SECRET + b": x\r\n\r\n", 400, "BAD_REQUEST", True),
    "length in words": Case(MESSAGE + b"Content-Length: ten\r\n\r\n", 400, "BAD_REQUEST", True),
    "negative length": Case(MESSAGE + b"Content-Length: -5\r\n\r\n", 400, "BAD_REQUEST", True),
    "chunk without a length": Case(MESSAGE + b"Transfer-Encoding: chunked\r\n\r\nx\r\n", 400, "BAD_REQUEST", True),
    "chunk without an end": Case(
        MESSAGE + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}garbage\r\n", 400, "BAD_REQUEST", True
    ),
    "chunk whose first line does not end": Case(
        MESSAGE + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 5000, 400, "BAD_REQUEST", True
    ),
    "body announced too large": Case(MESSAGE + b"Content-Length: 1000000000\r\n\r\n", 413, "TOO_LARGE", True),
    "invitation to a body too large": Case(
        MESSAGE + b"Content-Length: 200000\r\nExpect: 100-continue\r\n\r\n", 413, "TOO_LARGE", True
    ),
    "chunks too large": Case(
        MESSAGE + b"Transfer-Encoding: chunked\r\n\r\n" + b"ffff\r\n" + b" " * 0xFFFF + b"\r\nffff\r\n" + b" " * 0xFFFF,
        413,
        "TOO_LARGE",
        True,
    ),
    "head too large": Case(MESSAGE + b"a: " + b"b" * 40_000 + b"\r\n\r\n", 431, "HEAD_TOO_LARGE", True),
    "address too long": Case(b"GET /" + b"a" * 40_000, 431, "HEAD_TOO_LARGE", False),
    "encoding nobody knows": Case(MESSAGE + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "NOT_SUPPORTED", True),
    "wrong head, no message": Case(LOGIN + b"nonsense\r\n\r\n", 400, "BAD_REQUEST", False),
    "method nobody knows": Case(request("BREW", "/scouter/message"), 400, "BAD_REQUEST", False),
    "other method": Case(request("PUT", "/scouter/message"), 405, "METHOD_NOT_ALLOWED", False),
    "other path": Case(request("POST", "/scouter/messages"), 404, "NOT_FOUND", False),
    "message without a token": Case(request("POST", "/scouter/message", b"{}"), 401, "UNAUTHORIZED", True),
    "no JSON": Case(
        request("POST", "//scouter/message/", b"{", authorization="Bearer TOKEN"), 400, "BAD_REQUEST", True
    ),
}


@dataclass(frozen=True)
class Port:
    server: ServerProcess
    token: str
    uid: str

    def ledger(self) -> dict[str, int]:
        client = HttpClient(self.server.url)
        client.token = self.token
        ledger = client.get("/scouter/ledger").body
        client.close()
        assert ledger["balanced"]
        return dict(ledger["transports"]["http"])

    def counted(self, name: str, **labels: str) -> float:
        return sum(
            value
            for (found, of), value in samples_at(f"http://127.0.0.1:{self.server.port + 1}").items()
            if found == name and labels.items() <= dict(of).items()
        )

    def ask(self, raw: bytes) -> RawAnswer:
        with RawConnection(self.server.url) as connection:
            return connection.ask(raw)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Port]:
    directory = tmp_path_factory.mktemp("every-answer")
    with PreparedServer(directory, {"SCOUTER_MAX_MESSAGE_BYTES": str(MAX_BYTES)}) as server:
        client = HttpClient(server.url).login()
        uid = client.post("/scouter/profile", registration(spc_profile())).body["uid"]
        assert client.token is not None
        yield Port(server, client.token, uid)


@pytest.mark.parametrize("name", CASES)
def test_an_error_has_one_shape_and_is_counted_and_logged(port: Port, name: str) -> None:
    case = CASES[name]
    received, refused = port.ledger()["received"], port.counted("scouter_requests_refused_total", code=case.code)
    answered = port.counted("http_requests_total", status=str(case.status))
    answer = port.ask(case.raw.replace(b"TOKEN", port.token.encode()))
    assert (answer.status, answer.json["code"]) == (case.status, case.code)
    assert isinstance(answer.json["error"], str)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-scouter-api-version"]
    own_id = answer.headers["x-request-id"]
    eventually(lambda: f"[{own_id}]" in port.server.log)
    [line] = [line for line in port.server.log.splitlines() if f"[{own_id}]" in line]
    assert f" {case.status} " in line
    assert f"from 127.0.0.1: {case.code}" in line
    assert SECRET not in line.encode() + answer.body
    assert port.counted("scouter_requests_refused_total", code=case.code) == refused + 1
    assert port.counted("http_requests_total", status=str(case.status)) == answered + 1
    assert port.ledger()["received"] == received + case.message


def test_the_id_that_a_sender_chose_is_in_answers_of_the_port_too(port: Port) -> None:
    answer = port.ask(request("POST", "/scouter/message", content_length="1000000000", x_request_id="find-me"))
    assert (answer.status, answer.headers["x-request-id"]) == (413, "find-me")


def test_one_who_is_still_sending_reads_why_nobody_listens_any_more(port: Port) -> None:
    with RawConnection(port.server.url) as connection:
        connection.send(request("POST", "/scouter/message", content_length="20000000"))
        for _ in range(200):
            connection.send(b" " * 100_000)
        assert connection.answer().status == 413
        assert connection.has_ended()


def test_who_waits_for_an_invitation_that_does_not_come_is_told_so_at_once(port: Port) -> None:
    with RawConnection(port.server.url) as connection:
        answer = connection.ask(request("POST", "/scouter/message", content_length="200000", expect="100-continue"))
        assert answer.status == 413, "and not 100"
        connection.send(request("GET", "/livez"))
        assert connection.has_ended()


def test_who_waits_for_an_invitation_gets_it(port: Port) -> None:
    with RawConnection(port.server.url) as connection:
        assert (
            connection.ask(request("POST", "/scouter/message", content_length="2", expect="100-continue")).status == 100
        )
        assert connection.ask(b"{}").status == 401
        assert connection.ask(request("GET", "/livez", expect="100-continue")).status == 200, (
            "there is nothing to wait for"
        )


def test_a_body_as_large_as_may_is_taken_whole_or_in_chunks(port: Port) -> None:
    body = b" " * (MAX_BYTES - 2) + b"{}"
    assert port.ask(request("POST", "/scouter/message", body)).status == 401
    chunks = b"".join(b"%x\r\n%s\r\n" % (1, body[n : n + 1]) for n in range(MAX_BYTES)) + b"0\r\n\r\n"
    assert port.ask(request("POST", "/scouter/message", transfer_encoding="chunked") + chunks).status == 401


def test_a_message_that_breaks_off_is_counted_and_was_never_received(port: Port) -> None:
    received, before = port.ledger()["received"], port.counted("scouter_http_broken_off_total", of="request")
    for part in (b"POST /scouter/mess", request("POST", "/scouter/message", content_length="10") + b"{"):
        with RawConnection(port.server.url) as connection:
            connection.send(part)
    with RawConnection(port.server.url):  # says nothing
        pass
    eventually(lambda: port.counted("scouter_http_broken_off_total", of="request") == before + 2)
    assert port.ledger()["received"] == received


def routes_of(port: Port) -> list[str]:
    with HttpClient(port.server.url) as client:
        endpoints = client.get("/scouter/api/v1/capabilities").body["endpoints"].values()
    return [f"GET {each}" if each.startswith("/") else each for each in endpoints]


def test_head_says_of_every_route_what_get_would_say(port: Port) -> None:
    own = {"authorization": f"Bearer {port.token}"}
    volatile = {"date", "x-request-id", "content-length"}
    paths = [route.removeprefix("GET ") for route in routes_of(port) if route.startswith("GET ")]
    assert len(paths) > 20
    query = f"?uid={port.uid}&time_interval=OneHour&max_data_points=10&space=s&name=m&version=0.1.0&drift_type=Spc"
    for path in paths:
        with RawConnection(port.server.url) as connection:
            shown = connection.ask(request("GET", path + query, b"", **own))
            if shown.headers.get("connection") == "close":  # a reply whose end nobody knows beforehand
                continue
            connection.send(request("HEAD", path + query, b"", **own))
            told = connection.answer(to_head=True)
            assert told.status == shown.status, path
            assert told.headers.keys() == shown.headers.keys(), path
            same = told.headers.keys() - volatile
            assert {name: told.headers[name] for name in same} == {name: shown.headers[name] for name in same}, path


def test_head_of_an_export_is_its_head_alone(port: Port) -> None:
    own = {"authorization": f"Bearer {port.token}"}
    with RawConnection(port.server.url) as connection:
        path = f"/scouter/records/spc?uid={port.uid}&time_interval=OneHour&max_data_points=10"
        connection.send(request("HEAD", path, b"", **own))
        told = connection.answer(to_head=True)
        assert (told.status, told.headers["content-type"]) == (200, "application/vnd.apache.parquet")
        assert "transfer-encoding" not in told.headers
        assert connection.ask(request("GET", "/livez")).status == 200


def test_options_say_what_may_be_done(port: Port) -> None:
    by_path: dict[str, set[str]] = {"*": set()}
    for route in routes_of(port):
        method, _, path = route.partition(" ")
        by_path.setdefault(path, {"OPTIONS"}).update({method, "HEAD"} if method == "GET" else {method})
    by_path["*"] = {"OPTIONS"}.union(*by_path.values())
    with RawConnection(port.server.url) as connection:
        for path, methods in by_path.items():
            answer = connection.ask(request("OPTIONS", path.replace("{", "").replace("}", "")))
            assert (answer.status, answer.body) == (200, b""), path
            assert set(answer.headers["allow"].split(", ")) == methods, path
            wrong = connection.ask(request("PATCH", path.replace("{", "").replace("}", "")))
            assert wrong.status == (404 if path == "*" else 405)
            assert path == "*" or set(wrong.headers["allow"].split(", ")) == methods, path


def test_answers_to_requests_that_come_all_at_once_come_one_after_the_other(port: Port) -> None:
    with RawConnection(port.server.url) as connection:
        paths = ["/livez", "/scouter/nowhere", "/scouter/healthcheck", "/readyz"] * 50
        connection.send(b"".join(request("GET", path) for path in paths))
        statuses = [connection.answer().status for _ in paths]
    assert statuses == [404 if path == "/scouter/nowhere" else 200 for path in paths]


def test_old_clients_are_answered_in_their_version(port: Port) -> None:
    with RawConnection(port.server.url) as connection:
        connection.send(b"GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert connection.answer().headers["connection"] == "Keep-Alive"
        connection.send(b"GET /livez HTTP/1.0\r\n\r\n")
        assert connection.answer().headers["connection"] == "close"
        assert connection.has_ended()
