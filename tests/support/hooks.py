"""Declarations and what the tests ask a sandbox about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from bitbucket_hooks.sandbox.admin import LoggedRequest
from bitbucket_hooks.sandbox.webhook import StoredHook
from support.sandbox import Sandbox

if TYPE_CHECKING:
    from support.provider_server import FakeEngine  # it brings the SDK along

URL = "https://ci.example.com/hook"
DECLARED = {"owner": "acme", "repository": "web", "url": URL}
"""The least that a hook needs."""

INPUTS: dict[str, Any] = {
    **DECLARED,
    "events": ["repo:push"],
    "active": True,
    "skipCertVerification": False,
}
"""The same after a check."""


def warnings(engine: FakeEngine) -> list[str]:
    """Give what the engine was warned of."""
    return [logged.message for logged in engine.logged if logged.severity == "WARNING"]


def asked(sandbox: Sandbox) -> list[str]:
    """Give the requests since the log was cleared, short: `GET acme/web 200`.

    What is asked for by its uuid has its present name here.
    """
    return [
        f"{request.method} {_short(request.path)} {request.status or '-'}"
        for request in with_slugs(sandbox)
    ]


def with_slugs(sandbox: Sandbox) -> list[LoggedRequest]:
    """Give the requests since the log was cleared, with present slugs in the place of uuids."""
    slugs = {owner.uuid: owner.slug for owner in sandbox.repositories()}
    slugs |= {owner.uuid: owner.slug for owner in sandbox.workspaces()}
    return [
        evolve(request, path="/".join(slugs.get(part, part) for part in request.path.split("/")))
        for request in sandbox.requests()
    ]


def _short(path: str) -> str:
    path = path.removeprefix("/2.0/").removeprefix("repositories/")
    head, _, hook = path.partition("/hooks")
    return f"{head}{hook}" if "{" not in hook and "%7b" not in hook.lower() else f"{head}/UUID"


OLD = "2020-01-01T00:00:00+00:00"


def state_of(hook: StoredHook, **declared: Any) -> dict[str, Any]:
    """Give what the state would hold of a hook that is as old as can be, had it been declared."""
    return {
        **INPUTS,
        "url": hook.url,
        "events": sorted(hook.events),
        "active": hook.active,
        "skipCertVerification": hook.skip_cert_verification,
        "uuid": hook.uuid,
        "secretSet": hook.secret_set,
        "subjectUuid": hook.subject,
        "createdAt": OLD,
        **declared,
    }


def inputs_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """Give the inputs of a state: all but what the service told."""
    computed = ("uuid", "secretSet", "createdAt", "subjectUuid")
    return {key: value for key, value in state.items() if key not in computed}
