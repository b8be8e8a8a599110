"""A connection: what arrives on it is read by the loop, and answered by a thread of the bulkhead that it is for."""

from __future__ import annotations

import logging
import socket
import time
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected, HTTPChannel

from scouter.api.port.bulkheads import BulkheadName
from scouter.api.port.hand_over import HandOver
from scouter.api.port.refusals import Refusal
from scouter.api.port.reply import Reply
from scouter.api.port.request_parser import RequestParser
from scouter.errors import Busy, ScouterError
from scouter.logs import request_id
from scouter.metrics import HTTP_BROKEN_OFF

log = logging.getLogger(__name__)

_LINGER_SECONDS = 2.0  # for a client to stop sending what is not read any more


class Channel(HTTPChannel):
    """The loop and the thread that answers take turns: while a request is in hand, the loop leaves it alone, unless
    what is sent does not fit into the socket.
    """

    # Waitress' own, of which its types know little.
    server: Any
    requests: Any
    request: Any
    requests_lock: Any
    _fileno: Any
    _flush_outbufs_below_high_watermark: Any

    def __init__(
        self, server: Any, connection: socket.socket, address: Any, adjustments: Adjustments, map: Any
    ) -> None:
        self.bulkhead: BulkheadName = "rest"  # of the request in hand
        self._is_blocked = False  # what is to be sent waits for the client
        self._has_unread_rest = False  # of a request that was refused before it had come to its end
        self._lingers_until: float | None = None  # on time.monotonic()
        super().__init__(server, connection, address, adjustments, map)
        self.last_activity = time.monotonic()  # waitress would take a clock that is set for a pause

    def parser_class(self, adjustments: Adjustments) -> RequestParser:  # type: ignore[override]
        return RequestParser(adjustments, self.server.max_body_bytes, self.server.judgement)

    # --- the loop

    @property
    def is_idle(self) -> bool:
        return not (self.requests or self.request is not None or self.total_outbufs_len)

    def readable(self) -> bool:
        return self._lingers_until is not None or bool(super().readable())

    def writable(self) -> bool:
        """Not while a thread is just sending: a socket that can take more would wake the loop for nothing."""
        if self.will_close or self.close_when_flushed:
            return True
        return self.total_outbufs_len > 0 and (self._is_blocked or not self.requests)

    def handle_read(self) -> None:
        try:
            data = self._connection.recv(self.adj.recv_bytes)
        except BlockingIOError:  # what was said was meant for who had this descriptor before
            return
        except OSError as problem:
            log.debug("a connection broke: %s", problem)
            data = b""
        if not data or self._is_lingered_out:
            self.handle_close()
        elif self._lingers_until is None:
            self.last_activity = time.monotonic()
            self.received(data)

    def handle_write(self) -> None:
        if self.close_when_flushed and self._has_unread_rest and not self.will_close:
            self._part()
        else:
            super().handle_write()

    def handle_close(self) -> None:
        unfinished, self.request = self.request, None
        if unfinished is not None:
            unfinished.close()
            if unfinished.is_begun:
                HTTP_BROKEN_OFF.labels("request").inc()
        super().handle_close()

    def close_if_overdue(self, now: float, *, idle_seconds: float, stalled_seconds: float) -> None:
        """`now` on time.monotonic(). Who reads nothing of an answer keeps a thread and memory."""
        rests = now - self.last_activity
        is_overdue = rests > stalled_seconds if self._is_blocked else not self.requests and rests > idle_seconds
        if is_overdue or self._is_lingered_out:
            self.handle_close()

    @property
    def _connection(self) -> socket.socket:
        connection: Any = self.socket
        return connection  # type: ignore[no-any-return]

    @property
    def _is_lingered_out(self) -> bool:
        return self._lingers_until is not None and time.monotonic() > self._lingers_until

    def _part(self) -> None:
        """Send what is left and say good-bye. What still arrives is thrown away: to close at once would take back the
        answer from a client that is still sending.
        """
        self._flush_exception(self._flush_some)
        if self.connected and not self.total_outbufs_len and not self.will_close:
            self.close_when_flushed = False
            self._lingers_until = time.monotonic() + _LINGER_SECONDS
            self._connection.shutdown(socket.SHUT_WR)

    # --- the loop, and the thread that answers

    def _flush_some(self, do_close: bool = True) -> bool:
        has_sent: bool = super()._flush_some(do_close)  # type: ignore[misc]
        if has_sent:
            self.last_activity = time.monotonic()
        self._is_blocked = self.total_outbufs_len > 0
        if self._is_blocked:
            self._wait_for_what_comes()
        return has_sent

    def _flush_exception(self, flush: Any, do_close: bool = True) -> Any:
        flushed = super()._flush_exception(flush, do_close)  # type: ignore[misc]
        if self.will_close:
            self._wait_for_what_comes()
        return flushed

    def _wait_for_what_comes(self) -> None:
        with self.outbuf_lock:  # it is not closed meanwhile, and its number not another's
            if self.connected:
                self.server.sockets.arm(self._fileno, self)

    # --- the thread that answers

    def service(self) -> None:
        """Answer the first request that is there."""
        request = self.requests[0]
        try:
            task = self._answered(request)
        except HandOver as elsewhere:
            request_id.set("")
            self.server.dispatch(self, elsewhere.bulkhead)
            return
        if task.close_on_finish:
            self._end(request)
        else:
            self._go_on(request)
        self.last_activity = time.monotonic()
        self._wait_for_what_comes()

    def _answered(self, request: Any) -> Any:
        task = (Refusal if request.error is not None else Reply)(self, request)
        if not self.connected:
            task.close_on_finish = True
            return task
        try:
            task.service()
        except ClientDisconnected:
            HTTP_BROKEN_OFF.labels("reply").inc()
            task.close_on_finish = True
        except HandOver:
            raise
        except BaseException:  # whatever it is, nobody waits for an answer without end
            log.exception("the answer to %s %s broke off", request.command, request.path)
            task = self._excused(task, request)
        return task

    def _excused(self, task: Any, request: Any) -> Any:
        """Nobody takes half an answer for a whole one."""
        if not task.wrote_header and request.error is None:
            request.error = ScouterError("the server failed; its log says why")
            return self._answered(request)
        HTTP_BROKEN_OFF.labels("reply").inc()
        task.close_on_finish = True
        return task

    def _end(self, request: Any) -> None:
        self._has_unread_rest = request.error is not None and not isinstance(request.error, Busy)
        with self.requests_lock:
            self.close_when_flushed = True
            for each in self.requests:
                each.close()
            self.requests, self.request = [], None

    def _go_on(self, request: Any) -> None:
        """With the next request, if the client has sent one already."""
        if len(self.requests) > 1:
            self._flush_outbufs_below_high_watermark()
        if self.current_outbuf_count > 0:
            self.current_outbuf_count = self.adj.outbuf_high_watermark  # the next answer gets a buffer of its own
        request.close()
        with self.requests_lock:
            self.requests.pop(0)
            if self.connected and self.requests:
                self.server.dispatch(self)
            elif self.connected and self._is_to_be_invited(self.request):
                self.send_continue()

    def _is_to_be_invited(self, request: Any) -> bool:
        """A client that has sent its head alone waits to hear that the body is wanted."""
        return bool(
            request is not None and request.expect_continue and request.headers_finished and not self.sent_continue
        )
