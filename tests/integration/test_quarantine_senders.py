"""Who may leave something in quarantine, and who gives way first when it is full."""

from __future__ import annotations

import pytest

from scouter.ingest.quarantine.fair_share import fair_share
from scouter.maintenance.quarantine_limits import QuarantineLimits
from scouter.postgres.connections.pool import Pool
from tests.http_client import Answer, HttpClient
from tests.integration.callers import LogIn, log_in  # noqa: F401  # a fixture

BAD = b"no json"
UNKNOWN = b'{"records": [{"Spc": {"uid": "nobody\'s", "feature": "f0", "value": 1.0}}]}'


def send(client: HttpClient, body: bytes) -> Answer:
    return client.send("POST", "/scouter/message", body)


def senders(admin: HttpClient) -> dict[str, int]:
    """How many messages of each user are kept."""
    kept = admin.get("/scouter/quarantine", limit=500).body["items"]
    names = [item["username"] for item in kept]
    return {name: names.count(name) for name in names}


def test_of_who_may_write_nowhere_nothing_is_kept(admin: HttpClient, log_in: LogIn) -> None:  # noqa: F811
    for number, client in enumerate((log_in("eve"), log_in("ron", "read:all"))):
        for body in (BAD, UNKNOWN, b'{"records": []}', b'{"request": {}}'):
            answer = send(client, body)
            assert (answer.status, answer.body["code"]) == (403, "PERMISSION_DENIED"), (number, body)
            assert "quarantine_id" not in answer.body
    assert senders(admin) == {}
    totals = admin.get("/scouter/ledger").body
    assert totals["balanced"]
    assert (totals["total"]["received"], totals["total"]["refused"]) == (8, 8)


def test_who_may_write_somewhere_is_told_what_is_wrong_and_it_is_kept(admin: HttpClient, log_in: LogIn) -> None:  # noqa: F811
    ana = log_in("ana", "write:s")
    assert [send(ana, body).status for body in (BAD, UNKNOWN)] == [400, 400]
    assert senders(admin) == {"ana": 2}


def test_the_noisiest_sender_gives_way_first(admin: HttpClient, pool: Pool, log_in: LogIn) -> None:  # noqa: F811
    """Whatever its messages are in quarantine for: many reasons make no more room."""
    ana, eve = log_in("ana", "write:s"), log_in("eve", "write:eve")
    for _ in range(3):
        send(ana, b"x" * 1000)
    for _ in range(10):
        send(eve, b"x" * 1000)
        send(eve, UNKNOWN.ljust(1000))
    send(admin, b"x" * 100)
    limits = QuarantineLimits(pool, days=30, max_bytes=6100, max_unsupported_bytes=10**9)
    while limits.enforce():
        pass
    assert senders(admin) == {"ana": 3, "eve": 3, "admin": 1}


def test_senders_that_are_equally_noisy_keep_equal_shares(admin: HttpClient, pool: Pool, log_in: LogIn) -> None:  # noqa: F811
    for client in (log_in("ana", "write:s"), log_in("eve", "write:eve")):
        for number in range(6):
            send(client, b"%04d" % number * 250)
    limits = QuarantineLimits(pool, days=30, max_bytes=4000, max_unsupported_bytes=10**9)
    while limits.enforce():
        pass
    assert senders(admin) == {"ana": 2, "eve": 2}
    left = [item["received_at"] for item in admin.get("/scouter/quarantine").body["items"]]
    assert left == sorted(left, reverse=True)


@pytest.mark.parametrize(
    ("sizes", "maximum", "share"),
    [
        ([], 10, 10),
        ([3, 4], 10, 10),
        ([100], 10, 10),
        ([3, 100], 10, 7),
        ([100, 100, 1], 11, 5),
        ([4, 8, 12], 12, 4),
        ([1, 1], 0, 0),
    ],
)
def test_whoever_takes_little_keeps_it(sizes: list[int], maximum: int, share: int) -> None:
    assert fair_share(sizes, maximum) == share
    assert sum(min(size, share) for size in sizes) <= maximum
