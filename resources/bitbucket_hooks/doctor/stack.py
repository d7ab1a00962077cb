"""Whether a stack config is in order: by its files, and by what its workspaces have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bitbucket_hooks.doctor.findings import Finding, error, first, note, ok, warning
from bitbucket_hooks.errors import ConfigError, printable
from bitbucket_hooks.reconcile.secrets import read_secret
from bitbucket_hooks.settings import SECRET_KEYS
from bitbucket_hooks.stack.entries import Draft, Hidden
from bitbucket_hooks.stack.offline import Checked
from bitbucket_hooks.wording import counted

_SECRETS: Final = {*SECRET_KEYS, "secret"}


def offline(checked: Checked) -> Iterator[Finding]:
    """What `bitbucket-hooks check` says, in short."""
    if checked.problems:
        count = len(checked.problems)
        yield error(
            "config",
            f"{count:,} mistake{'s' * (count > 1)}",
            f"Correct them; `bitbucket-hooks check {printable(checked.stack, 60)}` names them all.",
            *first(checked.problems),
        )
    else:
        count = len(checked.drafts)
        yield ok("config", f"{count:,} hook{'s' * (count != 1)} declared, no mistakes")
    if checked.warnings:
        yield warning(
            "config",
            "events that may not exist",
            "Correct them, or see with `bitbucket-hooks events` that Bitbucket has them.",
            *first(checked.warnings),
        )


def online(plan: Callable[[], object], warned: Sequence[str]) -> Iterator[Finding]:
    """Whether the repositories, projects and events that the hooks name are there."""
    try:
        plan()
    except ConfigError as failed:
        problems = str(failed).splitlines()
        yield error(
            "repositories",
            "what the hooks name isn't all there",
            "Correct the stack config as it says.",
            *first(problems),
        )
        return
    yield ok("repositories", "everything that the hooks name is there")
    if warned:
        yield warning(
            "repositories",
            "perhaps not all as meant",
            "Correct what it says, unless it is meant.",
            *first(warned),
        )


def sources(drafts: Iterable[Draft]) -> Iterator[Finding]:
    """Whether the secrets that live outside the stack are there."""
    places: dict[str, list[str]] = {}
    for one in drafts:
        if isinstance(one.values.get("secretFrom"), str):
            places.setdefault(one.values["secretFrom"], []).append(str(one.values.get("name")))
    for place, names in places.items():
        try:
            read_secret(place)
        except ConfigError as failed:
            yield error("secretFrom", f"{failed.message} ({', '.join(names)})", failed.remedy)
        else:
            yield ok("secretFrom", f"{place} is there ({', '.join(names)})")


def in_the_clear(given: Mapping[str, Any]) -> Iterator[Finding]:
    """Credentials and secrets that the files hold unencrypted; only their places are told."""
    found = [path for key, value in given.items() for path in _clear(key, value)]
    if found:
        yield warning(
            "security",
            f"{counted(len(found), 'secret')} in the clear: who reads the files has them",
            "Make new ones, and set them with `pulumi config set --secret --path 'KEY'`; or take "
            "those of hooks from elsewhere with secretFrom, and credentials from the environment.",
            *first(found),
        )


def _clear(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _clear(f"{path}.{name}", one)
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from _clear(f"{path}[{i}]", one)
    elif value and not isinstance(value, Hidden) and re.split(r"[.:]", path)[-1] in _SECRETS:
        yield printable(path)


def insecure(drafts: Iterable[Draft]) -> Iterator[Finding]:
    """Declarations that policies frown upon."""
    values = [one.values for one in drafts]
    plain = [one["name"] for one in values if str(one.get("url")).lower().startswith("http:")]
    blind = [one["name"] for one in values if one.get("skipCertVerification")]
    unsigned = [one["name"] for one in values if not (one.get("secret") or one.get("secretFrom"))]
    for names, what, remedy in (
        (plain, "http without TLS: deliveries can be read on the way", "Use https."),
        (blind, "the receiver's certificate isn't checked", "Give the receiver a valid one."),
        (
            unsigned,
            "no secret is declared: receivers can't tell deliveries from forged ones",
            "Give each a secret, or secretFrom.",
        ),
    ):
        if names:
            yield note("security", f"{what} ({', '.join(map(str, names))})", remedy)
