"""An inventory as one HTML file: nothing is fetched, everything from outside is escaped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from bitbucket_hooks.html.frame import framed, safe, shown
from bitbucket_hooks.inventory.findings import KINDS, Inventory, Row, label
from bitbucket_hooks.inventory.live import where
from bitbucket_hooks.inventory.page import SCRIPT, STYLE
from bitbucket_hooks.model.webhook import UNDOCUMENTED

_FEW: Final = 4  # items that need no fold
# the check of certificates is told as what it switches off
_SWITCHES: Final = tuple(one for one in UNDOCUMENTED if one != "skip_cert_verification")
_COLUMNS: Final[Sequence[tuple[str, str]]] = (
    ("where", "Where"),
    ("hook", "Hook"),
    ("events", "Events"),
    ("findings", "Findings"),
    ("declared", "Declaration"),
    ("created", "Created"),
)
_GROUPS: Final[Sequence[tuple[str, str]]] = (
    ("", "nothing"),
    ("host", "host"),
    ("declared", "declaration"),
    ("where", "repository"),
    ("project", "project"),
    ("finding", "finding"),
)


def render(inventory: Inventory) -> str:
    """Write an inventory as a page of its own."""
    title = f"Webhooks of {inventory.workspace}"
    return "\n".join(framed(title, STYLE, _body(inventory, title), SCRIPT)) + "\n"


def _body(inventory: Inventory, title: str) -> Iterator[str]:
    yield "<main>"
    yield f"<header><h1>{safe(title)}</h1><p class=context>{safe(_context(inventory))}</p></header>"
    yield from _figures(inventory)
    yield from _first(inventory)
    yield "<noscript><p class=nothing>The list needs this page's own script.</p></noscript>"
    yield from _tools(known=inventory.stacks is not None)
    yield from _table(known=inventory.stacks is not None)
    yield "</main>"
    yield f"<script type=application/json id=data>{_data(inventory)}</script>"


def _context(inventory: Inventory) -> str:
    stacks = inventory.stacks
    known = f" · compared with {', '.join(stacks) or 'no stack'}" if stacks is not None else ""
    return f"Listed {inventory.listed_at.replace('T', ' ')[:16]} UTC{known}"


def _figures(inventory: Inventory) -> Iterator[str]:
    figures = inventory.figures()
    yield '<div class=figures role=group aria-label="Figures, and what to show">'
    for name, number in figures.items():
        inside = f"<b>{number:,}</b><small>{_label(name, number)}</small>"
        if name in (*KINDS, "managed"):
            off = "" if number else " disabled"
            yield (
                f'<button type=button class="{_tone(inventory, name)}" data-kind={name}'
                f" aria-pressed=false{off}>"
                f"{inside}</button>"
            )
        else:
            tone = name if number else "none"
            yield f"<span class={tone}>{inside}</span>"
    yield "</div>"


def _tone(inventory: Inventory, kind: str) -> str:
    """The class of a figure: what comes of one code alone has the tone of that code."""
    findings = (finding for row in inventory.rows for finding in row.findings)
    codes = {one.code for one in findings if one.kind == kind}
    return " ".join([kind, *codes]) if len(codes) == 1 else kind


def _label(name: str, number: int) -> str:
    names = {
        "hooks": "hook" if number == 1 else "hooks",
        "repositories": "repository has some" if number == 1 else "repositories have some",
        "hosts": "host" if number == 1 else "hosts",
    }
    return names.get(name, name)


def _first(inventory: Inventory) -> Iterator[str]:
    """What keeps the list from telling everything."""
    parts = []
    if inventory.stopped:
        count = f"{inventory.listed:,} of {inventory.total:,} places were listed"
        parts.append(f"<p>Not complete, {count}: {safe(inventory.stopped)}</p>")
    refused = [f"{one.problem}. {one.remedy}" for one in inventory.refused]
    parts.append(_list("Could not be listed", refused))
    gone = [f"{where(one.subject)}: {label(one)}, {one.uuid}" for one in inventory.missing]
    parts.append(_list("Declared, and not there", gone))
    if any(parts):
        yield "<section class=first aria-labelledby=first><h2 id=first>Look at this first</h2>"
        yield from parts
        yield "</section>"


def _list(head: str, items: Sequence[str]) -> str:
    if not items:
        return ""
    listed = "<ul>" + "".join(f"<li>{safe(item)}</li>" for item in items) + "</ul>"
    is_open = " open" if len(items) <= _FEW else ""
    return f"<details{is_open}><summary>{head}: {len(items):,}</summary>{listed}</details>"


def _tools(*, known: bool) -> Iterator[str]:
    """Hidden until the script runs: without it they do nothing."""
    yield "<div class=filter id=tools hidden role=search>"
    yield "<label for=filter>Filter</label> <input id=filter type=search autocomplete=off"
    yield 'placeholder="any words; / comes here" spellcheck=false>'
    yield f"<label for=group>Group by</label> <select id=group>{_options(_GROUPS, known)}</select>"
    yield "<label for=sort class=sorting>Sort by</label>"
    yield f"<select id=sort class=sorting>{_options(_COLUMNS, known)}</select>"
    yield "<button type=button id=clear class=clear hidden>Show all</button>"
    yield "<output id=told for=filter aria-live=polite></output></div>"


def _options(choices: Sequence[tuple[str, str]], known: bool) -> str:
    shown = [(value, text) for value, text in choices if known or value != "declared"]
    return "".join(f'<option value="{value}">{text}</option>' for value, text in shown)


def _table(*, known: bool) -> Iterator[str]:
    columns = [(name, text) for name, text in _COLUMNS if known or name != "declared"]
    yield "<table role=table aria-label=Hooks><colgroup>"
    yield "".join(f"<col class={name}>" for name, _ in columns)
    yield "</colgroup><thead role=rowgroup><tr role=row>"
    for name, text in columns:
        yield f"<th role=columnheader scope=col data-by={name}><button type=button>{text}</button>"
    yield "</tr></thead><tbody role=rowgroup id=rows></tbody></table>"
    yield "<p id=nothing class=nothing hidden>No hook is like that.</p>"
    yield "<button type=button id=more class=more hidden>Show more</button>"


def _data(inventory: Inventory) -> str:
    """The rows as JSON that no text in it can end: there is no < in it."""
    rows = [_row(row) for row in inventory.rows]
    text = json.dumps({"known": inventory.stacks is not None, "hooks": rows}, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _row(row: Row) -> dict[str, Any]:
    live = row.live
    return {
        "where": shown(where(row.subject)),
        "ofWorkspace": row.subject.repository is None,
        "project": shown(row.project),
        "description": shown(live.description or ""),
        "url": shown(live.url),
        "host": shown(live.host),
        "events": [shown(event) for event in live.events],
        "created": shown(live.created_at or ""),
        "uuid": live.uuid,
        "standing": row.standing if row.standing != "unknown" else "",
        "declared": [shown(label(one)) for one in row.declared],
        "findings": [[one.kind, one.code, shown(one.text)] for one in row.findings],
        "facts": {
            "active": _said(live.active),
            "certificate check": _said(_negated(live.skip_cert_verification)),
            "secret": "set" if live.secret_set else "none",
            **{_named(one): _said(getattr(live, one)) for one in _SWITCHES},
            "created": shown(live.created_at or "not told"),
            **({"read only": "yes"} if live.read_only else {}),
        },
    }


def _named(switch: str) -> str:
    """What a switch turns on: of `thing_enabled` the thing."""
    return switch.removesuffix("_enabled").replace("_", " ")


def _negated(value: bool | None) -> bool | None:
    return None if value is None else not value


def _said(value: bool | None) -> str:
    return "not told" if value is None else "on" if value else "off"
