"""A state that `pulumi-bitbucket` left, over both front ends, as far as it differs from ours."""

from __future__ import annotations

from typing import Any

from bitbucket_hooks.sandbox.webhook import StoredHook
from support.hooks import INPUTS, URL, asked
from support.provider_server import ProviderServer
from support.sandbox import Sandbox


def left_by_import(hook: StoredHook) -> dict[str, Any]:
    """Give the outputs of an imported hook: without the secret, which nobody can read."""
    known = {"id": hook.uuid, "uuid": hook.uuid, "secretSet": True, "historyEnabled": False}
    return {**INPUTS, "description": "", **known}


def test_from_a_refresh_to_the_end(server: ProviderServer, sandbox: Sandbox) -> None:
    """A refresh completes it, a secret that is declared now is sent once, and it is deleted."""
    hook = sandbox.plant_hook("acme/web", URL, secret="unknown")
    id_, outputs, inputs = server.read(hook.uuid, left_by_import(hook))
    assert id_ == hook.uuid
    assert outputs["createdAt"] == hook.created_at
    assert "secret" not in inputs

    sandbox.clear_requests()
    news = {**inputs, "secret": "declared-now"}
    assert server.diff(hook.uuid, left_by_import(hook), news)[1] == []
    updated = server.update(hook.uuid, left_by_import(hook), news)
    assert sandbox.secret_of(hook.uuid) == "declared-now"
    server.update(hook.uuid, updated, news)
    server.delete(hook.uuid, left_by_import(hook))
    assert sandbox.hooks() == []
    assert asked(sandbox) == ["PUT acme/web/UUID 200", "DELETE acme/web/UUID 204"]
