"""Where a stack's hook delivers to and what signs it, told by the stack's files alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

from bitbucket_hooks.errors import ConfigError, printable
from bitbucket_hooks.model.globs import is_glob
from bitbucket_hooks.model.rules import is_secret_source
from bitbucket_hooks.model.webhook import DEFAULT_EVENTS
from bitbucket_hooks.reconcile.secrets import read_secret
from bitbucket_hooks.stack import files, offline
from bitbucket_hooks.stack.entries import Hidden

WORKSPACE: Final = "acme"
REPOSITORY: Final = "web"
"""What a delivery tells of when nothing says better."""


@frozen
class Declared:
    """A hook as far as a delivery needs it."""

    values: Mapping[str, Any] = field(repr=False)
    stack: str

    @property
    def events(self) -> tuple[str, ...]:
        """What it listens to."""
        return tuple(self.values.get("events", DEFAULT_EVENTS))

    @property
    def skips_verification(self) -> bool:
        """Whether Bitbucket delivers there whatever the certificate."""
        return bool(self.values.get("skipCertVerification"))

    @property
    def workspace(self) -> str:
        """Its workspace."""
        return str(self.values["owner"])

    @property
    def repository(self) -> str:
        """One of its repositories, if it names any."""
        named = self.values.get("repositories", ())
        return next((one for one in named if not is_glob(one)), REPOSITORY)

    def url(self) -> str:
        """Where it delivers to. Raises ConfigError when that is encrypted."""
        url: str = self.values["url"]
        if isinstance(url, Hidden):
            raise self._encrypted("url", "--url URL")
        return url

    def secret(self) -> str | None:
        """What signs its deliveries; None: nothing, or what isn't known here.

        Raises ConfigError when it is encrypted or can't be read.
        """
        if "secretFrom" in self.values:
            remedy = "Provide it where this command runs, or give another place with --secret-from."
            return read_secret(self.values["secretFrom"], remedy=remedy)
        secret = self.values.get("secret")
        if isinstance(secret, Hidden):
            raise self._encrypted("secret", "--secret-from env:NAME or file:PATH")
        return secret or None

    @property
    def manages_secret(self) -> bool:
        """Whether the declaration says what the secret is, or that there is none."""
        return not {"secret", "secretFrom"}.isdisjoint(self.values)

    def _encrypted(self, key: str, option: str) -> ConfigError:
        return ConfigError(
            f'the {key} of hook "{self.values["name"]}" is encrypted in the stack {self.stack}, '
            "and only the engine can decrypt it",
            f"Give it with {option}.",
        )


def declared(name: str, stack: str | None) -> Declared:
    """Find a hook by its name; a stack may be given with its organisation. Raises ConfigError."""
    stack = stack.rpartition("/")[2] if stack else _only_stack()
    checked = offline.check(stack)
    if checked.problems:
        raise ConfigError(
            f"the stack config of {printable(stack)} has mistakes",
            f"Correct them; `bitbucket-hooks check {printable(stack)}` names them all.",
        )
    found = {str(draft.values["name"]): draft.values for draft in checked.drafts}
    if name not in found:
        raise ConfigError(
            f'the stack {printable(stack)} has no hook "{printable(name, 60)}"',
            f"Name one of: {', '.join(found)}." if found else "Declare it there first.",
        )
    return Declared(found[name], printable(stack))


def secret_of(source: str) -> str:
    """Read the secret that the option `--secret-from` names. Raises ConfigError."""
    if not is_secret_source(source):
        raise ConfigError(
            "--secret-from names no place of a secret",
            "Give env:NAME or file:PATH: where the secret is, never the secret itself.",
        )
    return read_secret(source, "--secret-from", "Provide it where this command runs.")


def _only_stack() -> str:
    stacks = files.stacks()
    if len(stacks) != 1:
        raise ConfigError(
            f"the hook's stack isn't named, and there are {len(stacks)}",
            f"Give --stack with one of: {', '.join(stacks)}." if stacks else files.MAKE_STACK,
        )
    return stacks[0]
