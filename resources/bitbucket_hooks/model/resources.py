"""The table of resource types: what each hangs on, takes and gives.

Constructors, docs and the plugin's schema are made from it, as from the table of a hook's
properties.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import NOTHING, evolve, frozen

from bitbucket_hooks.model import rules
from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.model.webhook import ARGUMENTS, PROPERTIES, Property

PACKAGE: Final = "bitbucket-hooks"
"""Of the plugin, for programs in every language."""
DYNAMIC: Final = "pulumi-python:dynamic/bitbucket:"
PLUGIN: Final = f"{PACKAGE}:index:"
"""What the type tokens of our resources begin with, in programs of Python and with the plugin."""


def our_type(type_token: str) -> str:
    """Which of the types below a type token names; empty for a resource of others."""
    for prefix in (DYNAMIC, PLUGIN):
        if type_token.startswith(prefix):
            return type_token.removeprefix(prefix)
    return ""


@frozen(kw_only=True)
class Output:
    """A property of a resource as it is known afterwards."""

    name: str
    """In Python."""
    kind: type = str
    """`str`, `bool`, `int`, `tuple` for a list of texts, or `dict` for texts by text."""
    doc: str
    """What it is, in one sentence."""
    absent: str = ""
    """When it has no value, in words; else it always has one."""
    secret: bool = False
    """Whether its value is shown nowhere."""

    @property
    def key(self) -> str:
        """Its name in state."""
        return camel(self.name)

    def summary(self, nothing: str) -> str:
        """What it is, and when it has no value, which a language calls `nothing`."""
        return (
            f"{self.doc.removesuffix('.')}; {nothing} {self.absent}." if self.absent else self.doc
        )


@frozen(kw_only=True)
class ResourceType:
    """A kind of resource."""

    subject: tuple[Property, ...]
    """The arguments that say what it hangs on."""
    options: Mapping[str, Property]
    """What else it takes."""
    echoed: tuple[Output, ...]
    """The outputs that say what it hangs on."""
    declared: tuple[Output, ...]
    """The outputs that say how it was declared."""
    computed: tuple[Output, ...]
    """The outputs that are known afterwards only."""
    replaced_for: tuple[str, ...] = ()
    """Arguments with another value of which it is always another resource."""

    @property
    def arguments(self) -> Iterator[Property]:
        """Everything that it takes."""
        yield from self.subject
        yield from self.options.values()

    @property
    def outputs(self) -> Iterator[Output]:
        """Everything that it gives."""
        yield from (*self.echoed, *self.declared, *self.computed)


def _echo(argument: Property, kind: type | None = None, doc: str = "") -> Output:
    """An argument as an output, which may have another form."""
    return Output(
        name=argument.name,
        kind=kind or argument.kind,
        doc=doc or argument.doc,
        absent="when it isn't managed" if argument.managed_when_given else "",
        secret=argument.secret,
    )


_OWNER: Final = Property(
    name="owner", rule=rules.slug, fallback="`bitbucket:workspace`", doc="The workspace's slug."
)
_WORKSPACE: Final = evolve(_OWNER, name="workspace")
_REPOSITORY: Final = Property(
    name="repository", rule=rules.slug, default=NOTHING, doc="The repository's slug."
)
_REPOSITORIES: Final = Property(
    name="repositories",
    kind=tuple,
    rule=rules.slugs,
    default=NOTHING,
    doc="The repositories' slugs, in any order.",
)

_DECLARED_HOOK: Final = tuple(_echo(known) for known in PROPERTIES.values())
_LIVE_HOOK: Final = (
    Output(name="uuid", doc="The hook's uuid in braces, also the resource's id."),
    Output(
        name="secret_set",
        kind=bool,
        doc="Whether Bitbucket holds a secret: all that it tells of one (public API description).",
    ),
    Output(name="created_at", doc="When the hook was made, ISO 8601."),
)
_LIVE_COPIES: Final = (
    Output(name="hooks", kind=dict, doc="The hooks' uuids in braces, by repository."),
    Output(
        name="created_at",
        doc="When the newest of the hooks was made, ISO 8601.",
        absent="while there is none",
    ),
)

_HOOKS: Final = Property(
    name="hooks",
    kind=tuple,
    rule=rules.uuids,
    doc="The hooks that may be there: ids of hooks, and the output `hooks` of fleets.",
)
_ON_UNMANAGED: Final = Property(
    name="on_unmanaged",
    rule=rules.on_unmanaged,
    default=rules.REPORT,
    fallback="`report`",
    doc="What becomes of others: `report`, a warning, or `delete`.",
    note="To delete more than 30 % and at least 5 of all hooks in one step is refused, unless it "
    "is forced with `BITBUCKET_HOOKS_FORCE=1`. Hooks of installed apps are left alone.",
)
_EXCLUSIVE: Final = {"hooks": _HOOKS, "on_unmanaged": _ON_UNMANAGED}
_DECLARED_EXCLUSIVE: Final = (
    _echo(_HOOKS, doc="The uuids of the hooks that may be there, sorted."),
    _echo(_ON_UNMANAGED),
)
_FOUND: Final = (
    Output(
        name="unmanaged",
        kind=dict,
        doc="The others by uuid, each with where it hangs, its description and its url.",
    ),
    Output(name="existing", kind=int, doc="How many hooks there are, these and the others."),
)

RESOURCES: Final[Mapping[str, ResourceType]] = {
    "Hook": ResourceType(
        subject=(_OWNER, _REPOSITORY),
        options=ARGUMENTS,
        echoed=(_echo(_OWNER), _echo(_REPOSITORY)),
        declared=_DECLARED_HOOK,
        computed=_LIVE_HOOK,
    ),
    "WorkspaceHook": ResourceType(
        subject=(_WORKSPACE,),
        options=ARGUMENTS,
        echoed=(_echo(_WORKSPACE),),
        declared=_DECLARED_HOOK,
        computed=_LIVE_HOOK,
    ),
    "HookFleet": ResourceType(
        subject=(_OWNER, _REPOSITORIES),
        options=ARGUMENTS,
        echoed=(
            _echo(_OWNER),
            _echo(
                _REPOSITORIES,
                dict,
                "The repositories' slugs, each with how its hook stands: `as declared`, or what "
                "differs.",
            ),
        ),
        declared=_DECLARED_HOOK,
        computed=_LIVE_COPIES,
    ),
    "RepositoryHooksExclusive": ResourceType(
        subject=(_OWNER, _REPOSITORIES),
        options=_EXCLUSIVE,
        echoed=(_echo(_OWNER), _echo(_REPOSITORIES, doc="The repositories' slugs, sorted.")),
        declared=_DECLARED_EXCLUSIVE,
        computed=_FOUND,
        replaced_for=("owner",),
    ),
    "WorkspaceHooksExclusive": ResourceType(
        subject=(_WORKSPACE,),
        options=_EXCLUSIVE,
        echoed=(_echo(_WORKSPACE),),
        declared=_DECLARED_EXCLUSIVE,
        computed=_FOUND,
        replaced_for=("workspace",),
    ),
}
"""Every resource type, by its name."""
