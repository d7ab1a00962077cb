"""Imports go one way: from the rooms that know much to those that know little."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "resources" / "bitbucket_hooks"
NAME = PACKAGE.name

ORDER = (
    # Each may import what stands after it, late and for types too. `deliveries` sends and signs
    # without knowing of stacks; its one module that does has a place of its own.
    "cli",
    "doctor",
    "importing",
    "inventory",
    "runs",
    "publish",
    "report",
    "deliveries.declared",
    "stack",
    "hook_types",
    "address_ranges",
    "repository_hooks_exclusive",
    "workspace_hooks_exclusive",
    "exclusive_args",
    "hook_fleet",
    "hook",
    "workspace_hook",
    "hook_args",
    "provider",
    "program",
    "reconcile",
    "api",
    "account",
    "config",
    "sandbox",
    "deliveries",
    "settings",
    "model",
    "outcome",
    "page_frame",
    "events",
    "errors",
    "outputs",
    "page_style",
    "exit_codes",
    "names",
    "wording",
)


def _modules() -> dict[str, Path]:
    """Every module by its name."""
    paths = (
        (path.relative_to(PACKAGE.parent).with_suffix(""), path) for path in PACKAGE.rglob("*.py")
    )
    return {".".join(name.parts).removesuffix(".__init__"): path for name, path in paths}


MODULES = _modules()


def _imported(path: Path) -> Iterator[str]:
    """What a module imports, wherever in it."""
    for one in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(one, ast.Import):
            yield from (name.name for name in one.names)
        elif isinstance(one, ast.ImportFrom) and one.module:
            whole = [f"{one.module}.{name.name}" for name in one.names]
            yield from (name if name in MODULES else one.module for name in whole)


def _room(module: str) -> str:
    """The place in ORDER of a module."""
    inner = module.removeprefix(f"{NAME}.")
    return inner if inner in ORDER else inner.partition(".")[0]


def test_every_room_has_a_place() -> None:
    """And every place a room."""
    assert {_room(module) for module in MODULES if module != NAME} == set(ORDER)


@pytest.mark.parametrize("room", ORDER)
def test_rooms_import_downwards(room: str) -> None:
    """From no room before them, and nothing of what is no part of the package."""
    below = {*ORDER[ORDER.index(room) :]}
    for module, path in MODULES.items():
        if module != NAME and _room(module) == room:
            found = set(_imported(path))
            ours = {one for one in found if one.startswith(f"{NAME}.")}
            assert {one for one in ours if _room(one) not in below} == set(), module
            others = {one.partition(".")[0] for one in found}
            assert not others & {"benchmarks", "engine", "support", "tests"}, module


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Not within a room either."""
    graph = {module: set(_imported(path)) & MODULES.keys() for module, path in MODULES.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)
