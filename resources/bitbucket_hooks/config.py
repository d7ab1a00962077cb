"""The account's configuration as attributes: `bitbucket_hooks.config.username`.

Each is the stack config's value, else the environment variable's, else None. Secrets come as plain
text; to hand one on, ask `pulumi.Config("bitbucket").get_secret(…)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi

from bitbucket_hooks.model.settings import NAMESPACE, environment

if TYPE_CHECKING:
    api_url: str | None
    oauth_client_id: str | None
    oauth_client_secret: str | None
    oauth_token: str | None
    password: str | None
    username: str | None
    workspace: str | None

_KEYS: Final = {
    "api_url": "apiUrl",
    "oauth_client_id": "oauthClientId",
    "oauth_client_secret": "oauthClientSecret",
    "oauth_token": "oauthToken",
    "password": "password",
    "username": "username",
    "workspace": "workspace",
}


def __getattr__(name: str) -> str | None:
    if name not in _KEYS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    key = _KEYS[name]
    return pulumi.Config(NAMESPACE).get(key) or environment().values.get(key)
