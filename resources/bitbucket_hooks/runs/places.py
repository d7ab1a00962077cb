"""Where in the repository a hook is declared, for annotations on changed lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen

from bitbucket_hooks.errors import ConfigError
from bitbucket_hooks.stack.config import HOOKS
from bitbucket_hooks.stack.entries import NAMESPACE
from bitbucket_hooks.stack.files import stack_file


@frozen
class Line:
    """A line of a file, both as reviewers count them."""

    path: str
    """From the root of the repository."""
    number: int


def declared_at(stack: str) -> dict[str, Line]:
    """The line of each hook's entry in the stack's file, by name; empty when that can't be told."""
    names = ((_under(entry, "name"), line) for entry, line in _entries(stack))
    return {str(name.value): line for name, line in names if isinstance(name, yaml.ScalarNode)}


def entries_at(stack: str) -> list[Line]:
    """The line of each entry in the stack's file, in their order; empty when that can't be told."""
    return [line for _, line in _entries(stack)]


def _entries(stack: str) -> Iterator[tuple[Any, Line]]:
    try:
        file = stack_file(stack)
        root = yaml.compose(file.read_text("utf-8"))
        path = _from_root(file)
    except (ConfigError, OSError, ValueError, yaml.YAMLError):
        return
    entries = _under(_under(root, "config"), f"{NAMESPACE}:{HOOKS}")
    for entry in entries.value if isinstance(entries, yaml.SequenceNode) else ():
        yield entry, Line(path, entry.start_mark.line + 1)


def _under(node: Any, key: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    return None


def _from_root(file: Path) -> str:
    file = file.resolve()
    root = next((one for one in file.parents if (one / ".git").exists()), None)
    return str(file.relative_to(root)) if root else file.name
