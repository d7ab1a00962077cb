"""The page of all repositories, which words narrow down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bitbucket_hooks.sandbox.web.visits import page

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.web.visits import Visit

_PAGE: Final = 50
_MOST_PAGES: Final = 10**6
_FOUND: Final = """
FROM repositories r JOIN workspaces w ON w.uuid = r.workspace JOIN projects p ON p.uuid = r.project
WHERE (w.slug || '/' || r.slug) LIKE :like ESCAPE '\\' OR EXISTS (
    SELECT 1 FROM hooks h WHERE h.subject = r.uuid
    AND (json_extract(h.body, '$.url') LIKE :like ESCAPE '\\'
         OR json_extract(h.body, '$.description') LIKE :like ESCAPE '\\'))
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
    number = visit.request.args.get("page", "1")
    number_shown = min(max(int(number), 1), _MOST_PAGES) if _is_number(number) else 1
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values: dict[str, Any] = {"like": f"%{escaped}%"}
    (count,) = visit.connection.execute(f"SELECT count(*) {_FOUND}", values).fetchone()
    values |= {"limit": _PAGE, "offset": (number_shown - 1) * _PAGE}
    return page(
        "repositories",
        words=words,
        count=count,
        page=number_shown,
        last_page=max(-(-count // _PAGE), 1),
        repositories=visit.connection.execute(_ROWS, values).fetchall(),
        workspaces=visit.connection.execute(_WORKSPACES).fetchall(),
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
