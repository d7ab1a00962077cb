"""Adds entries to a stack's file as text: every byte that was there stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import yaml
from attrs import frozen

from bitbucket_hooks.errors import ConfigError
from bitbucket_hooks.stack.config import HOOKS
from bitbucket_hooks.stack.entries import NAMESPACE

KEY: Final = f"{NAMESPACE}:{HOOKS}"
_STEP: Final = 2

Render = Callable[[int], Sequence[str]]
"""Gives the lines of the new entries for an indentation."""


@frozen
class _Place:
    """Where the entries go: what stands between two offsets is replaced."""

    begin: int
    end: int
    indent: int
    head: str = ""
    """What comes before the entries, with the key where it isn't there."""
    insert: int = -1
    """Where the entries go when that isn't the same place."""


def added(text: str, render: Render) -> str:
    """The text with more entries at the end of the list.

    Raises ConfigError for a file in which that can't be done without touching something else.
    """
    try:
        before = yaml.safe_load(text) or {}
        place = _place(text, yaml.compose(text))
        lines = render(place.indent)
        after = _joined(text, place, lines)
        new = yaml.safe_load("\n".join(lines))
        same = yaml.safe_load(after) == _wanted(before, new)
    except (yaml.YAMLError, _Unfit):
        same = False
    if not same:
        raise ConfigError(
            f"entries can't be added to the stack's file as it is written under {KEY}",
            "Write it as a list whose items begin with `- `, below `config:`.",
        )
    return after


class _Unfit(Exception):
    """A file that is written in an unusual way."""


def _wanted(before: dict[str, Any], new: list[Any]) -> dict[str, Any]:
    config = before.get("config") or {}
    return {**before, "config": {**config, KEY: [*(config.get(KEY) or []), *new]}}


def _place(text: str, root: Any) -> _Place:
    if root is None:
        return _Place(len(text), len(text), 2 * _STEP, f"config:\n  {KEY}:\n")
    config = _under(root, "config")
    if config is None:
        return _Place(len(text), len(text), 2 * _STEP, f"config:\n  {KEY}:\n")
    if _is_empty(config):
        return _emptied(text, config, 2 * _STEP, f"  {KEY}:\n")
    if not isinstance(config, yaml.MappingNode) or config.flow_style:
        raise _Unfit
    column = config.start_mark.column
    hooks = _under(config, KEY)
    if hooks is None:
        at = _after(text, config, column - 1)
        return _Place(at, at, column + _STEP, f"{' ' * column}{KEY}:\n")
    if _is_empty(hooks):
        return _emptied(text, hooks, column + _STEP, "")
    if not isinstance(hooks, yaml.SequenceNode) or hooks.flow_style:
        raise _Unfit
    dash = hooks.start_mark.column
    at = _after(text, hooks, dash - (dash > column))
    return _Place(at, at, dash)


def _emptied(text: str, node: Any, indent: int, head: str) -> _Place:
    """Take a null or an empty list away, and go on below its line."""
    begin, end = node.start_mark.index, node.end_mark.index
    if begin != end and text[begin - 1] == " ":
        begin -= 1
    return _Place(begin, end, indent, head, _line_end(text, end))


def _under(node: Any, key: str) -> Any:
    if not isinstance(node, yaml.MappingNode):
        raise _Unfit
    return next((value for name, value in node.value if name.value == key), None)


def _is_empty(node: Any) -> bool:
    if isinstance(node, yaml.ScalarNode):
        return bool(node.tag == "tag:yaml.org,2002:null")
    return not node.value


def _after(text: str, node: Any, column: int) -> int:
    """Where the line after a node begins, and after the comments that are deeper than a column."""
    last = node
    while isinstance(last, yaml.CollectionNode) and not last.flow_style and last.value:
        last = last.value[-1][1] if isinstance(last, yaml.MappingNode) else last.value[-1]
    at = int(last.end_mark.index)
    if not (at and text[at - 1] == "\n"):
        at = _line_end(text, at)
    ahead = at
    while ahead < len(text):
        end = _line_end(text, ahead)
        line = text[ahead:end]
        bare = line.lstrip(" ")
        if bare.startswith("#") and len(line) - len(bare) > column:
            at = end
        elif bare.strip():
            break
        ahead = end
    return at


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _joined(text: str, place: _Place, lines: Sequence[str]) -> str:
    break_ = "\r\n" if "\r\n" in text else "\n"
    insert = max(place.insert, place.end)
    head = text[: place.begin] + text[place.end : insert]
    if head and not head.endswith("\n"):
        head += break_
    new = place.head + "".join(f"{line}\n" for line in lines)
    return head + new.replace("\n", break_) + text[insert:]
