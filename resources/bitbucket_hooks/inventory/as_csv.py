"""An inventory for a spreadsheet, which must not take text from outside for a formula."""

from __future__ import annotations

import csv
import io
import unicodedata
from typing import Any, Final

from bitbucket_hooks.inventory import as_json
from bitbucket_hooks.inventory.findings import Inventory
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.model.webhook import REPORTED

_COLUMNS: Final = (
    *("where", "project", "description", "url", "host"),
    *(camel(name) for name in REPORTED if name != "description"),
    *("standing", "declarations", "findings"),
)
_FORMULA: Final = ("=", "+", "-", "@")
_LONGEST: Final = 10_000  # characters; a cell of a spreadsheet takes 32,767


def render(inventory: Inventory) -> str:
    """Write a line for each hook, below a line of headings."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for hook in as_json.render(inventory)["hooks"]:
        hook["declarations"] = [
            f"{declaration['name']} of {declaration['stack']}"
            for declaration in hook["declarations"]
        ]
        hook["findings"] = [finding["text"] for finding in hook["findings"]]
        writer.writerow([_cell(name, hook[name]) for name in _COLUMNS])
    return out.getvalue()


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = (" " if name == "events" else "; ").join(value) if isinstance(value, list) else value
    return safe(printable(text, _LONGEST))


def safe(text: str) -> str:
    """Put a quote before what a spreadsheet would take for a formula, in any width of letters."""
    begin = unicodedata.normalize("NFKC", text.lstrip()[:1])
    return f"'{text}" if begin.startswith(_FORMULA) else text
