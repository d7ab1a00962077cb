"""HTML that is escaped unless it says that it is markup."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup, escape

from bitbucket_hooks.model.errors import printable

_VOID: Final = ("input", "link", "meta")
_LONGEST: Final = 4000  # characters of a text that is shown


def tag(name: str, /, *children: str | None, **attributes: str | int | bool | None) -> Markup:
    """Make an element. Children and attributes that are None or False are left out.

    In an attribute's name `_` stands for `-`, and one at its end is dropped (`class_`).
    """
    written = Markup("")
    for key, value in attributes.items():
        if value is True:
            written += f" {_name(key)}"
        elif value is not None and value is not False:
            written += Markup(' {}="{}"').format(_name(key), value)
    start = Markup("<{}{}>").format(name, written)
    return start if name in _VOID else start + joined(*children) + Markup("</{}>").format(name)


def joined(*parts: str | None) -> Markup:
    """Put parts beside each other; None is left out."""
    return Markup("").join(part for part in parts if part is not None)


def text(value: str) -> Markup:
    """Text from outside, with its control characters made visible."""
    return escape(printable(value, _LONGEST))


def code(value: str) -> Markup:
    """Text from outside that is no prose: a url, a key."""
    return tag("code", text(value))


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
