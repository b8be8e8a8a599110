"""A request that its threads must not wait for goes on in other threads."""

from __future__ import annotations

from scouter.api.port.bulkheads import BulkheadName


class HandOver(BaseException):
    """Raised by a handler that has not answered anything yet: the request begins anew in that bulkhead.

    No error, and nothing on the way may take it for one.
    """

    def __init__(self, bulkhead: BulkheadName) -> None:
        super().__init__(bulkhead)
        self.bulkhead = bulkhead
