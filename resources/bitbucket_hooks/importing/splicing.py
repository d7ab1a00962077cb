"""Adds entries to a stack's file as text: every byte that was there stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import yaml
from attrs import frozen

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.stack.config import HOOKS
from bitbucket_hooks.stack.entries import NAMESPACE
from bitbucket_hooks.stack.files import not_yaml
from bitbucket_hooks.stack.yaml import NotYaml, compose, load_as_text

KEY: Final = f"{NAMESPACE}:{HOOKS}"
_STEP: Final = 2
_EMPTY: Final = frozenset({"", "~", "null", "Null", "NULL", "[]", "{}"})
_COMMENT: Final = re.compile(r"#.*")

Render = Callable[[int], Sequence[str]]
"""Gives the lines of the new entries for an indentation."""


@frozen
class _InsertionPoint:
    """Where the entries go: between two parts of the file."""

    before: str
    after: str
    indent: int
    head: str = ""
    """What comes above the entries, with the key where it isn't there."""


def added(file: str, text: str, render: Render) -> str:
    """The text of a stack's file with more entries at the end of the list.

    Raises ConfigError, which names the file, for one that can't be read, or in which that can't be
    done without touching something else.
    """
    try:
        place = _place(text, compose(text))
        before = load_as_text(text)
    except NotYaml as problem:
        raise not_yaml(file, problem) from None
    except _Unfit as problem:
        raise _refused(file, f", line {problem}") from None
    lines = render(place.indent)
    after = _joined(place, lines, "\r\n" if "\r\n" in text else "\n")
    try:
        same = load_as_text(after) == _wanted(before, load_as_text("\n".join(lines)))
    except NotYaml:
        same = False
    if not same:
        raise _refused(file)
    return after


class _Unfit(Exception):
    """What is written in an unusual way."""

    def __init__(self, node: yaml.Node) -> None:
        super().__init__(node.start_mark.line + 1)


def _refused(file: str, line: str = "") -> ConfigError:
    return ConfigError(
        f"entries can't be added to {file} as it is written under {KEY}{line}",
        "Write it as a list whose items begin with `- `, below `config:`.",
    )


def _wanted(before: Any, new: list[Any]) -> dict[str, Any]:
    """What the file holds then. What is empty is text here: `~`, or nothing at all."""
    whole = before or {}
    config = whole.get("config")
    keys = config if isinstance(config, dict) else {}
    hooks = keys.get(KEY)
    old = hooks if isinstance(hooks, list) else []
    return {**whole, "config": {**keys, KEY: [*old, *new]}}


def _place(text: str, root: Any) -> _InsertionPoint:
    config = None if root is None else _under(root, "config")
    if config is None:
        return _InsertionPoint(text, "", 2 * _STEP, f"config:\n  {KEY}:\n")
    if _is_empty(config):
        return _emptied(text, config, 2 * _STEP, f"  {KEY}:\n")
    if not isinstance(config, yaml.MappingNode) or config.flow_style:
        raise _Unfit(config)
    column = config.start_mark.column
    hooks = _under(config, KEY)
    if hooks is None:
        at = _after(text, config, column - 1)
        return _InsertionPoint(text[:at], text[at:], column + _STEP, f"{' ' * column}{KEY}:\n")
    if _is_empty(hooks):
        return _emptied(text, hooks, column + _STEP)
    if not isinstance(hooks, yaml.SequenceNode) or hooks.flow_style:
        raise _Unfit(hooks)
    dash = hooks.start_mark.column
    at = _after(text, hooks, dash - (dash > column))
    return _InsertionPoint(text[:at], text[at:], dash)


def _emptied(text: str, node: Any, indent: int, head: str = "") -> _InsertionPoint:
    """Take a null or an empty list away, and go on below its line; comments in it stay."""
    begin, end = node.start_mark.index, node.end_mark.index
    comments = _COMMENT.findall(text, begin, end)
    if "".join(_COMMENT.sub("", text[begin:end]).split()) not in _EMPTY:
        raise _Unfit(node)
    margin = " " * (indent - _STEP if head else indent)
    head = "".join(f"{margin}{comment.rstrip()}\n" for comment in comments) + head
    if begin != end and text[begin - 1] == " ":
        begin -= 1
    below = _line_end(text, end)
    return _InsertionPoint(text[:begin] + text[end:below], text[below:], indent, head)


def _under(node: Any, key: str) -> Any:
    if not isinstance(node, yaml.MappingNode):
        raise _Unfit(node)
    return next((value for name, value in node.value if name.value == key), None)


def _is_empty(node: Any) -> bool:
    if isinstance(node, yaml.ScalarNode):
        return bool(node.tag == "tag:yaml.org,2002:null")
    return not node.value


def _after(text: str, node: Any, column: int) -> int:
    """Where the line after a node begins, and after the comments that are deeper than a column."""
    at = _end(node)
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


def _end(node: yaml.Node) -> int:
    """Where the last part of a node ends; of an alias, which stands for another place, its key."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        key, value = last if isinstance(node, yaml.MappingNode) else (node, last)
        if value.start_mark.index <= key.start_mark.index:
            return int(key.end_mark.index)
        node = value
    return int(node.end_mark.index)


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _joined(place: _InsertionPoint, lines: Sequence[str], line_break: str) -> str:
    is_cut = place.before and not place.before.endswith("\n")
    new = place.head + "".join(f"{line}\n" for line in lines)
    above = place.before + line_break if is_cut else place.before
    return above + new.replace("\n", line_break) + place.after
