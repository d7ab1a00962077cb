"""Which hooks the state of stacks has, and how they were declared, from `pulumi stack export`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from bitbucket_hooks.inventory.live import Addresses, Live
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.resources import our_type
from bitbucket_hooks.model.subject import Subject, canonical_uuid
from bitbucket_hooks.model.webhook import Desired, differences
from bitbucket_hooks.pulumi_cli.run import SECRET, State
from bitbucket_hooks.pulumi_cli.values import mapping_of, stack_of, state_of

_KINDS: Final = ("Hook", "WorkspaceHook", "HookFleet")


@frozen
class HookInState:
    """One hook as a stack's state has it."""

    uuid: str
    subject: Subject
    project: str
    stack: str
    name: str
    """The resource's name in the program."""
    kind: str
    """`Hook`, `WorkspaceHook` or `HookFleet`."""
    values: Mapping[str, Any] = field(repr=False)
    """Its properties, with a word in place of each secret."""

    @property
    def hides_url(self) -> bool:
        """Whether the url was given as a secret."""
        return self.values.get("url") == SECRET

    def drift(self, live: Live, addresses: Addresses) -> dict[str, Any]:
        """The properties in which a live hook differs, each with its declared value.

        Urls are compared by their digests, and of a secret only whether there is one.
        """
        values = self.values
        desired = Desired.from_values(
            self.subject,
            values,
            url=live.address if self.hides_url else addresses.digest(str(values.get("url", ""))),
            events=values.get("events") or live.events,
            active=values.get("active", live.active),
            skip_cert_verification=bool(values.get("skipCertVerification")),
            secret=_secret(values),
        )
        hidden = {"url": None, "secret": bool(desired.secret)}
        names = differences(desired, live.observed())
        return {name: hidden.get(name, getattr(desired, name)) for name in names}


def _secret(values: Mapping[str, Any]) -> str | None:
    """Whether one is declared: a word for it, none at all (""), or not managed (None)."""
    if any(values.get(key) for key in ("secretFrom", "secretFingerprint", "secret")):
        return SECRET
    return "" if values.get("secret") == "" else None


def read(path: Path) -> list[HookInState]:
    """Read what `pulumi stack export` wrote. Raises ConfigError for anything else."""
    try:
        exported = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise _unusable(path, f"can't be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise _unusable(path, "is no JSON") from None
    if not isinstance(_resources(exported), list):
        raise _unusable(path, "has no deployment")
    return declared_in(exported)


def declared_in(exported: Any) -> list[HookInState]:
    """The hooks of a state as `pulumi stack export` prints it."""
    return [hook for value in _resources(exported) or () for hook in _hooks(mapping_of(value))]


def _resources(exported: Any) -> Any:
    deployment = mapping_of(mapping_of(exported).get("deployment"))
    return deployment.get("resources", [] if deployment else None)


def _hooks(value: Mapping[str, Any]) -> Iterator[HookInState]:
    kind = our_type(str(value.get("type")))
    state = state_of(value)
    if kind not in _KINDS or state is None or value.get("external") or value.get("delete"):
        return
    urn = str(value.get("urn"))
    project, stack = stack_of([urn])
    name = urn.split("::", 3)[-1]
    for subject, uuid in _copies(kind, state):
        try:
            canonical = canonical_uuid(uuid)
        except ValueError:
            continue  # one that isn't made yet
        yield HookInState(canonical, subject, project, stack, name, kind, state.inputs)


def _copies(kind: str, state: State) -> Iterator[tuple[Subject, str]]:
    inputs, outputs = state.inputs, state.outputs
    owner = str(inputs.get("workspace") or inputs.get("owner") or "")
    if kind == "HookFleet":
        for slug, uuid in mapping_of(outputs.get("hooks")).items():
            yield Subject(owner, slug), str(uuid)
    else:
        repository = inputs.get("repository")
        subject = Subject(owner, None if repository is None else str(repository))
        yield subject, str(outputs.get("uuid") or state.id)


def _unusable(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"--state {path}: the file {why}",
        f"Make it with `pulumi stack export --file {path}`; secrets stay encrypted in it.",
    )
