"""A TCP proxy between the server and Postgres: it refuses, freezes, crawls, forgets connections, cuts in mid-COMMIT."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.drills.frontend_messages import FrontendMessage, FrontendStream
from tests.steady_ports import steady_ports

_CHUNK = 65536
_ACCEPT_SECONDS = 0.2
# What the server asks of Postgres for its sessions comes to 25 s. The socket behind this proxy has no keepalives.
_KEEPALIVE_SECONDS = 30.0


@dataclass(frozen=True)
class Weather:
    """How the network behaves. Shares are chances for each transaction that has stored rows."""

    frozen: bool = False  # connections are accepted and stay, and nothing travels until it is over
    mute: bool = False  # who connects can log in, and is never answered again, not even when it is over
    latency_seconds: float = 0.0  # of each piece, in both directions
    bytes_a_second: float = 0.0  # 0: without a limit
    cut_before_commit: float = 0.0  # COMMIT does not reach Postgres
    cut_after_commit: float = 0.0  # Postgres commits, and the server does not hear of it


FAIR = Weather()


class DatabaseProxy:
    """Owns the thread `database proxy` and two for each connection. It is up until `close`."""

    def __init__(self, conninfo: str, seed: int) -> None:
        target = conninfo_to_dict(conninfo)
        self._target = f"{target['host']}/.s.PGSQL.{target['port']}"
        self._chooser = random.Random(seed)
        self._lock = threading.Lock()
        self._connections: set[_Proxied] = set()
        self._closing = False
        self._thaw = threading.Event()
        self.weather = FAIR
        self.cuts: Counter[str] = Counter()
        self._listener: socket.socket | None = None
        (self.port,) = steady_ports(1)
        self.accept()
        self.conninfo = make_conninfo(
            conninfo, host="127.0.0.1", port=str(self.port), sslmode="disable", gssencmode="disable"
        )

    def become(self, weather: Weather) -> None:
        self.weather = weather
        (self._thaw.clear if weather.frozen else self._thaw.set)()

    def accept(self) -> None:
        """Let connections in, at first and after `refuse`."""
        self.become(FAIR)
        listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        listener.settimeout(_ACCEPT_SECONDS)
        self._listener = listener
        self._acceptor = threading.Thread(target=self._accept_on, args=(listener,), name="database proxy")
        self._acceptor.start()

    def refuse(self) -> None:
        """Cut every connection and refuse new ones, as a host does where nothing listens."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        self._acceptor.join()
        listener.close()
        self.cut_all()

    def cut_all(self) -> None:
        self.become(FAIR)
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.cut()

    def lose_all(self) -> None:
        """Every connection that is open stays so for both ends, and nothing travels on it ever again."""
        with self._lock:
            for connection in self._connections:
                connection.lose()

    def close(self) -> None:
        self._closing = True
        self.refuse()
        with self._lock:
            threads = [thread for connection in self._connections for thread in connection.threads]
        for thread in threads:
            thread.join()

    def wait_while_frozen(self) -> None:
        while self.weather.frozen and not self._closing:
            self._thaw.wait()

    def choose_cut(self) -> str:
        """What is done to the transaction that is about to commit: `before`, `after`, or nothing."""
        with self._lock:
            drawn, weather = self._chooser.random(), self.weather
            cut = ""
            if drawn < weather.cut_before_commit:
                cut = "before"
            elif drawn < weather.cut_before_commit + weather.cut_after_commit:
                cut = "after"
            if cut:
                self.cuts[cut] += 1
        return cut

    def forget(self, connection: _Proxied) -> None:
        with self._lock:
            self._connections.discard(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _accept_on(self, listener: socket.socket) -> None:
        while self._listener is listener:
            try:
                near, _ = listener.accept()
            except TimeoutError:
                continue
            self._begin(near)

    def _begin(self, near: socket.socket) -> None:
        near.settimeout(None)
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(self._target)
        except OSError:  # no Postgres there: the server finds its connection closed at once
            near.close()
            far.close()
            return
        connection = _Proxied(self, near, far)
        with self._lock:
            self._connections.add(connection)
        connection.start()


class _Proxied:
    """One connection and its two threads. When either end closes, both are."""

    def __init__(self, proxy: DatabaseProxy, near: socket.socket, far: socket.socket) -> None:
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._proxy, self._near, self._far = proxy, near, far
        self._is_mute = proxy.weather.mute
        self._lost = threading.Event()
        self._cut = threading.Event()
        self._copied = False
        self._cut_at_answer = False
        self.threads = (
            threading.Thread(target=self._upwards, name="database proxy, to Postgres"),
            threading.Thread(target=self._downwards, name="database proxy, from Postgres"),
        )

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def lose(self) -> None:
        self._lost.set()

    def cut(self) -> None:
        """Closed for both; their threads notice and end."""
        self._cut.set()
        for end in (self._near, self._far):
            with contextlib.suppress(OSError):  # it was closed already
                end.shutdown(socket.SHUT_RDWR)

    def _upwards(self) -> None:
        stream = FrontendStream()
        try:
            while chunk := self._near.recv(_CHUNK):
                self._dawdle(len(chunk))
                for message in stream.read(chunk):
                    if self._cuts(message):
                        return
                    if self._is_mute and message.is_query:
                        self.lose()
                    self._pass_on(message.data, self._far)
            self._hold_if_lost()
        except OSError:  # reset by either end
            return
        finally:
            self.cut()
            self._end()

    def _cuts(self, message: FrontendMessage) -> bool:
        """Whether the connection is to be cut instead of passing this on."""
        self._copied |= message.ends_copy
        if not (message.commits and self._copied):
            return False
        self._copied = False
        cut = self._proxy.choose_cut()
        self._cut_at_answer = cut == "after"
        return cut == "before"

    def _downwards(self) -> None:
        try:
            while chunk := self._far.recv(_CHUNK):
                if self._cut_at_answer:  # Postgres has committed; nobody is told
                    return
                self._dawdle(len(chunk))
                self._pass_on(chunk, self._near)
        except OSError:  # reset by either end
            return
        finally:
            self.cut()

    def _pass_on(self, data: bytes, end: socket.socket) -> None:
        if not self._lost.is_set():
            end.sendall(data)

    def _hold_if_lost(self) -> None:
        """The server has closed its end. Postgres finds out by itself, as by its keepalives, and not before."""
        if self._lost.is_set():
            self._cut.wait(_KEEPALIVE_SECONDS)

    def _dawdle(self, size: int) -> None:
        self._proxy.wait_while_frozen()
        weather = self._proxy.weather
        if weather.latency_seconds or weather.bytes_a_second:
            time.sleep(weather.latency_seconds + (size / weather.bytes_a_second if weather.bytes_a_second else 0.0))

    def _end(self) -> None:
        self.threads[1].join()
        self._near.close()
        self._far.close()
        self._proxy.forget(self)
