"""The command lines that there are: the program's, and those of drills, benchmarks and documentation."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from scouter.commands.program import _parser
from tests.benchmarks.__main__ import parser as benchmark_parser
from tests.drills.__main__ import parser as drill_parser


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What is typed first, and who understands the rest."""

    words: list[str]
    parser: Callable[[], argparse.ArgumentParser]


def command_lines() -> list[CommandLine]:
    program = (["python", "scouter.py"], [".venv/bin/python", "scouter.py"], ["scouter-server"], ["./scripts/serve"])
    return [
        *(CommandLine(words, program_parser) for words in program),
        CommandLine(["scripts/drill"], drill_parser),
        CommandLine(["scripts/bench"], benchmark_parser),
    ]


def program_parser() -> argparse.ArgumentParser:
    return _parser()


def subcommands(parser: argparse.ArgumentParser) -> list[tuple[str, argparse.ArgumentParser, str]]:
    """Name, parser and help of each. A command without help is hidden, and left out."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {each.dest: each.help or "" for each in action._choices_actions}
            return [(name, below, helps[name]) for name, below in action.choices.items() if name in helps]
    return []
