"""Where in the repository a hook is declared, for annotations on changed lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from attrs import field, frozen

from bitbucket_hooks.errors import ConfigError
from bitbucket_hooks.stack.config import HOOKS
from bitbucket_hooks.stack.entries import NAMESPACE
from bitbucket_hooks.stack.files import read_text, stack_file
from bitbucket_hooks.stack.yaml import NotYaml, compose


@frozen
class Line:
    """A line of a file, both as reviewers count them."""

    path: str
    """From the root of the repository."""
    number: int


@frozen
class Entry:
    """A hook's entry in the stack's file."""

    path: str
    node: Any = field(repr=False)

    def line(self, *way: str | int) -> Line:
        """The line of a part, as of `"events", 1`; where that isn't there, of what holds it."""
        mark, node = self.node.start_mark, self.node
        for step in way:
            found = _part(node, step)
            if found is None:
                break
            mark, node = found
        return Line(self.path, mark.line + 1)


def declared_at(stack: str) -> dict[str, Entry]:
    """Each hook's entry in the stack's file, by name; empty when that can't be told."""
    names = ((_under(entry.node, "name"), entry) for entry in entries_at(stack))
    return {str(name.value): entry for name, entry in names if isinstance(name, yaml.ScalarNode)}


def entries_at(stack: str) -> list[Entry]:
    """The entries in the stack's file, in their order; empty when that can't be told."""
    try:
        file = stack_file(stack)
        root = compose(read_text(file))
        path = _from_root(file)
    except (ConfigError, NotYaml, OSError):
        return []
    entries = _under(_under(root, "config"), f"{NAMESPACE}:{HOOKS}")
    return [Entry(path, one) for one in _items(entries)]


def _under(node: Any, key: str) -> Any:
    found = _part(node, key)
    return None if found is None else found[1]


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
    root = next((one for one in file.parents if (one / ".git").exists()), None)
    return str(file.relative_to(root)) if root else file.name
