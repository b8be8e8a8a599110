"""Every command of the program, with its options."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from tests.documentation.program import program_parser, subcommands
from tests.documentation.tables import code, table


def rendered() -> str:
    return "\n".join(_command(words, parser, about) for words, parser, about in _commands([], program_parser()))


def _commands(
    words: list[str], parser: argparse.ArgumentParser
) -> Iterator[tuple[list[str], argparse.ArgumentParser, str]]:
    for name, below, about in subcommands(parser):
        if subcommands(below):
            yield from _commands([*words, name], below)
        else:
            yield [*words, name], below, about


def _command(words: list[str], parser: argparse.ArgumentParser, about: str) -> str:
    title = f"### {' '.join(words)}\n\n{_sentence(parser.description or about)}\n"
    rows = [(code(_shown(action)), _sentence(action.help or "")) for action in _arguments(parser)]
    return title + ("\n" + table(("argument", ""), rows) if rows else "")


def _arguments(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._actions if action.dest != "help"]


def _shown(action: argparse.Action) -> str:
    names = ", ".join(action.option_strings)
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    if not names:
        return f"[{value} ...]" if action.nargs == "*" else f"[{value}]" if action.nargs == "?" else str(value)
    return names if action.nargs == 0 else f"{names} {value}"


def _sentence(text: str) -> str:
    words = " ".join(text.split())
    return words[:1].upper() + words[1:] + ("" if not words or words.endswith(".") else ".")
