"""A stack's state as `pulumi-bitbucket` 0.0.12 leaves it: seen in an export of the real thing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bitbucket_hooks.sandbox.webhook import StoredHook
from support.engine import STACK, Project

KIND: Final = "bitbucket:index/hook:Hook"
WORKSPACE_KIND: Final = "bitbucket:index/workspaceHook:WorkspaceHook"
_ROOT: Final = "pulumi:pulumi:Stack"
_PROVIDER: Final = "pulumi:providers:bitbucket"
_DEFAULT: Final = "default_0_0_12_github_/api.github.com/ryan-pip"
_ID: Final = "66f46a48-efc5-465c-ab12-7a59731d9ce7"
_SECRET: Final = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def leave_behind(
    project: Project,
    hooks: Iterable[tuple[str, StoredHook]],
    secret: str | None,
    *,
    provider: str = _DEFAULT,
) -> None:
    """Give the stack the old resources of live hooks, protected, as declared with a secret.

    Each hook comes with its repository, or with "" when it is the workspace's. A `provider` is the
    name of an explicit one.
    """
    exported = json.loads(project.run("stack", "export").succeeded().stdout)
    stack = {"urn": _urn(_ROOT, f"e2e-{STACK}"), "custom": False, "type": _ROOT}
    account = {
        "urn": _urn(_PROVIDER, provider),
        "custom": True,
        "id": _ID,
        "type": _PROVIDER,
        "inputs": {
            "__internal": {"pluginDownloadURL": "github://api.github.com/ryan-pip"},
            "version": "0.0.12",
        },
        "outputs": {"version": "0.0.12"},
    }
    reference = f"{account['urn']}::{_ID}"
    old = [_resource(repository, hook, secret, reference) for repository, hook in hooks]
    exported["deployment"]["resources"] = [stack, account, *old]
    file = project.folder / "old.json"
    file.write_text(json.dumps(exported))
    project.run("stack", "import", "--file", str(file)).succeeded()


def _resource(
    repository: str, hook: StoredHook, secret: str | None, provider: str
) -> Mapping[str, Any]:
    kind, place = (
        (KIND, {"owner": "acme", "repository": repository})
        if repository
        else (WORKSPACE_KIND, {"workspace": "acme"})
    )
    declared = {"secret": {**_SECRET, "plaintext": json.dumps(secret)}} if secret else {}
    inputs = {
        "__defaults": ["active", "skipCertVerification"],
        "active": hook.active,
        "description": hook.description,
        "events": list(hook.events),
        **place,
        **declared,
        "skipCertVerification": hook.skip_cert_verification,
        "url": hook.url,
    }
    computed = {
        "historyEnabled": False,
        "id": hook.uuid,
        "secretSet": hook.secret_set,
        "uuid": hook.uuid,
    }
    outputs = {name: value for name, value in inputs.items() if name != "__defaults"}
    return {
        "urn": _urn(kind, f"ci-{repository}" if repository else "audit"),
        "custom": True,
        "id": hook.uuid,
        "type": kind,
        "inputs": inputs,
        "outputs": outputs | computed,
        "parent": _urn(_ROOT, f"e2e-{STACK}"),
        "protect": True,
        "provider": provider,
        "additionalSecretOutputs": ["secret"],
    }


def _urn(kind: str, name: str) -> str:
    return f"urn:pulumi:{STACK}::e2e::{kind}::{name}"
