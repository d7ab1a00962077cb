"""Where a stack's hook delivers to and what signs it: the files tell, or the engine opens it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any, Final

from attrs import field, frozen

from bitbucket_hooks.filesystem.secret_source import read_secret
from bitbucket_hooks.model.errors import ConfigError, HooksError, printable
from bitbucket_hooks.model.globs import is_glob
from bitbucket_hooks.model.rules import is_secret_source
from bitbucket_hooks.model.webhook import DEFAULT_EVENTS
from bitbucket_hooks.stack import files, offline
from bitbucket_hooks.stack.files import Hidden

WORKSPACE: Final = "acme"
REPOSITORY: Final = "web"
"""What a delivery tells of when nothing says better."""


@frozen
class DeliveryTarget:
    """A hook as far as a delivery needs it."""

    values: Mapping[str, Any] = field(repr=False)
    """As the stack's files have them."""
    stack: str
    opens: Callable[[], Mapping[str, Any]] = field(repr=False)
    """Asks the engine for the stack config with its secrets in the clear."""

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
        return next((slug for slug in named if not is_glob(slug)), REPOSITORY)

    @property
    def hides_url(self) -> bool:
        """Whether the whole url is a secret."""
        return isinstance(self.values["url"], Hidden)

    def url(self) -> str:
        """Where it delivers to. Raises ConfigError when that is encrypted and can't be opened."""
        return self._clear("url", "--url URL")

    def secret(self) -> str | None:
        """What signs its deliveries; None: nothing, or what isn't known here.

        Raises ConfigError when it can't be opened or read.
        """
        if "secretFrom" in self.values:
            remedy = "Provide it where this command runs, or give another place with --secret-from."
            return read_secret(self.values["secretFrom"], remedy=remedy)
        if "secret" not in self.values:
            return None
        return self._clear("secret", "--secret-from env:NAME or file:PATH") or None

    @property
    def manages_secret(self) -> bool:
        """Whether the declaration says what the secret is, or that there is none."""
        return not {"secret", "secretFrom"}.isdisjoint(self.values)

    def _clear(self, key: str, option: str) -> str:
        value: str = self.values[key]
        try:
            return self._opened[key] if isinstance(value, Hidden) else value
        except HooksError as failed:
            raise ConfigError(
                f'the {key} of hook "{self.values["name"]}" is encrypted in the stack '
                f"{self.stack}, and the engine doesn't open it: {failed.message}",
                f"{failed.remedy} Or give it with {option}.".lstrip(),
            ) from None

    @cached_property
    def _opened(self) -> Mapping[str, str]:
        name = self.values["name"]
        checked = offline.check(self.stack, self.opens())
        found = [draft.values for draft in checked.drafts if draft.values.get("name") == name]
        if checked.problems or not found:
            raise ConfigError("what it opens has mistakes", "`pulumi preview` names them.")
        return found[0]


def declared(
    name: str, stack: str | None, opens: Callable[[str], Mapping[str, Any]]
) -> DeliveryTarget:
    """Find a hook by its name; a stack may be given with its organisation. Raises ConfigError.

    Without a stack it is that of the engine's variable PULUMI_STACK, else the only one.

    `opens` gives a stack config with its secrets; it is asked where one is needed.
    """
    asked = stack or os.environ.get("PULUMI_STACK")
    if not asked:
        stacks = files.stacks()
        if len(stacks) != 1:
            raise ConfigError(
                f"the hook's stack isn't named, and there are {len(stacks)}",
                f"Name one of: {', '.join(stacks)}." if stacks else files.MAKE_STACK,
            )
        asked = stacks[0]
    stack = asked.rpartition("/")[2]
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
    return DeliveryTarget(found[name], stack, partial(opens, asked))


def secret_of(source: str) -> str:
    """Read the secret that the option `--secret-from` names. Raises ConfigError."""
    if not is_secret_source(source):
        raise ConfigError(
            "--secret-from names no place of a secret",
            "Give env:NAME or file:PATH: where the secret is, never the secret itself.",
        )
    return read_secret(source, "--secret-from", "Provide it where this command runs.")
