"""Imports go one way: from the rooms that know much to those that know little."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest

from support.house import NAME, ORDER, imported, modules, room_of

MODULES = modules()


def test_every_room_has_a_place() -> None:
    """And every place a room."""
    assert {room_of(module) for module in MODULES if module != NAME} == set(ORDER)


@pytest.mark.parametrize("room", ORDER)
def test_rooms_import_downwards(room: str) -> None:
    """From no room before them, and nothing of what is no part of the package."""
    below = {*ORDER[ORDER.index(room) :]}
    for module, path in MODULES.items():
        if module != NAME and room_of(module) == room:
            found = set(imported(path, MODULES))
            ours = {target for target in found if target.startswith(f"{NAME}.")}
            assert {target for target in ours if room_of(target) not in below} == set(), module
            others = {target.partition(".")[0] for target in found}
            assert not others & {"benchmarks", "engine", "support", "tests"}, module


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Not within a room either."""
    graph = {
        module: {*imported(path, MODULES)} & MODULES.keys() for module, path in MODULES.items()
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)
