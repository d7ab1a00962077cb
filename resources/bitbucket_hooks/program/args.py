"""What every kind of hook resource is made from: arguments, outputs, and their names in state."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

import pulumi
from attrs import AttrsInstance, asdict, define, field, fields
from pulumi.dynamic import Resource

from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.model.webhook import PROPERTIES
from bitbucket_hooks.program.listed import plain
from bitbucket_hooks.program.resource_options import options

_BESIDE: Final = ("secret_from", "secret_fingerprint", "secret_set", "created_at", "url_is_secret")
"""Names in state beside those of the model's properties."""
_WIRE_NAMES: Final[Mapping[str, str]] = {**PROPERTIES, **{name: camel(name) for name in _BESIDE}}
_PYTHON_NAMES: Final[Mapping[str, str]] = {wire: name for name, wire in _WIRE_NAMES.items()}

_COMPUTED: Final = ("uuid", "secret_set", "created_at")
FLEET_COMPUTED: Final = ("hooks", "created_at")
_SECRET: Final = ("secret", "secret_fingerprint")
_NEVER_OUTPUTS: Final = ("adopt", "secret_from")


@define(kw_only=True)
class CommonArgs:
    """The arguments that hooks of repositories and of workspaces share."""

    url: pulumi.Input[str] | None = None
    """The http(s) address of the receiver; it must resolve publicly (public API description)."""
    events: pulumi.Input[Collection[pulumi.Input[str]]] | None = None
    """Event keys, at least one, in any order; default `["repo:push"]`. See `get_hook_types`."""
    description: pulumi.Input[str] | None = None
    """The text that the web page shows as the title; not managed unless given."""
    active: pulumi.Input[bool] | None = None
    """Whether deliveries are made; default true. Bitbucket's own is not documented."""
    secret: pulumi.Input[str] | None = field(default=None, repr=False)
    """Signs deliveries; at most 128 characters (public API description).

    Not managed unless given; `""` says: none. Encrypted in the state.
    """
    secret_from: pulumi.Input[str] | None = None
    """Where the secret is read from, `env:NAME` or `file:PATH`, instead of `secret`.

    The state never has it, only an encrypted fingerprint. A relative path begins at the folder of
    `Pulumi.yaml`. That nothing is there is an error.
    """
    skip_cert_verification: pulumi.Input[bool] | None = None
    """Whether the receiver's TLS certificate goes unchecked; default false.

    Seen in the API, and missing from its public description.
    """
    history_enabled: pulumi.Input[bool] | None = None
    """Whether Bitbucket keeps a history of deliveries; not managed unless given.

    Seen in the API, and missing from its public description.
    """
    adopt: pulumi.Input[str] | None = None
    """Which existing hook a create adopts; default `bitbucket:adopt`, and that `match`.

    `match`: the one with the same url and, when declared, description; several are an error.
    `never`: none. A uuid: that one, and it is an error when it isn't there.
    """


COMMON: Final = tuple(one.name for one in fields(CommonArgs))


class DeclaredHook(Resource):
    """What all resources of hooks have in common: outputs, and the names that previews show."""

    url: pulumi.Output[str]
    """The http(s) address of the receiver."""
    events: pulumi.Output[Sequence[str]]
    """Event keys, sorted."""
    description: pulumi.Output[str | None]
    """The text that the web page shows as the title; None when it isn't managed."""
    active: pulumi.Output[bool]
    """Whether deliveries are made."""
    secret: pulumi.Output[str | None]
    """The declared secret, encrypted in state; None when it isn't managed."""
    skip_cert_verification: pulumi.Output[bool]
    """Whether the receiver's TLS certificate goes unchecked."""
    history_enabled: pulumi.Output[bool | None]
    """Whether Bitbucket keeps a history of deliveries; None when it isn't managed."""

    def translate_input_property(self, prop: str) -> str:
        """Give a property the name that state and previews show."""
        return _WIRE_NAMES.get(prop, prop)

    def translate_output_property(self, prop: str) -> str:
        """Give a property of the state its name in Python."""
        return _PYTHON_NAMES.get(prop, prop)


class HookResource(DeclaredHook):
    """A resource that is one hook."""

    uuid: pulumi.Output[str]
    """The hook's uuid in braces, also the resource's id."""
    secret_set: pulumi.Output[bool]
    """Whether Bitbucket holds a secret: all that it tells of one (public API description)."""
    created_at: pulumi.Output[str]
    """When the hook was made, ISO 8601."""


A = TypeVar("A", bound=AttrsInstance)


def arguments(
    kind: type[A],
    resource_name: str,
    args: A | pulumi.ResourceOptions | None,
    opts: pulumi.ResourceOptions | None,
    keywords: Mapping[str, Any],
    computed: Sequence[str] = _COMPUTED,
) -> tuple[dict[str, Any], pulumi.ResourceOptions]:
    """Bring both constructor forms of a hook into one; see `one_form` and `options`.

    `computed` are the outputs that only the service knows.
    """
    given, opts = one_form(kind, args, opts, keywords)
    opts = options(kind.__name__.removesuffix("Args"), resource_name, opts, _SECRET)
    return _props({**dict.fromkeys(computed), **given}), opts


def one_form(
    kind: type[A],
    args: A | pulumi.ResourceOptions | None,
    opts: pulumi.ResourceOptions | None,
    keywords: Mapping[str, Any],
) -> tuple[dict[str, Any], pulumi.ResourceOptions | None]:
    """Bring both constructor forms, an args object or keywords, into one.

    Raises TypeError when they are mixed.
    """
    if isinstance(args, pulumi.ResourceOptions):
        if opts is not None:
            raise TypeError("resource options are given twice; keep one")
        args, opts = None, args
    given = dict(keywords)
    if args is not None:
        if not isinstance(args, kind):
            raise TypeError(f"args must be {kind.__name__}, not {type(args).__name__}")
        if beside := [name for name, value in given.items() if value is not None]:
            raise TypeError(f"{', '.join(beside)} stand beside an args object; put them into it")
        given = asdict(args, recurse=False)
    return {name: plain(value) for name, value in given.items()}, opts


def _props(given: Mapping[str, Any]) -> dict[str, Any]:
    """The properties, those without a value too: only what is named here becomes an output.

    Each costs the SDK some tenth of a millisecond, so that what nobody reads is left out.
    """
    props = {k: v for k, v in given.items() if v is not None or k not in _NEVER_OUTPUTS}
    if props.get("secret") is not None:
        props["secret"] = pulumi.Output.secret(props["secret"])
    if "secret_from" in props:
        # the provider fills it in; a secret input makes the state keep it encrypted
        props["secret_fingerprint"] = pulumi.Output.secret("")
    return props
