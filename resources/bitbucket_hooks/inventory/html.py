"""An inventory as one HTML file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bitbucket_hooks.html.render import render_file, visible
from bitbucket_hooks.inventory.findings import KINDS, Inventory, Row, label
from bitbucket_hooks.inventory.live import Live, where
from bitbucket_hooks.model.webhook import PROPERTIES, Property

_COLUMNS_OF_HOOK = ("url", "events", "description")
_NOUNS = {"hooks": "hook", "hosts": "host"}


def render(inventory: Inventory) -> str:
    """Write an inventory as a page of its own."""
    return render_file(
        "inventory",
        title=f"Webhooks of {inventory.workspace}",
        inventory=inventory,
        figures=_figures(inventory),
        refused=[f"{refusal.problem}. {refusal.remedy}" for refusal in inventory.refused],
        missing=[
            f"{where(hook.subject)}: {label(hook)}, {hook.uuid}" for hook in inventory.missing
        ],
        hooks=[visible(_hook(row)) for row in inventory.rows],
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
    return _NOUNS[name] if number == 1 and name in _NOUNS else name


def _hook(row: Row) -> dict[str, Any]:
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


def _fact(known: Property, live: Live) -> str:
    if known.name == "secret":
        return "set" if live.secret_set else "none"
    value = getattr(live, known.name)
    if isinstance(value, bool):
        return "on" if value != known.inverted else "off"
    return "unknown" if value is None else str(value)


def _facts(live: Live) -> dict[str, str]:
    properties = [known for known in PROPERTIES.values() if known.name not in _COLUMNS_OF_HOOK]
    return {
        **{known.title: _fact(known, live) for known in properties},
        "created": live.created_at or "unknown",
        **({"read only": "yes"} if live.read_only else {}),
    }
