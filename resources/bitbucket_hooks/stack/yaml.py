"""YAML as the engine reads it, which isn't quite as PyYAML does.

The engine takes `yes`, `on` and `12:30` for text and `1e3` for a number, and refuses a key that a
mapping has twice. What is checked offline must mean the same.

Everything that reads a project's files reads them here, and meets one kind of error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import yaml

_ENGINES: Final = {
    "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "int": re.compile(
        r"[-+]?(?:0b[01][01_]*|0o[0-7][0-7_]*|0x[0-9a-fA-F][0-9a-fA-F_]*|[0-9][0-9_]*)"
    ),
    "float": re.compile(
        r"[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
    ),
}
_AS_PYYAML: Final = ("null", "merge")
_TAG: Final = "tag:yaml.org,2002:"
_QUOTED: Final = re.compile(r"'[^']*'")
_CHARACTER: Final = 4  # at most: one in quotes, escaped
_UNFIT: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What PyYAML raises for values like `!!int x` and `!!bool x`."""

_T = TypeVar("_T")


class NotYaml(ValueError):
    """Why a text can't be read, and where; nothing of the text itself, which may be a secret."""


class _Loader(yaml.SafeLoader):
    """The loader that reads as the engine does."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # as PyYAML has it

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._open: list[str | None] = []  # the anchors of the nodes around the current one

    def compose_node(self, parent: Any, index: Any) -> yaml.Node | None:
        """A node, which never contains itself."""
        parser: Any = self  # whose own methods have no types
        event = parser.peek_event()
        is_alias = isinstance(event, yaml.AliasEvent)
        if is_alias and event.anchor in self._open:
            raise yaml.MarkedYAMLError(
                problem="an alias inside what it stands for", problem_mark=event.start_mark
            )
        self._open.append(None if is_alias else event.anchor)
        node: yaml.Node | None = super().compose_node(parent, index)
        self._open.pop()
        return node

    def construct_int(self, node: yaml.ScalarNode) -> int:
        """A whole number, in whichever base; a leading zero says octal where it can."""
        text = self.construct_scalar(node).replace("_", "")
        for base in (0, 8):
            try:
                return int(text, base)
            except ValueError:
                continue
        return int(text)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """The value of a node."""
        try:
            return super().construct_object(node, deep)
        except _UNFIT:
            raise yaml.MarkedYAMLError(
                problem="a value that does not fit its type", problem_mark=node.start_mark
            ) from None

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """A mapping as it is written, whose keys are all different."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in lines:
                raise yaml.MarkedYAMLError(
                    problem=f"a key that line {lines[key.value]} has already",
                    problem_mark=key.start_mark,
                )
            lines[key.value] = key.start_mark.line + 1
        return node


for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items():
    for tag, pattern in known:
        if tag.removeprefix(_TAG) in _AS_PYYAML:
            _Loader.add_implicit_resolver(tag, pattern, [first])
for kind, expression in _ENGINES.items():
    whole = re.compile(f"(?:{expression.pattern})$")
    _Loader.add_implicit_resolver(f"{_TAG}{kind}", whole, list("-+.0123456789tTfF"))
_Loader.add_constructor(f"{_TAG}int", _Loader.construct_int)


def load(text: str) -> Any:
    """The one document of a text. Raises NotYaml."""
    return _read(text, _Loader, _Loader.get_single_data)


def compose(text: str) -> yaml.Node | None:
    """The nodes of a text's one document, which know their places. Raises NotYaml."""
    node: yaml.Node | None = _read(text, _Loader, _Loader.get_single_node)
    return node


def load_as_text(text: str) -> Any:
    """The one document of a text, each scalar as it is written. Raises NotYaml.

    Whatever a value may stand for, two texts that say the same are equal.
    """
    return _read(text, yaml.BaseLoader, yaml.BaseLoader.get_single_data)


def _read(text: str, kind: Callable[[str], _T], read: Callable[[_T], Any]) -> Any:
    loader: Any = None
    try:
        loader = kind(text)
        return read(loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYaml(_at(_without_text(error.problem or error.context or ""), mark)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        raise NotYaml(f"a character that may not be there, line {line}") from None
    except RecursionError:
        raise NotYaml(_at("it is nested too deeply", loader.get_mark())) from None


def _at(problem: str, mark: yaml.Mark | None) -> str:
    return f"{problem}, line {mark.line + 1}, column {mark.column + 1}" if mark else problem


def _without_text(problem: str) -> str:
    """What PyYAML says, without a name that it took from the text."""

    def short(found: re.Match[str]) -> str:
        is_ours = len(found[0]) <= _CHARACTER or found[0].startswith("'<")  # such as <stream end>
        return found[0] if is_ours else "…"

    return _QUOTED.sub(short, problem)
