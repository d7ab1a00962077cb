"""`Provider`: a second account beside the one of the stack config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from attrs import asdict, define

from bitbucket_hooks.settings import (
    ACCOUNT_KEY,
    CREDENTIAL_KEYS,
    KEYS,
    NAMESPACE,
    OTHER_KEYS,
    SECRET_KEYS,
)

_WIRE_NAMES = {
    "username": "username",
    "password": "password",
    "oauth_token": "oauthToken",
    "oauth_client_id": "oauthClientId",
    "oauth_client_secret": "oauthClientSecret",
    "api_url": "apiUrl",
}


@define(kw_only=True)
class ProviderArgs:
    """The arguments of a `Provider`: one kind of credentials, and where the API is."""

    username: pulumi.Input[str] | None = None
    """The Atlassian account's email, with `password`."""
    password: pulumi.Input[str] | None = None
    """An API token of that account."""
    oauth_token: pulumi.Input[str] | None = None
    """A repository, project or workspace access token."""
    oauth_client_id: pulumi.Input[str] | None = None
    """An OAuth consumer's key, with `oauth_client_secret`."""
    oauth_client_secret: pulumi.Input[str] | None = None
    """The consumer's secret."""
    api_url: pulumi.Input[str] | None = None
    """As `bitbucket:apiUrl`."""


class Provider(pulumi.ProviderResource):
    """An account of its own for the resources that name it: `ResourceOptions(provider=…)`.

    What it leaves out comes from the stack config and the environment; credentials are taken from
    one place as a whole.
    """

    def __init__(
        self,
        resource_name: str,
        args: ProviderArgs | pulumi.ResourceOptions | None = None,
        opts: pulumi.ResourceOptions | None = None,
        *,
        api_url: pulumi.Input[str] | None = None,
        oauth_client_id: pulumi.Input[str] | None = None,
        oauth_client_secret: pulumi.Input[str] | None = None,
        oauth_token: pulumi.Input[str] | None = None,
        password: pulumi.Input[str] | None = None,
        username: pulumi.Input[str] | None = None,
    ) -> None:
        """Declare the account; see `ProviderArgs` for the arguments."""
        if isinstance(args, pulumi.ResourceOptions):
            args, opts = None, args
        given = args or ProviderArgs(
            api_url=api_url,
            oauth_client_id=oauth_client_id,
            oauth_client_secret=oauth_client_secret,
            oauth_token=oauth_token,
            password=password,
            username=username,
        )
        props = {**_props(given), f"{NAMESPACE}:{ACCOUNT_KEY}": resource_name}
        super().__init__("pulumi-python", resource_name, props, opts)


def _props(given: ProviderArgs) -> dict[str, Any]:
    """The whole configuration of the account: its process sees nothing of the stack config."""
    named = {_WIRE_NAMES[name]: value for name, value in asdict(given, recurse=False).items()}
    values = {key: value for key, value in named.items() if value is not None}
    config = pulumi.Config(NAMESPACE)
    inherited = OTHER_KEYS if values.keys() & set(CREDENTIAL_KEYS) else KEYS
    for key in inherited:
        if key not in values and (value := config.get(key)) is not None:
            values[key] = value
    for key in values.keys() & set(SECRET_KEYS):
        values[key] = pulumi.Output.secret(values[key])
    # a bare key would be looked up under the project's name
    return {f"{NAMESPACE}:{key}": value for key, value in values.items()}


def provider_for(resource_name: str, values: Mapping[str, str]) -> Provider:
    """Make the `Provider` of an account whose values go by the names of the config keys."""
    given = {name: values[key] for name, key in _WIRE_NAMES.items() if key in values}
    return Provider(resource_name, ProviderArgs(**given))
