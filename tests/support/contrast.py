"""How well what a page shows stands out, as WCAG 2 measures it."""

from __future__ import annotations

import re
from typing import Final

PLACEHOLDERS: Final = """[...document.querySelectorAll('[placeholder]')].map(
    one => [getComputedStyle(one, '::placeholder').color, getComputedStyle(one).backgroundColor])"""
"""A script that gives the colours of each field's placeholder and of what it stands on."""


def contrast(*colours: str) -> float:
    """The contrast of two colours without transparency, as WCAG 2 has it."""
    dark, light = sorted(map(_luminance, colours))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour)
    assert parts, colour
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (int(part) / 255 for part in parts.groups())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
