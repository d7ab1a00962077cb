"""Declarations and what the tests ask a sandbox about."""

from __future__ import annotations

from typing import Any

from bitbucket_hooks.sandbox.estate import Sandbox

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


def asked(sandbox: Sandbox) -> list[str]:
    """Give the requests since the log was cleared, short: `GET acme/web 200`."""
    return [
        f"{each.method} {_short(each.path)} {each.status or '-'}" for each in sandbox.requests()
    ]


def _short(path: str) -> str:
    path = path.removeprefix("/2.0/").removeprefix("repositories/")
    head, _, hook = path.partition("/hooks")
    return f"{head}{hook}" if "{" not in hook and "%7b" not in hook.lower() else f"{head}/UUID"
