"""The command line: which commands there are, and the help that also documents every setting."""

from __future__ import annotations

import argparse
import itertools
import sys
import textwrap
from collections.abc import Sequence

import psycopg

from scouter.commands import archive, demo, drain, dry_run, health, maintain, migrate, quarantine, serve, user
from scouter.errors import ScouterError, StartRefused
from scouter.logs import set_up_logs
from scouter.postgres.connections.errors import first_line
from scouter.program_name import called_as
from scouter.settings.settings import Settings, settings_table
from scouter.version import VERSION


def main(arguments: Sequence[str]) -> int:
    """Run one command. The exit status."""
    options = _parser().parse_args(arguments or ["serve"])
    try:
        settings: Settings = options.settings()
        set_up_logs(settings.logs.level, as_json=settings.logs.as_json)
        status: int = options.run(options, settings)
    except StartRefused as refused:
        _say("cannot start:", *(f"  - {problem}" for problem in refused.problems))
        return 2
    except ScouterError as problem:
        _say(problem.message)
        return 1
    except KeyboardInterrupt:
        _say("interrupted")
        return 130
    except psycopg.OperationalError as problem:
        _say(f"the database went away: {first_line(problem)}; try again when it is back")
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=called_as(),
        description="Scouter for Python: a self-hosted monitoring server for machine-learning services.",
        epilog=_settings_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=VERSION)
    parser.set_defaults(settings=Settings.from_environment)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (serve, demo, migrate, user, quarantine, archive, dry_run, maintain, drain, health):
        command.add_to(commands)
    return parser


def _settings_help() -> str:
    lines = ["settings, from environment variables:"]
    for group, rows in itertools.groupby(settings_table(), key=lambda row: row[0]):
        lines.append(f"\n  {group}")
        for _, variable, default, why in rows:
            text = f"{why} Default: {default}."
            lines.append(f"    {variable}")
            lines += textwrap.wrap(text, 110, initial_indent=" " * 8, subsequent_indent=" " * 8)
    return "\n".join(lines)


def _say(*lines: str) -> None:
    if sys.stderr is not None:  # it may have been closed before we began
        sys.stderr.write("\n".join(lines) + "\n")
