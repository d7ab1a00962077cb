"""The estate that a new sandbox starts with."""

from __future__ import annotations

import json
import sqlite3
from typing import Final

import attrs

from bitbucket_hooks.model.events import SUBJECT_TYPES, catalogue
from bitbucket_hooks.sandbox import tenants
from bitbucket_hooks.sandbox.identity import API_TOKEN_SCOPES
from bitbucket_hooks.sandbox.tenants import new_uuid

OWNER_EMAIL: Final = "owner@acme.example"
OWNER_TOKEN: Final = "sandbox-api-owner"  # noqa: S105 - opens nothing but a sandbox
"""The owner of both workspaces, with every scope: who asks when no credentials are configured."""

MEMBER_EMAIL: Final = "member@acme.example"
MEMBER_TOKEN: Final = "sandbox-api-member"  # noqa: S105
"""A member of `acme` with every scope, who is no admin: reads repositories, but no webhooks."""

OUTSIDER_EMAIL: Final = "outsider@elsewhere.example"
OUTSIDER_TOKEN: Final = "sandbox-api-outsider"  # noqa: S105
"""A stranger with every scope, who sees public repositories alone."""

WORKSPACE: Final = "acme"
"""The workspace that most of it is in."""

_ESTATE: Final[dict[str, dict[tuple[str, bool], tuple[str, ...]]]] = {
    WORKSPACE: {
        ("PLAT", True): ("api", "worker", "billing", "infra"),
        ("WEB", True): ("web", "mobile"),
        ("WEB", False): ("docs", "design-system"),
    },
    "globex": {("CORE", True): ("portal",), ("CORE", False): ("website",)},
}
_PEOPLE: Final[tuple[tuple[str, str, str, dict[str, str]], ...]] = (
    (OWNER_EMAIL, OWNER_TOKEN, "Olivia Owner", {WORKSPACE: "owner", "globex": "owner"}),
    (MEMBER_EMAIL, MEMBER_TOKEN, "Max Member", {WORKSPACE: "member"}),
    (OUTSIDER_EMAIL, OUTSIDER_TOKEN, "Otto Outsider", {}),
)


def fill(connection: sqlite3.Connection) -> None:
    """Write the starting estate into an empty database."""
    connection.executemany(
        "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
        [(kind, *attrs.astuple(event)) for kind in SUBJECT_TYPES for event in catalogue(kind)],
    )
    workspaces = {}
    for slug, projects in _ESTATE.items():
        workspaces[slug] = uuid = tenants.add_workspace(connection, slug, slug.capitalize())
        for (key, private), names in projects.items():
            for name in names:
                tenants.add_repository(connection, uuid, name, key, private=private)
    for email, token, name, roles in _PEOPLE:
        user = new_uuid()
        connection.execute("INSERT INTO users VALUES (?, ?, ?)", (user, email, name))
        connection.execute(
            "INSERT INTO tokens VALUES (?, 'api', ?, ?, ?, NULL)",
            (token, email, user, json.dumps(API_TOKEN_SCOPES)),
        )
        for slug, role in roles.items():
            tenants.grant(connection, user, workspaces[slug], role)
