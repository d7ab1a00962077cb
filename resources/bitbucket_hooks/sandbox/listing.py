"""The routes around the hooks: who asks, workspaces, repositories, OAuth tokens, address ranges."""

from __future__ import annotations

import ipaddress
import json
import re
import time
from typing import Any, Final

from werkzeug.wrappers import Response

from bitbucket_hooks.sandbox import identity, tenants
from bitbucket_hooks.sandbox.calls import IncomingRequest
from bitbucket_hooks.sandbox.errors import (
    Missing,
    Refusal,
    bad_request,
    json_response,
    no_permission,
    not_found,
)
from bitbucket_hooks.sandbox.tenants import StoredRepository, Workspace

_COLUMNS: Final = {
    "slug": "r.slug",
    "name": "r.name",
    "full_name": "(SELECT slug FROM workspaces WHERE uuid = r.workspace) || '/' || r.slug",
    "project.key": "(SELECT key FROM projects WHERE uuid = r.project)",
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
    page, pagelen = call.page()
    where, values = _where(call.request.args.get("q", ""))
    values |= identity.visible(call.connection, call.identity, owner.uuid)
    values |= {"workspace": owner.uuid, "pagelen": pagelen, "offset": (page - 1) * pagelen}
    # Nothing that was sent becomes part of the query: columns and operators are looked up.
    meant = f"FROM repositories r WHERE r.workspace = :workspace AND {identity.VISIBLE} {where}"
    (size,) = call.connection.execute(f"SELECT count(*) {meant}", values).fetchone()
    order = _order(call.request.args.get("sort", ""))
    # only what is shown is joined: each page passes over all before it
    page_of_them = f"SELECT r.seq {meant} ORDER BY {order} LIMIT :pagelen OFFSET :offset"
    rows = call.connection.execute(
        f"{tenants.REPOSITORIES} WHERE r.seq IN ({page_of_them}) ORDER BY {order}", values
    )
    return call.paged([_shown(call, StoredRepository(**dict(row))) for row in rows], size)


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


def access_token(call: IncomingRequest) -> Response:
    """Answer `POST /site/oauth2/access_token`: client credentials only (vendor, 2026).

    There is no refresh token: ask again on expiry.
    """
    scheme, _, value = call.request.headers.get("Authorization", "").partition(" ")
    consumer = call.connection.execute(
        "SELECT * FROM consumers WHERE client_id = ? AND secret = ?",
        identity.decode_basic(value) if scheme.lower() == "basic" else ("", ""),
    ).fetchone()
    if consumer is None:
        raise _no_token("unauthorized_client", "Invalid OAuth client credentials")
    if call.request.form.get("grant_type") != "client_credentials":
        raise _no_token("unsupported_grant_type", "Unsupported grant type")
    token, name = tenants.new_token("oauth"), f"consumer {consumer['client_id']}"
    lifetime, scopes = call.settings.oauth_seconds, consumer["scopes"]
    call.connection.execute(
        "INSERT INTO tokens VALUES (?, 'oauth', ?, ?, ?, ?)",
        (token, name, consumer["workspace"], scopes, time.time() + lifetime),
    )
    body = {"access_token": token, "token_type": "bearer", "expires_in": int(lifetime)}
    return json_response({**body, "scope": " ".join(json.loads(scopes))})


def _no_token(error: str, description: str) -> Refusal:
    """400 in the form of the OAuth standard; the status is unverified."""
    return Refusal(json_response({"error": error, "error_description": description}, 400))


_CLOUD: Final = ("bitbucket", "confluence", "jira", "trello")
_BOTH: Final = ("egress", "ingress")

# cidr, products, directions, regions, perimeter; networks that documentation may use, and ours
_RANGES: Final = (
    ("198.51.100.0/25", ("bitbucket",), ("egress",), ("us-east-1",), "commercial"),
    ("198.51.100.128/28", ("bitbucket",), ("egress",), ("us-west-2",), "commercial"),
    ("2001:db8:b1b:100::/56", ("bitbucket",), ("egress",), ("us-east-1",), "commercial"),
    ("192.0.2.0/24", _CLOUD, _BOTH, ("global",), "commercial"),
    ("2001:db8:a71a::/48", _CLOUD, _BOTH, ("global",), "commercial"),
    ("203.0.113.0/26", ("bitbucket",), ("ingress",), ("global",), "commercial"),
    ("203.0.113.64/27", ("confluence", "jira"), ("egress",), ("eu-west-1",), "commercial"),
    ("203.0.113.96/27", ("statuspage",), ("egress",), ("us-east-1", "us-west-2"), "commercial"),
    ("203.0.113.128/28", ("confluence", "jira"), ("egress",), ("us-gov-west-1",), "fedramp"),
)


def address_ranges(_: IncomingRequest) -> Response:
    """Answer `GET /ip-ranges`, which stands for `https://ip-ranges.atlassian.com/`.

    The document is built as the real one is, and has fixed content.
    """
    items = []
    for cidr, products, directions, regions, perimeter in _RANGES:
        network = ipaddress.ip_network(cidr)
        address, length = str(network.network_address), network.prefixlen
        items.append(
            {
                "network": address,
                "mask_len": length,
                "cidr": cidr,
                "mask": str(network.netmask),
                "region": list(regions),
                "product": list(products),
                "direction": list(directions),
                "perimeter": perimeter,
            }
        )
    return json_response(
        {"creationDate": "2026-08-03T09:12:44.527731", "syncToken": 1785748364, "items": items}
    )
