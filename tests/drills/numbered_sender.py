"""Sends numbered messages on many kept connections, from one process and one thread, and writes down what came of each.

    python -m tests.drills.numbered_sender LEDGER      the first line on stdin is a `SenderOrder`; its end: stop

A message without an answer is not sent again, for it may be stored; with a key it is, until it is answered. Prints one
JSON object at the end: messages, how often it waited in vain, seconds, the latencies of answers, and the share of one
core that it used itself.
"""

from __future__ import annotations

import itertools
import json
import random
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tests.drills import sent_messages
from tests.drills.http_answers import HttpAnswer, read_answer
from tests.drills.numbered_messages import MessageMaker
from tests.drills.sender_order import SenderOrder
from tests.drills.sent_messages import Outcome, SentMessage

_TICK_SECONDS = 0.02
_RECONNECT_SECONDS = 0.05
_MAX_BEHIND_SECONDS = 1.0  # what could not be sent for longer than this is not made up for


@dataclass(slots=True)
class _Message:
    first: int
    kind: str
    body: bytes
    attempts: int = 0


@dataclass(slots=True)
class _Connection:
    """At most one message under way."""

    socket: socket.socket | None = None
    message: _Message | None = None
    sent_at: float = 0.0
    open_after: float = 0.0
    received: bytearray = field(default_factory=bytearray)


class NumberedSender:
    def __init__(self, order: SenderOrder, ledger: TextIO) -> None:
        self._order = order
        self._ledger = ledger
        self._maker = MessageMaker(order)
        self._chooser = random.Random(order.seed)
        self._token = order.token
        self._firsts = itertools.count(order.first_number, order.records)
        self._made = 0
        self._again: deque[_Message] = deque()
        self._connections = [_Connection() for _ in range(order.connections)]
        self._by_descriptor: dict[int, _Connection] = {}
        self._poller = select.epoll()
        self._latencies: list[float] = []
        self._given_up = 0
        self._stopped = False

    def run(self, stop: TextIO) -> dict[str, float]:
        self._poller.register(stop.fileno(), select.EPOLLIN | select.EPOLLHUP)
        began, cpu_began = time.monotonic(), time.process_time()
        due = self._due(began)
        while not self._stopped:
            left = self._order.messages - self._made if self._order.messages else sys.maxsize
            self._turn(min(next(due), left), stop.fileno())
            self._stopped = self._stopped or left <= 0
        self._finish(stop.fileno())
        elapsed = time.monotonic() - began
        return {
            "messages": self._made,
            "given_up": self._given_up,
            "seconds": elapsed,
            "cpu": (time.process_time() - cpu_began) / elapsed,
            **_spread(self._latencies),
        }

    def _due(self, began: float) -> Iterator[int]:
        """How many messages may be sent now."""
        a_second = self._order.rows_a_second / self._order.records
        due, then = 0.0, began
        while True:
            now = time.monotonic()
            due = min(due + (now - then) * a_second, max(a_second * _MAX_BEHIND_SECONDS, 1.0))
            then = now
            before = self._made
            yield int(due) if a_second else sys.maxsize
            due -= self._made - before

    def _turn(self, due: int, stop: int | None) -> None:
        """Send what is due on idle connections, then look what has come."""
        now = time.monotonic()
        for connection in self._connections:
            if connection.message is not None:
                self._lose_patience(connection, now)
            elif connection.open_after <= now:
                due -= self._put_to_work(connection, due)
        for descriptor, _ in self._poller.poll(_TICK_SECONDS):
            if descriptor == stop:
                self._stopped = True
                self._poller.unregister(descriptor)
            elif descriptor in self._by_descriptor:
                self._receive(self._by_descriptor[descriptor])

    def _finish(self, stop: int) -> None:
        """Make nothing new; wait for answers, and with a key send again until there is one."""
        deadline = time.monotonic() + self._order.answer_seconds
        while self._unfinished() and time.monotonic() < deadline:
            self._turn(0, stop)
        left = [connection.message for connection in self._connections if connection.message is not None]
        for message in [*left, *self._again]:
            self._write(message, Outcome.UNANSWERED)
        self._ledger.flush()

    def _unfinished(self) -> bool:
        return bool(self._again) or any(connection.message is not None for connection in self._connections)

    def _put_to_work(self, connection: _Connection, due: int) -> int:
        """How many new messages were begun: 0 or 1."""
        if self._again:
            self._send(connection, self._again.popleft())
        elif due > 0 and not self._stopped and self._connected(connection):
            first, kind = next(self._firsts), self._maker.next_kind()
            self._made += 1
            self._send(connection, _Message(first, kind, self._maker.body(first, kind)))
            return 1
        return 0

    def _connected(self, connection: _Connection) -> bool:
        if connection.socket is None:
            try:
                made = socket.create_connection(("127.0.0.1", self._order.port), timeout=5)
            except OSError:  # the server is not there; a message is made when it can be sent
                connection.open_after = time.monotonic() + _RECONNECT_SECONDS
                return False
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.socket = made
            self._by_descriptor[made.fileno()] = connection
            self._poller.register(made.fileno(), select.EPOLLIN)
        return True

    def _send(self, connection: _Connection, message: _Message) -> None:
        connection.message, connection.sent_at = message, time.monotonic()
        if not self._connected(connection):
            self._no_answer(connection)
            return
        assert connection.socket is not None
        message.attempts += 1
        try:
            connection.socket.sendall(self._request(message))
        except OSError:  # closed under our hands, and maybe after all of it had been read
            self._no_answer(connection)
            return
        if message.attempts == 1 and self._chooser.random() < self._order.impatience:
            self._no_answer(connection)

    def _request(self, message: _Message) -> bytes:
        key = f"idempotency-key: drill-{message.first}\r\n" if self._order.keyed else ""
        head = (
            f"POST /scouter/message HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\nusername: admin\r\n"
            f"password: {self._order.password}\r\nauthorization: Bearer {self._token}\r\n{key}"
            f"content-type: application/json\r\ncontent-length: {len(message.body)}\r\n\r\n"
        )
        return head.encode() + message.body

    def _receive(self, connection: _Connection) -> None:
        assert connection.socket is not None
        try:
            chunk = connection.socket.recv(65536)
        except OSError:  # reset: the server was killed
            chunk = b""
        connection.received += chunk
        answer = read_answer(connection.received) if chunk else None
        if answer is not None:
            self._answered(connection, answer)
        elif not chunk:
            self._no_answer(connection)

    def _answered(self, connection: _Connection, answer: HttpAnswer) -> None:
        message = connection.message
        assert message is not None
        self._latencies.append(time.monotonic() - connection.sent_at)
        self._token = answer.renewed_token or self._token
        self._write(message, answer.outcome, answer.status, answer.detail(self._order.records))
        connection.message = None
        connection.received.clear()
        if answer.closes:
            self._close(connection)

    def _lose_patience(self, connection: _Connection, now: float) -> None:
        if now - connection.sent_at > self._order.answer_seconds:
            self._given_up += 1
            self._no_answer(connection)

    def _no_answer(self, connection: _Connection) -> None:
        """The connection is of no use any more."""
        message, connection.message = connection.message, None
        if message is not None and self._order.keyed:
            self._again.append(message)
        elif message is not None:
            self._write(message, Outcome.UNANSWERED)
        self._close(connection)

    def _close(self, connection: _Connection) -> None:
        if connection.socket is not None:
            del self._by_descriptor[connection.socket.fileno()]
            connection.socket.close()  # which also ends its registration
        connection.socket = None
        connection.received.clear()
        connection.open_after = time.monotonic() + _RECONNECT_SECONDS

    def _write(self, message: _Message, outcome: Outcome, status: int = 0, detail: str = "") -> None:
        done = SentMessage(message.first, self._order.records, message.kind, outcome, status, message.attempts, detail)
        sent_messages.write(done, self._ledger)


def _spread(latencies: list[float]) -> dict[str, float]:
    ordered = sorted(latencies) or [0.0]
    parts = (("p50_ms", 0.5), ("p99_ms", 0.99), ("longest_ms", 1.0))
    return {name: ordered[int((len(ordered) - 1) * part)] * 1000 for name, part in parts}


if __name__ == "__main__":
    with Path(sys.argv[1]).open("w", buffering=1) as ledger:
        order = SenderOrder.read(sys.stdin.readline())
        if order.address:
            from tests.drills.broker_sender import BrokerSender  # the libraries take a while

            print(json.dumps(BrokerSender(order, ledger).run(sys.stdin)))
        else:
            print(json.dumps(NumberedSender(order, ledger).run(sys.stdin)))
