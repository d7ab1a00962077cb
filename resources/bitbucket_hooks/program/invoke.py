"""How a Pulumi program itself asks Bitbucket: which account speaks, and how its errors show."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import pulumi
from attrs import evolve

from bitbucket_hooks.api.client import Client
from bitbucket_hooks.connect import open_client
from bitbucket_hooks.model.credentials import Anonymous
from bitbucket_hooks.model.errors import ConfigError, HooksError
from bitbucket_hooks.model.notes import note_failure
from bitbucket_hooks.model.settings import (
    CREDENTIAL_KEYS,
    NAMESPACE,
    Layer,
    Settings,
    environment,
    layer,
    resolve,
)
from bitbucket_hooks.program.account import Provider, inherited_from

T = TypeVar("T")


def stack_config() -> Layer:
    """The account's keys in the stack config."""
    return layer("the stack config", pulumi.Config(NAMESPACE).get)


@functools.cache
def client_of(settings: Settings) -> Client:
    """The one client of an account in this program, so that all its questions share one pace."""
    return open_client(settings, pulumi.log.warn)


@contextmanager
def clean_errors() -> Iterator[None]:
    """Let the engine show an error of ours as it is, without a traceback."""
    try:
        yield
    except HooksError as error:
        note_failure(error)
        raise pulumi.RunError(str(error)) from None


def ask(name: str, opts: pulumi.InvokeOptions | None, question: Callable[[Client], T]) -> T:
    """Put a question that everybody may ask to the account that `opts` select, at once.

    Credentials of a `Provider` that are Outputs can't be waited for: then nobody's are sent. Raises
    pulumi.RunError, also for an address that is an Output.
    """
    with clean_errors():
        provider = _provider(opts)
        account = provider.account if provider else {}
        known = {key: value for key, value in account.items() if isinstance(value, str)}
        if "apiUrl" in account.keys() - known.keys():
            raise ConfigError(
                f"{name}: apiUrl of {_title(provider)} is an Output, which may not be known yet",
                f"Use {name}_output, which waits for it.",
            )
        if known == account:
            return question(client_of(_settings(provider, known)))
        others = {key: known[key] for key in known.keys() - set(CREDENTIAL_KEYS)}
        unsigned = evolve(_settings(provider, others), credentials=Anonymous())
        return question(client_of(unsigned))


def ask_later(
    opts: pulumi.InvokeOptions | None,
    inputs: Mapping[str, Any],
    question: Callable[..., Callable[[Client], T]],
) -> pulumi.Output[T]:
    """Put a question once its inputs and the account's are known, and what it depends on is there.

    `question` gets the inputs by name. The answer is secret when an input is; the account's
    credentials are not in it.
    """
    provider = _provider(opts)
    # a credential is secret, but the answer holds nothing of it
    account: pulumi.Output[Any] = pulumi.Output.unsecret(
        pulumi.Output.from_input(dict(provider.account) if provider else {})
    )
    waits: pulumi.Output[Any] = pulumi.Output.from_input(_dependencies(opts))

    def answer(ready: tuple[Mapping[str, Any], Mapping[str, str], Any]) -> T:
        given, known, _ = ready
        with clean_errors():
            return question(**given)(client_of(_settings(provider, known)))

    return pulumi.Output.all(dict(inputs), account, waits).apply(lambda ready: answer(tuple(ready)))


def _settings(provider: Provider | None, account: Mapping[str, str]) -> Settings:
    before = [layer(_title(provider), account.get)] if provider else []
    return resolve(*before, stack_config(), environment())


def _title(provider: Provider | None) -> str:
    return f"the Provider {provider.pulumi_resource_name!r}" if provider else "the stack config"


def _provider(opts: pulumi.InvokeOptions | None) -> Provider | None:
    if opts is None:
        return None
    if opts.provider is None:
        return inherited_from(opts.parent)
    if isinstance(opts.provider, Provider):
        return opts.provider
    raise pulumi.RunError(
        f"opts.provider is a {type(opts.provider).__name__}\nGive a Provider of bitbucket_hooks."
    )


def _dependencies(opts: pulumi.InvokeOptions | None) -> pulumi.Output[Any]:
    """Ids and urns that are known once the resources of `depends_on` are there."""
    named = getattr(opts, "depends_on", None)

    def there(resources: Any) -> Any:
        several = resources if isinstance(resources, (list, tuple)) else [resources]
        return [getattr(item, "id", None) or item.urn for item in several if item is not None]

    return pulumi.Output.from_input(named).apply(there)
