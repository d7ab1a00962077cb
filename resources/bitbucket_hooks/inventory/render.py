"""An inventory as JSON, as CSV for spreadsheets, and as one HTML file."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

import attrs

from bitbucket_hooks.html.render import render_file, visible
from bitbucket_hooks.inventory.declared import HookInState
from bitbucket_hooks.inventory.findings import KINDS, Inventory, Row, label
from bitbucket_hooks.inventory.live import Live, where
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.model.webhook import PROPERTIES, REPORTED, Property

_VERSION: Final = 1  # raised when a name goes or changes, not when one is added
_COLUMNS: Final = (
    *("where", "project", "description", "url", "host"),
    *(camel(name) for name in REPORTED if name != "description"),
    *("standing", "declarations", "findings"),
)
_COLUMNS_OF_PAGE: Final = ("url", "events", "description")
_FORMULA: Final = ("=", "+", "-", "@")
_LONGEST: Final = 10_000  # characters; a cell of a spreadsheet takes 32,767


def as_json(inventory: Inventory) -> dict[str, Any]:
    """Plain values: docs/inventory.md documents their shape, and programs rely on it."""
    found = inventory.found
    return {
        "version": _VERSION,
        "workspace": found.workspace,
        "listedAt": found.begun_at,
        "complete": found.stopped is None and not found.refused,
        "stopped": found.stopped.message if found.stopped else None,
        "listed": len(found.hooks),
        "total": found.total,
        "stacks": None if inventory.stacks is None else list(inventory.stacks),
        "figures": inventory.figures(),
        "hooks": [_hook_as_json(row) for row in inventory.rows],
        "missing": [
            {"where": where(hook.subject), "uuid": hook.uuid, **_declaration(hook)}
            for hook in inventory.missing
        ],
        "refused": [
            {
                "where": where(refusal.subject),
                "uuid": refusal.hook,
                "problem": refusal.error.message,
                "remedy": refusal.error.remedy,
            }
            for refusal in found.refused
        ],
    }


def _hook_as_json(row: Row) -> dict[str, Any]:
    live = row.live
    reported = {camel(name): value for name, value in live.reported().items()}
    return {
        "where": where(row.subject),
        "workspace": row.subject.workspace,
        "repository": row.subject.repository,
        "project": row.project or None,
        "description": live.description,
        "url": live.url,
        "host": live.host,
        **reported,
        "events": list(live.events),
        "standing": row.standing,
        "declarations": [_declaration(hook) for hook in row.declared],
        "findings": [attrs.asdict(finding) for finding in row.findings],
    }


def _declaration(declared: HookInState) -> dict[str, Any]:
    return {
        "project": declared.project,
        "stack": declared.stack,
        "name": declared.name,
        "type": declared.kind,
    }


def as_csv(inventory: Inventory) -> str:
    """A line for each hook, below a line of headings; no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in inventory.rows:
        hook = {
            **_hook_as_json(row),
            "declarations": [label(declared) for declared in row.declared],
            "findings": [finding.text for finding in row.findings],
        }
        writer.writerow([_cell(name, hook[name]) for name in _COLUMNS])
    return out.getvalue()


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = (" " if name == "events" else "; ").join(value) if isinstance(value, list) else value
    return no_formula(printable(text, _LONGEST))


def no_formula(text: str) -> str:
    """Put a quote before what a spreadsheet would take for a formula, in any width of letters."""
    begin = unicodedata.normalize("NFKC", text.lstrip()[:1])
    return f"'{text}" if begin.startswith(_FORMULA) else text


def as_html(inventory: Inventory) -> str:
    """A page of its own."""
    return render_file(
        "inventory",
        title=f"Webhooks of {inventory.found.workspace}",
        inventory=inventory,
        figures=_figures(inventory),
        refused=list(map(str, inventory.found.refused)),
        missing=[
            f"{where(hook.subject)}: {label(hook)}, {hook.uuid}" for hook in inventory.missing
        ],
        hooks=[visible(_hook_of_page(row)) for row in inventory.rows],
    )


def _figures(inventory: Inventory) -> Iterator[dict[str, Any]]:
    findings = {finding for row in inventory.rows for finding in row.findings}
    for name, number in inventory.figures().items():
        codes = {finding.code for finding in findings if finding.kind == name}
        yield {
            "name": name,
            "number": number,
            "label": _label(name, number),
            "filters": name in (*KINDS, "managed"),
            # what comes of one code alone has the tone of that code
            "tones": [name, *codes] if len(codes) == 1 else [name],
        }


def _label(name: str, number: int) -> str:
    if name == "repositories":
        return "repository has some" if number == 1 else "repositories have some"
    return name.removesuffix("s") if number == 1 else name


def _hook_of_page(row: Row) -> dict[str, Any]:
    """What the page's script shows of a hook: it sets texts, never HTML."""
    live = row.live
    return {
        "where": where(row.subject),
        "ofWorkspace": row.subject.repository is None,
        "project": row.project,
        "description": live.description or "",
        "url": live.url,
        "host": live.host,
        "events": list(live.events),
        "created": live.created_at or "",
        "uuid": live.uuid,
        "standing": row.standing if row.standing != "unknown" else "",
        "declared": [label(hook) for hook in row.declared],
        "findings": [[finding.kind, finding.code, finding.text] for finding in row.findings],
        "facts": _facts(live),
    }


def _facts(live: Live) -> dict[str, str]:
    properties = [known for known in PROPERTIES.values() if known.name not in _COLUMNS_OF_PAGE]
    return {
        **{known.title: _fact(known, live) for known in properties},
        "created": live.created_at or "unknown",
        **({"read only": "yes"} if live.read_only else {}),
    }


def _fact(known: Property, live: Live) -> str:
    if known.name == "secret":
        return "set" if live.secret_set else "none"
    value = getattr(live, known.name)
    if isinstance(value, bool):
        return "on" if value != known.inverted else "off"
    return "unknown" if value is None else str(value)
