"""Threads are made in one place, and whoever has an executor names its threads and ends them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import scouter

_ROOT = Path(scouter.__file__).parent
_HOME = _ROOT / "runtime" / "worker_thread.py"
_MAKERS = {"Thread", "Timer", "start_new_thread", "_start_new_thread", "ProcessPoolExecutor", "ThreadPool"}
_FOUND_AT_LEAST = 4  # executors: a search that finds none has looked in the wrong place


def _modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(_ROOT.rglob("*.py")):
        yield path, ast.parse(path.read_text(), str(path))


def _names(node: ast.AST) -> Iterator[str]:
    """By which something of another module is named here."""
    if isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.ImportFrom):
        yield from (alias.name for alias in node.names)


def _executors(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and "ThreadPoolExecutor" in _names(node.func):
            yield node


def test_no_module_but_one_makes_a_thread() -> None:
    for path, tree in _modules():
        if path != _HOME:
            made = {name for node in ast.walk(tree) for name in _names(node)} & _MAKERS
            assert not made, f"{path.relative_to(_ROOT)} makes a {', '.join(made)}: a WorkerThread outlives its bugs"
    home = ast.parse(_HOME.read_text())
    assert sum("Thread" in _names(node) for node in ast.walk(home)) == 1


def test_every_executor_names_its_threads() -> None:
    calls = [(path, call) for path, tree in _modules() for call in _executors(tree)]
    assert len(calls) >= _FOUND_AT_LEAST
    for path, call in calls:
        named = any(word.arg == "thread_name_prefix" for word in call.keywords)
        assert named, f"{path.relative_to(_ROOT)}:{call.lineno} makes threads without a name"


def test_every_executor_is_shut_down_by_whoever_made_it() -> None:
    for path, tree in _modules():
        owned = {attribute for each in ast.walk(tree) if isinstance(each, ast.ClassDef) for attribute in _kept(each)}
        in_blocks = sum(1 for _ in _of_blocks(tree))
        assert sum(1 for _ in _executors(tree)) == len(owned) + in_blocks, f"{path}: an executor without an owner"


def _kept(owner: ast.ClassDef) -> Iterator[str]:
    """Attributes `self.x = ThreadPoolExecutor(…)` for which the class has a `self.x.shutdown(…)`."""
    shut = {
        call.func.value.attr
        for call in ast.walk(owner)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "shutdown"
        and isinstance(call.func.value, ast.Attribute)
    }
    for node in ast.walk(owner):
        if isinstance(node, ast.Assign) and "ThreadPoolExecutor" in _called(node.value):
            yield from (name for target in node.targets for name in _names(target) if name in shut)


def _of_blocks(tree: ast.AST) -> Iterator[ast.withitem]:
    """`with ThreadPoolExecutor(…)`: the end of the block shuts it down."""
    for node in ast.walk(tree):
        if isinstance(node, ast.With):
            yield from (item for item in node.items if "ThreadPoolExecutor" in _called(item.context_expr))


def _called(node: ast.AST) -> set[str]:
    return set(_names(node.func)) if isinstance(node, ast.Call) else set()
