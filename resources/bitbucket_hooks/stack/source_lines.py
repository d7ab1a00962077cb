"""Where in a stack's file a hook is declared or a key is written."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Final

import yaml
from attrs import field, frozen

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.stack.entries import HOOKS_PATH
from bitbucket_hooks.stack.files import read_text, stack_file
from bitbucket_hooks.stack.yaml import NotYaml, compose

_KEY: Final = re.compile(r"[\w-]+:[\w-]+")
_STEP: Final = re.compile(r"\[(\d+)\]|\.([\w-]+)")
"""As `pulumi config --path` writes one: `bitbucket-hooks:hooks[0].events[1]`."""


@frozen
class SourceLine:
    """A line of a file, both as reviewers count them."""

    path: str
    number: int


@frozen
class SourceEntry:
    """A part of the stack's file, as a hook's entry."""

    path: str
    """Of the file, from the root of the repository or the working folder."""
    node: Any = field(repr=False)

    def line(self, *way: str | int) -> SourceLine:
        """The line of a part, as of `"events", 1`; where that isn't there, of what holds it."""
        mark, node = self.node.start_mark, self.node
        for step in way:
            found = _part(node, step)
            if found is None:
                break
            mark, node = found
        return SourceLine(self.path, mark.line + 1)


@frozen
class Positions:
    """Finds the keys that messages begin with in a stack's file."""

    _config: SourceEntry | None

    @classmethod
    def of_stack(cls, stack: str, *, from_root: bool = False) -> Positions:
        """Read the file; one that can't be read has no positions.

        Its path is relative to the working folder, or to the root of the repository.
        """
        return cls(_config(stack, from_root=from_root))

    def find(self, message: str) -> SourceLine | None:
        """The line of the key that a message begins with; None where it is not in the file."""
        key = _KEY.match(message)
        if key is None or self._config is None or _part(self._config.node, key[0]) is None:
            return None
        way: list[str | int] = [key[0]]
        at = key.end()
        while step := _STEP.match(message, at):
            way.append(int(step[1]) if step[1] else step[2])
            at = step.end()
        return self._config.line(*way)


def declared_at(stack: str) -> dict[str, SourceEntry]:
    """Each hook's entry in the stack's file, by name; empty when that isn't known."""
    config = _config(stack, from_root=True)
    if config is None:
        return {}
    _, entries = _part(config.node, HOOKS_PATH) or (None, None)
    names = [(_part(entry, "name"), entry) for entry in _items(entries)]
    return {
        str(name[1].value): SourceEntry(config.path, entry)
        for name, entry in names
        if name and isinstance(name[1], yaml.ScalarNode)
    }


def _config(stack: str, *, from_root: bool) -> SourceEntry | None:
    """The `config` of the stack's file; None when it can't be read or has none."""
    try:
        file = stack_file(stack)
        config = _part(compose(read_text(file)), "config")
        path = _from_root(file) if from_root else os.path.relpath(file)
    except (ConfigError, NotYaml, OSError):
        return None
    return SourceEntry(path, config[1]) if config else None


def _part(node: Any, step: str | int) -> tuple[Any, Any] | None:
    """Where a part of a node begins, and its value."""
    if isinstance(step, int):
        items = _items(node)
        return (items[step].start_mark, items[step]) if step < len(items) else None
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next(((key.start_mark, value) for key, value in pairs if key.value == step), None)


def _items(node: Any) -> list[Any]:
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _from_root(file: Path) -> str:
    file = file.resolve()
    root = next((folder for folder in file.parents if (folder / ".git").exists()), None)
    return str(file.relative_to(root)) if root else file.name
