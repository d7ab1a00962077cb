"""Resource options: the account is inherited, and what can't be honoured is refused by name.

The engine hands a provider neither `ignore_changes` nor `import_`. It ignores a change by putting
the old input in the place of the new one, which can only serve where an input is all that matters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import pulumi

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.model.notes import note_failure
from bitbucket_hooks.model.resources import PACKAGE
from bitbucket_hooks.program.account import inherited_from

_SECRET_SOURCE: Final = ("secret_from", "secret_fingerprint")
_OF_FLEETS: Final = ("owner", "repositories", "adopt")
_OF_EXCLUSIVES: Final = ("owner", "workspace", "repositories", "hooks", "on_unmanaged")

_ADOPT: Final = "Take it out: a create adopts the live hooks with the same url and description."
_NO_FLEET: Final = (
    "Declare a Hook for each repository, which can ignore it; or leave the argument out, which "
    "leaves a description or a secret as it is."
)
_REPORT: Final = 'Take it out; on_unmanaged="report" lets unmanaged hooks be.'
_NO_SOURCE: Final = "Leave secret_from out: it is then not managed, and the hook keeps its secret."


def options(
    kind: str,
    name: str,
    opts: pulumi.ResourceOptions | None,
    secrets: Sequence[str],
) -> pulumi.ResourceOptions:
    """Give the options of a resource: the `Provider` of its parent, secret outputs, an alias.

    Raises pulumi.RunError for an option that this kind of resource can't honour.
    """
    of_the_plugin = pulumi.Alias(type_=f"{PACKAGE}:index:{kind}")  # it may have been its until now
    ours = pulumi.ResourceOptions(additional_secret_outputs=list(secrets), aliases=[of_the_plugin])
    merged = pulumi.ResourceOptions.merge(opts, ours)
    for what, remedy in _problems(kind, merged):
        error = ConfigError(f'{kind} "{name}": {what}', remedy)
        note_failure(error)
        raise pulumi.RunError(str(error))
    if merged.provider is None and not merged.providers:
        merged.provider = inherited_from(merged.parent)
    return merged


def _problems(kind: str, opts: pulumi.ResourceOptions) -> Iterable[tuple[str, str]]:
    """What is wrong with the options, each with its remedy."""
    ignored = opts.ignore_changes or ()
    if opts.import_ is not None:
        what = "import_: dynamic providers of Pulumi can't import"
        yield what, "Take it out." if kind.endswith("Exclusive") else _ADOPT
    if kind == "HookFleet" and (names := _listed(ignored, _OF_FLEETS, are_in=False)):
        yield f"ignore_changes: {names}: a fleet repairs each of its hooks as a whole", _NO_FLEET
    if kind.endswith("Exclusive") and (names := _listed(ignored, _OF_EXCLUSIVES, are_in=False)):
        yield f"ignore_changes: {names}: is no argument of this resource", _REPORT
    if kind.endswith("Hook") and (names := _listed(ignored, _SECRET_SOURCE, are_in=True)):
        what = f"ignore_changes: {names}: what secret_from finds is compared all the same"
        yield what, _NO_SOURCE


def _listed(ignored: Iterable[str], names: Collection[str], *, are_in: bool) -> str:
    """The ignored properties that are among these names, or that are not."""
    known = {*names, *map(camel, names)}
    return ", ".join(name for name in ignored if (name in known) is are_in)
