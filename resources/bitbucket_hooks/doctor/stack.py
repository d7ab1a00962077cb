"""Whether a stack config is in order: by its files, and by what its workspaces have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bitbucket_hooks.doctor.findings import Finding, error, first, note, ok, warning
from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.secret_source import read_secret
from bitbucket_hooks.model.settings import SECRET_KEYS
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.stack.entries import Draft, Hidden
from bitbucket_hooks.stack.offline import NO_HOOKS, Checked

_UNSIGNED: Final = "receivers can't tell deliveries from forged ones"
_SIGN: Final = "Give each a secret, or secretFrom."
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
    elif checked.drafts:
        yield ok("config", f"{counted(len(checked.drafts), 'hook')} declared, no mistakes")
    else:
        yield ok("config", f"no mistakes; {NO_HOOKS}")
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
    for draft in drafts:
        if isinstance(draft.values.get("secretFrom"), str):
            places.setdefault(draft.values["secretFrom"], []).append(str(draft.values.get("name")))
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
        for name, item in value.items():
            yield from _clear(f"{path}.{name}", item)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _clear(f"{path}[{i}]", item)
    elif value and not isinstance(value, Hidden) and re.split(r"[.:]", path)[-1] in _SECRETS:
        yield printable(path)


def insecure(drafts: Iterable[Draft], live_secrets: Mapping[str, bool]) -> Iterator[Finding]:
    """Declarations that policies frown upon.

    `live_secrets` tells of some that declare no secret whether the live hooks have one.
    """
    values = [draft.values for draft in drafts]
    plain = [entry["name"] for entry in values if str(entry.get("url")).lower().startswith("http:")]
    blind = [entry["name"] for entry in values if entry.get("skipCertVerification")]
    bare = [entry for entry in values if not (entry.get("secret") or entry.get("secretFrom"))]
    removed = {entry["name"]: False for entry in bare if "secret" in entry}
    none, kept, unknown = (
        [
            entry["name"]
            for entry in bare
            if {**live_secrets, **removed}.get(entry["name"]) is has_secret
        ]
        for has_secret in (False, True, None)
    )
    for names, what, remedy in (
        (plain, "http without TLS: deliveries can be read on the way", "Use https."),
        (blind, "the receiver's certificate isn't checked", "Give the receiver a valid one."),
        (none, f"no secret is declared: {_UNSIGNED}", _SIGN),
        (
            unknown,
            f"no secret is declared: unless the live hooks have one, {_UNSIGNED}",
            _SIGN,
        ),
        (
            kept,
            "no secret is declared, and the live hooks keep the one they have",
            "Give each that secret, or secretFrom, so that its loss is seen and repaired.",
        ),
    ):
        if names:
            yield note("security", f"{what} ({', '.join(map(str, names))})", remedy)
