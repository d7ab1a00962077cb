"""The checks of a stack config that its files and their secrets allow."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bitbucket_hooks.doctor.findings import Checks, Finding, error, first, note, ok, warning
from bitbucket_hooks.doctor.planned import PlannedHooks
from bitbucket_hooks.filesystem.secret_source import read_secret
from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.rules import leaves
from bitbucket_hooks.model.settings import SECRET_KEYS
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.stack.files import Hidden
from bitbucket_hooks.stack.offline import NO_HOOKS, Checked

_UNSIGNED: Final = "receivers can't tell deliveries from forged ones"
_SIGN: Final = "Give each a secret, or secretFrom."
_PLAIN: Final = ("http without TLS: deliveries can be read on the way", "Use https.")
_UNCHECKED: Final = ("the receiver's certificate isn't checked", "Give the receiver a valid one.")
_NO_SECRET: Final = {
    False: (f"no secret is declared: {_UNSIGNED}", _SIGN),
    None: (f"no secret is declared: unless the live hooks have one, {_UNSIGNED}", _SIGN),
    True: (
        "no secret is declared, and the live hooks keep the one they have",
        "Give each that secret, or secretFrom, so that its loss is seen and repaired.",
    ),
}
"""By whether the live hooks have one; None: not known."""
_INSECURE: Final = (_PLAIN, _UNCHECKED, *_NO_SECRET.values())
_SECRETS: Final = {*SECRET_KEYS, "secret"}


def files(_: PlannedHooks, checked: Checked) -> Iterator[Finding]:
    """What `bitbucket-hooks check` says, in short."""
    if checked.problems:
        yield error(
            "config",
            counted(len(checked.problems), "mistake"),
            f"Correct them; `bitbucket-hooks check {printable(checked.stack, 60)}` names them all.",
            first(checked.problems),
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
            first(checked.warnings),
        )


def sources(_: PlannedHooks, checked: Checked) -> Iterator[Finding]:
    """Whether the secrets that live outside the stack are there."""
    hooks: dict[str, list[str]] = defaultdict(list)
    for draft in checked.drafts:
        if isinstance(source := draft.values.get("secretFrom"), str):
            hooks[source].append(str(draft.values.get("name")))
    for source, names in hooks.items():
        try:
            read_secret(source)
        except ConfigError as failed:
            yield error("secretFrom", f"{failed.message} ({', '.join(names)})", failed.remedy)
        else:
            yield ok("secretFrom", f"{source} is there ({', '.join(names)})")


def security(hooks: PlannedHooks, checked: Checked) -> Iterator[Finding]:
    """Secrets in the files, of which only the places are shown; what policies may forbid."""
    configuration = hooks.configuration
    settings = [account.settings for account in configuration.accounts]
    # the secrets of test servers everybody knows
    is_test = all(known is not None and known.allows_private_urls for known in settings)
    if found := [] if is_test else list(_clear(configuration.given)):
        yield warning(
            "security",
            f"{counted(len(found), 'secret')} in the clear: who reads the files has them",
            "Make new ones, and set them with `pulumi config set --secret --path 'KEY'`; or take "
            "those of hooks from elsewhere with secretFrom, and credentials from the environment.",
            first(found),
        )
    if not checked.problems:
        for (what, remedy), names in _insecure(checked, hooks.live_secrets()).items():
            if names:
                yield note("security", f"{what} ({', '.join(names)})", remedy)


def _clear(given: Mapping[str, Any]) -> Iterator[str]:
    """The paths of secrets that anybody can read."""
    for path, value in leaves(given):
        if value and not isinstance(value, Hidden) and re.split(r"[.:]", path)[-1] in _SECRETS:
            yield printable(path.removeprefix("."))


def _insecure(
    checked: Checked, live_secrets: Mapping[str, bool]
) -> dict[tuple[str, str], list[str]]:
    """The names of hooks by what is insecure of them."""
    found: dict[tuple[str, str], list[str]] = {reason: [] for reason in _INSECURE}
    for values in (draft.values for draft in checked.drafts):
        name = str(values["name"])
        if str(values.get("url")).lower().startswith("http:"):
            found[_PLAIN].append(name)
        if values.get("skipCertVerification"):
            found[_UNCHECKED].append(name)
        if not (values.get("secret") or values.get("secretFrom")):
            has_secret = False if "secret" in values else live_secrets.get(name)
            found[_NO_SECRET[has_secret]].append(name)
    return found


CHECKS: Final[Checks] = {
    "config": files,
    "secretFrom": sources,
    "repositories": PlannedHooks.repositories,
    "security": security,
}
