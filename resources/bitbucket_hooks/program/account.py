"""`Provider`: a second account beside the one of the stack config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from attrs import asdict, define, field

from bitbucket_hooks.model.settings import (
    ACCOUNT_KEY,
    CREDENTIAL_KEYS,
    KEYS,
    NAMESPACE,
    OTHER_KEYS,
    REFRESH_BUDGET,
    SECRET_KEYS,
)

_PACKAGE = "pulumi-python"  # of all dynamic providers

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
    password: pulumi.Input[str] | None = field(default=None, repr=False)
    """An API token of that account."""
    oauth_token: pulumi.Input[str] | None = field(default=None, repr=False)
    """A repository, project or workspace access token."""
    oauth_client_id: pulumi.Input[str] | None = None
    """An OAuth consumer's key, with `oauth_client_secret`."""
    oauth_client_secret: pulumi.Input[str] | None = field(default=None, repr=False)
    """The consumer's secret."""
    api_url: pulumi.Input[str] | None = None
    """As `bitbucket:apiUrl`."""


# a bare key would be looked up under the project's name
_KEYS = {name: f"{NAMESPACE}:{wire}" for name, wire in _WIRE_NAMES.items()}
_NAMES = {key: name for name, key in _KEYS.items()}


class Provider(pulumi.ProviderResource):
    """An account of its own for the resources that name it: `ResourceOptions(provider=…)`.

    What it leaves out comes from the stack config and the environment; credentials are taken from
    one place as a whole. As outputs it has what it was given and what the stack config adds; what
    only the environment has is no output, so that no state gets it.

    Two kinds of credentials at once, or half of a pair, are reported by the engine.
    """

    username: pulumi.Output[str | None]
    """The Atlassian account's email."""
    password: pulumi.Output[str | None]
    """Its API token, a secret."""
    oauth_token: pulumi.Output[str | None]
    """The access token, a secret."""
    oauth_client_id: pulumi.Output[str | None]
    """The OAuth consumer's key."""
    oauth_client_secret: pulumi.Output[str | None]
    """The consumer's secret, a secret."""
    api_url: pulumi.Output[str | None]
    """As `bitbucket:apiUrl`."""
    account: Mapping[str, pulumi.Input[str]]
    """Not for users: the configuration by key, for what the program itself asks."""

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
        account = _account(given)
        props = {**_props(account), f"{NAMESPACE}:{ACCOUNT_KEY}": resource_name}
        super().__init__(_PACKAGE, resource_name, props, opts)
        self.account = account

    def translate_input_property(self, prop: str) -> str:
        """Give a property the name that the state and the provider's process know."""
        return _KEYS.get(prop, prop)

    def translate_output_property(self, prop: str) -> str:
        """Give a property of the state its name in Python."""
        return _NAMES.get(prop, prop)


def inherited_from(parent: pulumi.Resource | None) -> Provider | None:
    """The account that a parent hands on to what is below it, None without one.

    The SDK looks for it under the name of the dynamic providers' package; programs for
    `pulumi_bitbucket` write `providers={"bitbucket": …}`, and must not get another account.
    """
    if parent is None:
        return None
    found = (parent.get_provider(f"{name}:index:Hook") for name in (NAMESPACE, _PACKAGE))
    return next((one for one in found if isinstance(one, Provider)), None)


def _account(given: ProviderArgs) -> dict[str, pulumi.Input[str]]:
    """The whole configuration of the account: its process sees nothing of the stack config."""
    named = {_WIRE_NAMES[name]: value for name, value in asdict(given, recurse=False).items()}
    values = {key: value for key, value in named.items() if value is not None}
    config = pulumi.Config(NAMESPACE)
    inherited = OTHER_KEYS if values.keys() & set(CREDENTIAL_KEYS) else KEYS
    for key in (*inherited, REFRESH_BUDGET):
        if key not in values and (value := config.get(key)) is not None:
            values[key] = value
    return values


def _props(account: Mapping[str, pulumi.Input[str]]) -> dict[str, Any]:
    """The same as properties, with those that have no value: only what is here is an output."""
    secrets = {key: pulumi.Output.secret(account[key]) for key in SECRET_KEYS if key in account}
    keyed = {f"{NAMESPACE}:{key}": value for key, value in {**account, **secrets}.items()}
    return {**dict.fromkeys(_KEYS), **{_NAMES.get(key, key): v for key, v in keyed.items()}}


def provider_for(resource_name: str, values: Mapping[str, str]) -> Provider:
    """Make the `Provider` of an account whose values go by the names of the config keys."""
    given = {name: values[key] for name, key in _WIRE_NAMES.items() if key in values}
    return Provider(resource_name, ProviderArgs(**given))
