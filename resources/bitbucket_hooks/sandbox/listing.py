"""The routes around the hooks: the user, workspaces and repositories."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from bitbucket_hooks.sandbox import identity, pages, tenants
from bitbucket_hooks.sandbox.errors import (
    Missing,
    bad_request,
    json_response,
    no_permission,
    not_found,
)
from bitbucket_hooks.sandbox.models import StoredRepository

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.calls import IncomingRequest
    from bitbucket_hooks.sandbox.models import Workspace

_COLUMNS: Final = {
    "slug": "r.slug",
    "name": "r.name",
    "full_name": "w.slug || '/' || r.slug",
    "project.key": "p.key",
    "uuid": "r.uuid",
    "created_on": "r.created_on",
    "updated_on": "r.created_on",
}
_CONDITION: Final = re.compile(r'\s*([a-z_.]+)\s*(!=|=|~)\s*"((?:[^"\\]|\\.)*)"\s*')
_OPERATORS: Final = {"=": "{} = :{}", "!=": "{} != :{}", "~": "instr(lower({}), lower(:{}))"}


def user(call: IncomingRequest) -> Response:
    """Answer `GET /user`. What it shows to a token without a user is unverified."""
    call.identity.require("read:user:bitbucket", "account")
    uuid = call.identity.holder
    if call.identity.kind != "api":
        links = {"self": {"href": call.link("user")}}
        shown = {"type": "app_user", "uuid": uuid, "display_name": call.identity.name}
        return json_response({**shown, "links": links})
    name = tenants.user(call.connection, uuid).name
    shown = {"type": "user", "uuid": uuid, "display_name": name, "nickname": name}
    links = {"self": {"href": call.link("users", uuid)}}
    return json_response({**shown, "account_status": "active", "links": links})


def workspace(call: IncomingRequest, workspace: str) -> Response:
    """Answer `GET /workspaces/{workspace}`: for its members and its own tokens."""
    call.identity.require("read:workspace:bitbucket")
    found = call.workspace(workspace)
    if not call.role(found):
        raise no_permission(f"the workspace {found.slug}")
    shown = {**call.shown_subject(found), "is_private": True, "created_on": found.created_on}
    return json_response(shown)


def workspaces(call: IncomingRequest) -> Response:
    """Answer `GET /workspaces`: those whose member or token the identity is."""
    return call.listed(_own_workspaces(call), call.shown_subject)


def workspace_accesses(call: IncomingRequest) -> Response:
    """Answer `GET /user/workspaces`: the same, and whether the identity administers each."""

    def shown(found: Workspace) -> dict[str, Any]:
        administrator = call.role(found) == "owner"
        access = {"type": "workspace_access", "administrator": administrator}
        return {**access, "workspace": call.shown_subject(found)}

    return call.listed(_own_workspaces(call), shown)


def _own_workspaces(call: IncomingRequest) -> list[Workspace]:
    call.identity.require("read:workspace:bitbucket")
    return [found for found in tenants.workspaces(call.connection) if call.role(found)]


def all_repositories(call: IncomingRequest) -> Response:
    """Answer `GET /repositories`: those of all workspaces that the identity may see."""
    call.identity.require("read:repository:bitbucket", "repository")
    visible = [found for found in tenants.repositories(call.connection) if call.role(found)]
    return call.listed(visible, lambda found: _shown(call, found))


def repository(call: IncomingRequest, workspace: str, slug: str) -> Response:
    """Answer `GET /repositories/{workspace}/{repo_slug}`."""
    call.identity.require("read:repository:bitbucket", "repository")
    return json_response(_shown(call, call.repository(workspace, slug)))


def repositories(call: IncomingRequest, workspace: str) -> Response:
    """Answer `GET /repositories/{workspace}`: those that the identity may see."""
    call.identity.require("read:repository:bitbucket", "repository")
    try:
        owner = tenants.workspace(call.connection, workspace)
    except Missing:
        raise not_found(f"No workspace with identifier '{workspace}'.") from None
    page = pages.page_request(call.request)
    where, values = _where(call.request.args.get("q", ""))
    values |= identity.visible(call.connection, call.identity, owner.uuid)
    values |= {"workspace": owner.uuid, "pagelen": page.pagelen, "offset": page.offset}
    # Nothing that was sent becomes part of the query: columns and operators are looked up.
    query = f"{tenants.REPOSITORIES} WHERE r.workspace = :workspace AND {identity.VISIBLE} {where}"
    (size,) = call.connection.execute(
        f"SELECT count(*) FROM ({query})",  # noqa: S608
        values,
    ).fetchone()
    order = _order(call.request.args.get("sort", ""))
    rows = call.connection.execute(
        f"{query} ORDER BY {order} LIMIT :pagelen OFFSET :offset", values
    )
    shown = [_shown(call, StoredRepository(**dict(row))) for row in rows]
    return pages.page_response(call.request, page, size, shown)


def _where(text: str) -> tuple[str, dict[str, Any]]:
    """Read `q=` in its simple forms: `field = "value"`, joined by AND. Refuses others (400)."""
    clauses, values = "", {}
    for number, part in enumerate(re.split(r"\s+AND\s+", text) if text.strip() else []):
        match = _CONDITION.fullmatch(part)
        if not match or match[1] not in _COLUMNS:
            raise bad_request(f"Invalid query: {part}")
        clauses += f" AND {_OPERATORS[match[2]].format(_COLUMNS[match[1]], f'q{number}')}"
        values[f"q{number}"] = re.sub(r"\\(.)", r"\1", match[3])
    return clauses, values


def _order(text: str) -> str:
    """Read `sort=`: a field, with `-` the other way round. Refuses others (400)."""
    field = text.removeprefix("-")
    if text and field not in _COLUMNS:
        raise bad_request(f"Invalid field name {text!r}")
    direction = "DESC" if text.startswith("-") else "ASC"
    return f"{_COLUMNS[field]} {direction}, r.seq" if text else "r.seq"


def _shown(call: IncomingRequest, repository: StoredRepository) -> dict[str, Any]:
    project = {"type": "project", "uuid": repository.project, "key": repository.project_key}
    owner = {"type": "workspace", "uuid": repository.workspace, "slug": repository.workspace_slug}
    links = {"self": call.link(*repository.path), "hooks": call.link(*repository.path, "hooks")}
    return {
        "type": "repository",
        "uuid": repository.uuid,
        "slug": repository.slug,
        "name": repository.name,
        "full_name": repository.full_name,
        "is_private": repository.private,
        "created_on": repository.created_on,
        "updated_on": repository.created_on,
        "project": project,
        "workspace": owner,
        "links": {name: {"href": href} for name, href in links.items()},
    }
