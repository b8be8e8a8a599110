"""Logging: text for people or one JSON object a line, on standard error."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "warning": logging.WARNING}


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "thread": record.threadName,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def set_up_logs(level: str, *, as_json: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    handler.setFormatter(_JsonLines() if as_json else text)
    logging.basicConfig(level=_LEVELS.get(level, logging.ERROR), handlers=[handler], force=True)
    # The pool says every failed connection attempt again; one line from whoever needed it is enough.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    # Requests wait for commits in groups, so a queue before the request threads is no fault.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
