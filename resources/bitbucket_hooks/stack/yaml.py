"""YAML as the engine reads it, which isn't quite as PyYAML does.

The engine takes `yes`, `on` and `12:30` for text and `1e3` for a number, and refuses a key that a
mapping has twice. What is checked offline must mean the same.
"""

from __future__ import annotations

import re
from typing import Any, Final

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


class _Loader(yaml.SafeLoader):
    """The loader that reads as the engine does."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # as PyYAML has it

    def construct_int(self, node: yaml.ScalarNode) -> int:
        """A whole number, in whichever base; a leading zero says octal where it can."""
        text = self.construct_scalar(node).replace("_", "")
        for base in (0, 8):
            try:
                return int(text, base)
            except ValueError:
                continue
        return int(text)

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
    """The one document of a text. Raises yaml.YAMLError and ValueError."""
    return yaml.load(text, _Loader)  # noqa: S506  # a safe one
