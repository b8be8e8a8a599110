"""`dry-run`: what a profile would have alerted on, beside a running server or without one."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from scouter.archive.past_windows import PastWindows
from scouter.archive.reads import ArchiveReads
from scouter.archive.stores.opening import open_store
from scouter.dry_run.dry_runs import DryRuns
from scouter.dry_run.tables import dry_run_text, timeline_csv
from scouter.errors import InvalidInput
from scouter.postgres.connections.pool import open_pool
from scouter.postgres.database import present_database
from scouter.postgres.schema.migrations import migrate
from scouter.postgres.tables.entities import entity_by_uid
from scouter.profiles.lookup import ProfileRef
from scouter.settings.settings import Settings
from scouter.wire.decoding import convert
from scouter.wire.dry_runs import DryRunRequest, accepted_by_dry_runs

_READ_AT_ONCE = 1
_STOP_SECONDS = 2.0
_PLAIN = ("schedule", "rule", "training_rows")  # options that the request takes as they are
_JSON = ("threshold", "alert_conditions", "policy")


def add_to(commands: Any) -> None:
    parser = commands.add_parser("dry-run", help="say what a profile would have alerted on, as it is or changed")
    parser.add_argument("uid", metavar="UID", help="of the profile")
    parser.add_argument("--start", required=True, metavar="TIME", help="RFC 3339, or a date; UTC where nothing is said")
    parser.add_argument("--end", required=True, metavar="TIME", help="the same")
    parser.add_argument("--schedule", metavar="CRON", help="instead of the profile's")
    parser.add_argument("--rule", metavar="RULE", help="of an SPC profile, such as '14 0 4 8 2 4 1 1'")
    parser.add_argument(
        "--threshold", metavar="JSON", help='of a PSI profile, such as \'{"Fixed": {"threshold": 0.25}}\''
    )
    parser.add_argument("--alert-conditions", metavar="JSON", help="of custom metrics, by metric")
    parser.add_argument("--feature", action="append", metavar="NAME", help="monitored instead; may be repeated")
    parser.add_argument("--training-rows", type=int, metavar="N", help="on so many rows it was trained")
    parser.add_argument("--policy", metavar="JSON", help="laid over the policy that holds")
    parser.add_argument(
        "--profile", type=Path, metavar="FILE", help="a whole profile as JSON, instead of the stored one"
    )
    parser.add_argument("--silences", action="store_true", help="with the silences and mutes of then")
    parser.add_argument("--compare", action="store_true", help="with what is so now")
    parser.add_argument("--estimate", action="store_true", help="only how much there is to read")
    parser.add_argument("--skip-archive", action="store_true", help="only what is in Postgres")
    parser.add_argument("--csv", action="store_true", help="the timeline alone, as CSV")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings) -> int:
    request = convert(_sent(options), DryRunRequest, accepted=accepted_by_dry_runs)
    store = open_store(settings.archive)
    database = present_database(settings.database)
    reads = ArchiveReads(store, maximum=_READ_AT_ONCE, seconds=settings.checks.dry_run_seconds)
    try:
        migrate(database.conninfo)
        with open_pool(
            database.conninfo, name="dry run", smallest=1, largest=2, acquire_seconds=settings.database.wait_seconds
        ) as pool:
            with pool.connection() as connection:
                entity = entity_by_uid(connection, options.uid)
            if entity is None:
                raise ProfileRef(options.uid).unknown()
            past = PastWindows(database.conninfo, pool, reads, settings.database.data_dir / "dry_runs")
            reply = DryRuns(pool, past, settings.checks, lambda: datetime.now(UTC)).run(entity, request)
    finally:
        reads.join(time.monotonic() + _STOP_SECONDS)
        database.stop()
    sys.stdout.write(timeline_csv(reply) if options.csv else dry_run_text(reply))
    return 0


def _sent(options: argparse.Namespace) -> dict[str, Any]:
    """The body of the request that asks for the same."""
    sent: dict[str, Any] = {"uid": options.uid, "start": _moment("start", options), "end": _moment("end", options)}
    sent |= {name: value for name in _PLAIN if (value := getattr(options, name)) is not None}
    sent |= {name: _json(name, text) for name in _JSON if (text := getattr(options, name)) is not None}
    if options.feature:
        sent["features_to_monitor"] = options.feature
    if options.profile is not None:
        sent["profile"] = _json("profile", _text_of(options.profile))
    flags = {name: getattr(options, name) for name in ("silences", "compare", "estimate")}
    return {**sent, **flags, "archive": "skip" if options.skip_archive else "read"}


def _moment(name: str, options: argparse.Namespace) -> datetime:
    text = getattr(options, name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(name, text, "a date, or a time such as 2026-10-01T00:00:00Z") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _json(name: str, text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as problem:
        raise InvalidInput(name, text, f"JSON ({problem})") from None


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as problem:
        raise InvalidInput("profile", str(file), f"a file that can be read ({problem})") from None
