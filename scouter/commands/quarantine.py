"""`quarantine`: list, show, download, replay and delete messages that could not be stored.

Beside a running server or without one.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from scouter.assembly import ingest_core
from scouter.errors import InvalidInput, NotQuarantined, ReplayFailed
from scouter.ingest.quarantine.removal import delete, delete_selected
from scouter.ingest.quarantine.replay import Replay, ReplayProgress
from scouter.postgres.connections.database_connections import DatabaseConnections
from scouter.postgres.connections.pool import Pool, open_pool
from scouter.postgres.database import present_database
from scouter.postgres.schema.migrations import migrate
from scouter.postgres.schema.partitions import Partitions
from scouter.postgres.tables.quarantine import Entry, QuarantineFilter, WholeEntry, quarantine_page, quarantined_message
from scouter.runtime.private_files import open_private
from scouter.settings.settings import Settings
from scouter.wire.decoding import convert_query
from scouter.wire.quarantine import MAX_ITEMS, QuarantineQuery, Reason, Transport, accepted_by_quarantine

_STOP_SECONDS = 2.0
_PASS_SECONDS = 10.0  # between two lines that say how far it is
# Whoever sends messages must not command the terminal of whoever looks at them. Lines and tabs are left.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class _Work:
    """What an action has to go by."""

    options: argparse.Namespace
    settings: Settings
    conninfo: str
    pool: Pool


def add_to(commands: Any) -> None:
    parser = commands.add_parser("quarantine", help="look at, replay and delete messages that could not be stored")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add_list(actions)
    show = actions.add_parser("show", help="one message: why it is there, and what was sent")
    show.set_defaults(run=run, act=_show)
    download = actions.add_parser("download", help="the body of one message, byte for byte")
    download.set_defaults(run=run, act=_download)
    for action in (show, download):
        action.add_argument("id", metavar="ID")
    download.add_argument("file", metavar="FILE", nargs="?", help="default: standard output")
    replay = actions.add_parser("replay", help="validate messages again, and store those that are good now")
    replay.add_argument("--all", action="store_true", help="everything")
    replay.set_defaults(run=run, act=_replay)
    removal = actions.add_parser("delete", help="delete messages for good")
    removal.add_argument("--all", action="store_true", help="everything")
    removal.set_defaults(run=run, act=_delete)
    for action in (replay, removal):
        action.add_argument("ids", metavar="ID", nargs="*")
        _add_selection(action)


def run(options: argparse.Namespace, settings: Settings) -> int:
    database = present_database(settings.database)
    try:
        migrate(database.conninfo)
        with open_pool(
            database.conninfo, name="quarantine", smallest=1, largest=2, acquire_seconds=settings.database.wait_seconds
        ) as pool:
            act: Callable[[_Work], int] = options.act
            return act(_Work(options, settings, database.conninfo, pool))
    finally:
        database.stop()


def _add_list(actions: Any) -> None:
    listing = actions.add_parser(
        "list",
        help="messages, newest first",
        description="Newest first, separated by tabs: id, time received, transport, reason, bytes, user, replays in "
        "vain, and what is wrong.",
    )
    _add_selection(listing)
    listing.add_argument("--since", metavar="TIME", help="received then or later, such as 2026-01-31T12:00:00Z")
    listing.add_argument("--until", metavar="TIME", help="received before")
    listing.add_argument("--limit", metavar="N", type=int, default=100, help="at most so many; default 100")
    listing.set_defaults(run=run, act=_list)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", choices=[reason.value for reason in Reason], help="only of this reason")
    parser.add_argument("--transport", choices=[each.value for each in Transport], help="only of this transport")


def _list(work: _Work) -> int:
    names = ("transport", "reason", "since", "until")
    sent = {name: getattr(work.options, name) for name in names if getattr(work.options, name) is not None}
    query = convert_query(sent, QuarantineQuery, accepted=accepted_by_quarantine)
    left, below = work.options.limit, None
    while left > 0 and (page := _page(work.pool, query, below, min(left, MAX_ITEMS))):
        sys.stdout.writelines(_ingest_connection(entry) for entry in page)
        left, below = left - len(page), page[-1].id
    return 0


def _page(pool: Pool, query: QuarantineQuery, below: UUID | None, maximum: int) -> Sequence[Entry]:
    selection = QuarantineFilter(query.transport and query.transport.value, query.reason and query.reason.value)
    with pool.connection() as connection:
        return quarantine_page(
            connection, selection, since=query.since, until=query.until, below=below, maximum=maximum
        )


def _ingest_connection(entry: Entry) -> str:
    about = (entry.id, entry.received_at.isoformat(), entry.transport, entry.reason, entry.size, entry.username)
    detail = " ".join(entry.detail.split())
    return _printable("\t".join(map(str, (*about, entry.replays, detail)))) + "\n"


def _show(work: _Work) -> int:
    entry = _entry(work.pool, _id(work.options.id))
    about = {
        **{"id": entry.id, "received": entry.received_at.isoformat(), "transport": entry.transport},
        **{"reason": entry.reason, "detail": entry.detail, "user": entry.username, "key": entry.idempotency_key},
        **{"bytes": entry.size, "replays in vain": entry.replays},
    }
    sys.stdout.writelines(_printable(f"{name}: {value}\n") for name, value in about.items() if value is not None)
    try:
        text = entry.raw.decode()
    except UnicodeDecodeError:
        text = f"(not UTF-8; see `quarantine download {entry.id}`)"
    sys.stdout.write("\n" + _printable(text) + "\n")
    return 0


def _download(work: _Work) -> int:
    raw = _entry(work.pool, _id(work.options.id)).raw
    if work.options.file is None:
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()
        return 0
    try:
        with open_private(Path(work.options.file), "wb") as file:
            file.write(raw)
    except OSError as problem:
        raise InvalidInput("FILE", work.options.file, f"a file that can be written ({problem.strerror})") from None
    return 0


def _replay(work: _Work) -> int:
    _require_one_choice(work.options)
    with _replays(work) as replays:
        if work.options.ids:
            return _each(work.options.ids, lambda entry_id: _replay_one(replays, entry_id))
        return _replay_selected(replays, _selection(work.options))


def _replay_one(replays: Replay, entry_id: UUID) -> str:
    outcome = replays.one(entry_id)
    if outcome.is_duplicate:
        return "was stored before"
    skipped = sum(outcome.skipped.values())
    return f"stored {outcome.records}" + (f", skipped {skipped}" if skipped else "")


def _replay_selected(replays: Replay, selection: QuarantineFilter) -> int:
    done = replays.several(selection, seconds=_PASS_SECONDS)
    while done.remaining:
        _say(f"{_words(done)}, {done.remaining} to go")
        done = replays.several(selection, after=done.cursor, seconds=_PASS_SECONDS).after(done)
    _say(_words(done))
    return 1 if done.failed else 0


def _words(done: ReplayProgress) -> str:
    return f"replayed {done.replayed}, duplicates {done.duplicates}, failed {done.failed}"


def _delete(work: _Work) -> int:
    _require_one_choice(work.options)
    if work.options.all and (work.options.reason or work.options.transport):
        raise InvalidInput("--all", True, "--all alone to delete everything, else a choice such as --reason")
    if work.options.ids:
        return _each(work.options.ids, lambda entry_id: _delete_one(work.pool, entry_id))
    deleted = 0
    while (done := delete_selected(work.pool, _selection(work.options), seconds=_PASS_SECONDS)).remaining:
        deleted += done.deleted
        _say(f"deleted {deleted}, {done.remaining} to go")
    _say(f"deleted {deleted + done.deleted}")
    return 0


def _delete_one(pool: Pool, entry_id: UUID) -> str:
    with pool.connection() as connection:
        if not delete(connection, [entry_id]):
            raise NotQuarantined(entry_id)
    return "deleted"


def _each(ids: Sequence[str], act: Callable[[UUID], str]) -> int:
    """Do it to every one, whatever becomes of the others. The exit status."""
    status = 0
    for entry_id in [_id(text) for text in ids]:
        try:
            _say(f"{entry_id}: {act(entry_id)}")
        except (NotQuarantined, ReplayFailed) as problem:
            sys.stderr.write(_printable(f"{entry_id}: {problem.message}\n"))
            status = 1
    return status


@contextmanager
def _replays(work: _Work) -> Iterator[Replay]:
    connections = DatabaseConnections(work.conninfo, work.settings.records.store_seconds)
    core = ingest_core(connections, Partitions(connections.slow), work.settings)
    connections.start()
    try:
        yield core.replay(work.pool)
    finally:
        core.close()
        connections.request_stop()
        connections.join(time.monotonic() + _STOP_SECONDS)


def _selection(options: argparse.Namespace) -> QuarantineFilter:
    return QuarantineFilter(options.transport, options.reason)


def _require_one_choice(options: argparse.Namespace) -> None:
    chosen = bool(options.reason or options.transport or options.all)
    if chosen == bool(options.ids):
        raise InvalidInput("ID", None, "either ids, or a choice such as --reason")


def _entry(pool: Pool, entry_id: UUID) -> WholeEntry:
    with pool.connection() as connection:
        entry = quarantined_message(connection, entry_id)
    if entry is None:
        raise NotQuarantined(entry_id)
    return entry


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput("ID", text, "the id of a message, as `quarantine list` shows it") from None


def _printable(text: str) -> str:
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
