"""The list of all repositories, which words narrow down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.sandbox.web import layout, paths
from bitbucket_hooks.sandbox.web.markup import joined, tag, text

if TYPE_CHECKING:
    from markupsafe import Markup
    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.web.visits import Visit

_PAGE: Final = 50
_MOST_PAGES: Final = 10**6
_FOUND: Final = """
FROM repositories r JOIN workspaces w ON w.uuid = r.workspace JOIN projects p ON p.uuid = r.project
WHERE (w.slug || '/' || r.slug) LIKE :like ESCAPE '\\' OR EXISTS (
    SELECT 1 FROM hooks h WHERE h.subject = r.uuid
    AND (h.url LIKE :like ESCAPE '\\' OR h.description LIKE :like ESCAPE '\\'))
"""
_ROWS: Final = f"""
SELECT w.slug || '/' || r.slug AS name, p.key AS project, r.private,
       (SELECT count(*) FROM hooks h WHERE h.subject = r.uuid) AS hooks
{_FOUND} ORDER BY w.slug, r.slug LIMIT :limit OFFSET :offset
"""  # noqa: S608 - the parts are ours
_WORKSPACES: Final = """
SELECT slug, (SELECT count(*) FROM hooks h WHERE h.subject = w.uuid) AS hooks
FROM workspaces w ORDER BY slug
"""


def show(visit: Visit) -> Response:
    """Show one page of the repositories whose name, or one of whose webhooks, matches."""
    words = visit.request.args.get("q", "").strip()
    asked = visit.request.args.get("page", "1")
    page = min(max(int(asked), 1), _MOST_PAGES) if asked.isascii() and asked.isdecimal() else 1
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values: dict[str, Any] = {"like": f"%{escaped}%"}
    (count,) = visit.connection.execute(f"SELECT count(*) {_FOUND}", values).fetchone()
    values |= {"limit": _PAGE, "offset": (page - 1) * _PAGE}
    rows = visit.connection.execute(_ROWS, values).fetchall()
    shown = [
        _row(row["name"], row["project"], row["hooks"], private=row["private"]) for row in rows
    ]
    return layout.page(
        "Repositories",
        _search(words, count),
        _workspaces(visit),
        layout.table("Repositories", ("Repository", "Project", "Webhooks"), shown)
        if shown
        else tag("p", "No repository, and no webhook, is like that.", class_="nothing"),
        _pages(words, page, count),
    )


def _workspaces(visit: Visit) -> Markup:
    rows = visit.connection.execute(_WORKSPACES).fetchall()
    links = [
        tag("li", tag("a", text(slug), href=paths.hooks_of(slug)), f" ({count})")
        for slug, count in rows
    ]
    named = tag("span", "Webhooks of workspaces", id="workspaces")
    return tag("nav", named, tag("ul", *links), aria_labelledby="workspaces", class_="workspaces")


def _row(name: str, project: str, hooks: int, *, private: bool) -> Markup:
    link = tag("a", text(name), href=paths.hooks_of(name), class_="name")
    public = None if private else tag("span", "public", class_="badge")
    return layout.row(
        layout.cell("Repository", link, " ", public),
        layout.cell("Project", text(project)),
        layout.cell("Webhooks", str(hooks)),
    )


def _search(words: str, count: int) -> Markup:
    return tag(
        "form",
        tag("label", "Find", for_="q"),
        tag(
            "input",
            id="q",
            name="q",
            type="search",
            value=words,
            spellcheck="false",
            placeholder="a repository, or a webhook's title or url",
        ),
        tag("button", "Find", type="submit", class_="button"),
        tag("a", "Show all", href=paths.home()) if words else None,
        tag("output", counted(count, "repository"), for_="q"),
        method="get",
        action="/",
        role="search",
        class_="filter",
    )


def _pages(words: str, page: int, count: int) -> Markup | None:
    last = max(-(-count // _PAGE), 1)
    if last == 1 and page == 1:
        return None
    back, on = min(page - 1, last), page + 1
    return tag(
        "nav",
        tag("a", "← Previous", href=paths.home(words, back), rel="prev") if page > 1 else None,
        tag("span", f"Page {page:,} of {last:,}"),
        tag("a", "Next →", href=paths.home(words, on), rel="next") if page < last else None,
        aria_label="Pages",
        class_="pages",
    )


def missing(told: str) -> Response:
    """Say that there is no such page."""
    back = tag("p", tag("a", "All repositories", href=paths.home()))
    return layout.page("Not found", tag("p", text(told)), back, status=404)


def refused(told: str) -> Response:
    """Say that a form was not taken."""
    steps = tag("p", "Open the page again and repeat what you did.")
    back = tag("p", tag("a", "All repositories", href=paths.home()))
    return layout.page("Not done", joined(tag("p", told, role="alert"), steps, back), status=403)
