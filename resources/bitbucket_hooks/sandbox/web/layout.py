"""The frame of every page, and parts that several pages have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from markupsafe import Markup
from werkzeug.wrappers import Response

from bitbucket_hooks.sandbox.web import guard, paths
from bitbucket_hooks.sandbox.web.markup import joined, tag, text

if TYPE_CHECKING:
    from bitbucket_hooks.sandbox.models import StoredHook
    from bitbucket_hooks.sandbox.web.visits import Subject

Crumb = tuple[str, str]
"""A page above this one: what it is called, and its path."""


def page(
    title: str,
    *body: str | None,
    trail: Sequence[Crumb] = (),
    status: int = 200,
    pending: bool = False,
) -> Response:
    """Make a whole page; one with something `pending` renews itself."""
    again = tag("noscript", tag("meta", http_equiv="refresh", content="2")) if pending else None
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", text(f"{title} · Bitbucket sandbox")),
        tag("link", rel="icon", href="data:,"),
        tag("link", rel="stylesheet", href=paths.STYLE),
        tag("script", src=paths.SCRIPT, defer=True),
        again,
    )
    top = tag(
        "header",
        tag("a", "Bitbucket sandbox", href=paths.home(), class_="brand"),
        tag("span", "plays Bitbucket on this machine; nothing here is real", class_="context"),
        class_="top",
    )
    main = tag(
        "main", _trail(trail), tag("h1", text(title)), *body, id="main", data_pending=pending
    )
    skip = tag("a", "Skip to the content", href="#main", class_="skip")
    html = tag("html", head, tag("body", skip, top, main), lang="en")
    return Response(Markup("<!doctype html>") + html, status, mimetype="text/html")


def _trail(trail: Sequence[Crumb]) -> Markup | None:
    if not trail:
        return None
    links = joined(*(tag("li", tag("a", text(name), href=path)) for name, path in trail))
    return tag("nav", tag("ol", links), aria_label="Above this page", class_="trail")


def above(subject: Subject) -> list[Crumb]:
    """Give what is above the pages of one webhook."""
    webhooks = f"Webhooks of {subject.full_name}"
    return [("Repositories", paths.home()), (webhooks, paths.hooks(subject))]


def form(token: str, action: str, *body: str | None, class_: str = "") -> Markup:
    """Make a form that changes something."""
    hidden = tag("input", type="hidden", name=guard.TOKEN, value=token)
    # Our own messages are those of the API; the browser's are others.
    return tag(
        "form", hidden, *body, method="post", action=action, class_=class_ or None, novalidate=True
    )


def button(label: str, *, kind: str = "", **more: str | bool) -> Markup:
    """Make a button that sends its form."""
    return tag("button", label, type="submit", class_=f"button {kind}".strip(), **more)


def notice(told: str) -> Markup:
    """Tell what was just done."""
    return tag("p", told, class_="notice", role="status")


def named(hook: StoredHook) -> str:
    """Give what people call a hook."""
    return hook.description or "(no title)"


def at(seconds: float) -> Markup:
    """Show a time."""
    when = datetime.fromtimestamp(seconds, timezone.utc)
    shown = when.strftime("%Y-%m-%d %H:%M:%S UTC")
    return tag("time", shown, datetime=when.isoformat(timespec="seconds"))


def cell(label: str, *children: str | None, class_: str | None = None) -> Markup:
    """Make a cell of a table; where that is narrow its label stands beside it."""
    return tag("td", tag("div", *children), data_label=label, role="cell", class_=class_)


def table(label: str, columns: Sequence[str], rows: Sequence[str]) -> Markup:
    """Make a table; its roles stay when a narrow window lays it out otherwise."""
    heads = joined(*(tag("th", name, scope="col", role="columnheader") for name in columns))
    return tag(
        "table",
        tag("thead", tag("tr", heads, role="row"), role="rowgroup"),
        tag("tbody", *rows, role="rowgroup"),
        role="table",
        aria_label=label,
    )


def row(*cells: str) -> Markup:
    """Make a row of a table."""
    return tag("tr", *cells, role="row")
