"""The routes around the hooks: the user, workspaces and repositories."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from bitbucket_hooks.sandbox import identity as identities
from bitbucket_hooks.sandbox import pages, tenants
from bitbucket_hooks.sandbox.calls import workspace_subject
from bitbucket_hooks.sandbox.errors import bad_request, json_response, no_permission, not_found
from bitbucket_hooks.sandbox.models import StoredRepository

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.calls import IncomingRequest

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
    found = identities.user_of(call.connection, call.identity)
    if not found:
        name = call.identity.name
        shown: dict[str, Any] = {
            "type": "app_user",
            "uuid": call.identity.holder,
            "display_name": name,
        }
        return json_response({**shown, "links": {"self": {"href": call.link("user")}}})
    links = {"self": {"href": call.link("users", found.uuid)}}
    shown = {"type": "user", "uuid": found.uuid, "display_name": found.name}
    shown |= {"nickname": found.name, "account_status": "active", "links": links}
    return json_response(shown)


def workspace(call: IncomingRequest, workspace: str) -> Response:
    """Answer `GET /workspaces/{workspace}`: for its members and its own tokens."""
    call.identity.require("read:workspace:bitbucket")
    subject = workspace_subject(call, workspace)
    found = call.workspace(workspace)
    if not identities.workspace_role(call.connection, call.identity, found.uuid):
        raise no_permission(f"the workspace {found.slug}")
    shown = {**subject.shown, "is_private": True, "created_on": found.created_on}
    return json_response(shown)


def workspaces(call: IncomingRequest) -> Response:
    """Answer `GET /workspaces`: those whose member or token the identity is."""
    return _listed(call, [shown for shown, _ in _own_workspaces(call)])


def workspace_accesses(call: IncomingRequest) -> Response:
    """Answer `GET /user/workspaces`: the same, and whether the identity administers each."""
    values = [
        {"type": "workspace_access", "administrator": role == "owner", "workspace": shown}
        for shown, role in _own_workspaces(call)
    ]
    return _listed(call, values)


def _own_workspaces(call: IncomingRequest) -> list[tuple[dict[str, Any], str]]:
    call.identity.require("read:workspace:bitbucket")
    found = [
        (each, identities.workspace_role(call.connection, call.identity, each.uuid))
        for each in tenants.workspaces(call.connection)
    ]
    return [(workspace_subject(call, each.slug).shown, role) for each, role in found if role]


def _listed(call: IncomingRequest, values: list[dict[str, Any]]) -> Response:
    page = pages.asked_for(call.request)
    cut = pages.cut(page, values)
    return json_response(pages.envelope(call.request, page, len(values), cut))


def all_repositories(call: IncomingRequest) -> Response:
    """Answer `GET /repositories`: those of all workspaces that the identity may see."""
    call.identity.require("read:repository:bitbucket", "repository")
    visible = [
        each
        for each in tenants.repositories(call.connection)
        if identities.repository_role(call.connection, call.identity, each)
    ]
    return _listed(call, [_shown(call, each) for each in visible])


def repository(call: IncomingRequest, workspace: str, slug: str) -> Response:
    """Answer `GET /repositories/{workspace}/{repo_slug}`."""
    call.identity.require("read:repository:bitbucket", "repository")
    return json_response(_shown(call, call.repository(workspace, slug)))


def repositories(call: IncomingRequest, workspace: str) -> Response:
    """Answer `GET /repositories/{workspace}`: those that the identity may see."""
    call.identity.require("read:repository:bitbucket", "repository")
    found = tenants.workspace(call.connection, workspace)
    if not found:
        raise not_found(f"No workspace with identifier '{workspace}'.")
    page = pages.asked_for(call.request)
    where, values = _where(call.request.args.get("q", ""))
    values |= identities.visible(call.connection, call.identity, found.uuid)
    values |= {"workspace": found.uuid, "pagelen": page.pagelen, "offset": page.offset}
    # Nothing that was sent becomes part of the query: columns and operators are looked up.
    query = (
        f"{tenants.REPOSITORIES} WHERE r.workspace = :workspace AND {identities.VISIBLE} {where}"
    )
    (size,) = call.connection.execute(
        f"SELECT count(*) FROM ({query})",  # noqa: S608
        values,
    ).fetchone()
    order = _order(call.request.args.get("sort", ""))
    rows = call.connection.execute(
        f"{query} ORDER BY {order} LIMIT :pagelen OFFSET :offset", values
    )
    shown = [_shown(call, StoredRepository(**dict(row))) for row in rows]
    return json_response(pages.envelope(call.request, page, size, shown))


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
    path = ("repositories", repository.workspace_slug, repository.slug)
    project = {"type": "project", "uuid": repository.project, "key": repository.project_key}
    owner = {"type": "workspace", "uuid": repository.workspace, "slug": repository.workspace_slug}
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
        "links": {
            "self": {"href": call.link(*path)},
            "hooks": {"href": call.link(*path, "hooks")},
        },
    }
