"""Logging: text for people or one JSON object a line, on standard error.

While a request is handled, every line carries its id, whoever logs it.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from scouter.terminal import is_terminal, set_up_standard_error, takes_bar

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "warning": logging.WARNING}

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that this thread handles; empty when it handles none."""

LABEL = "scouter_label"
"""Attribute of a log record: a word that its line begins with, for people who look at a terminal."""


class _TextLines(logging.Formatter):
    """One event a line: what callers send, a path for one, must not be able to begin a line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name is logging's
        line = super().formatMessage(record).translate(_ESCAPES)
        current = request_id.get()
        return f"{line} [{current}]" if current else line


class _LinesForPeople(_TextLines):
    """On a terminal: what has a label is read at once, and needs neither its time nor where it comes from."""

    def format(self, record: logging.LogRecord) -> str:
        label = getattr(record, LABEL, None)
        if label is None:
            return super().format(record)
        text = record.getMessage().removeprefix(f"{label}: ").translate(_ESCAPES)
        return f"  {label:<9} {text}"


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "thread": record.threadName,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            entry["request_id"] = current
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), 127)} | {
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\t",
}


def set_up_logs(level: str, *, as_json: bool) -> None:
    has_bar = not as_json and takes_bar(sys.stderr, os.environ)
    handler = logging.StreamHandler(set_up_standard_error(sys.stderr, has_bar=has_bar))
    text = _LinesForPeople if is_terminal(sys.stderr) else _TextLines
    handler.setFormatter(_JsonLines() if as_json else text("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=_LEVELS.get(level, logging.ERROR), handlers=[handler], force=True)
    # The pool says every failed connection attempt again; one line from whoever needed it is enough.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    # Requests wait for commits in groups, so a queue before the request threads is no fault.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    # While a broker is away their libraries say so many times a second; a consumer says it once a minute.
    for library in ("kafka", "pika"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
