"""Why the engine stops before its work begins: by its words, the cause and the remedy."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

from attrs import frozen

from bitbucket_hooks.model.errors import ConfigError, HooksError, RemoteError, printable
from bitbucket_hooks.model.urls import veiled
from bitbucket_hooks.stack import files

SEE_DOCTOR: Final = "Run `bitbucket-hooks doctor`: it tells what stands in the way."
"""The remedy where the engine's words are not known."""

_LAST_LINES: Final = 3
_MOST: Final = 500  # characters of the engine's words
# what a backend of one's own says, and Pulumi Cloud
_LOCKED: Final = re.compile(r"is currently locked by|Another update is currently in progress")
_HOLDER: Final = re.compile(r"created by (\S+) \(pid (\d+)\) at (\S+)")

_UNLOCK: Final = (
    "Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, to what the stack was made "
    "with."
)
_BY_BACKEND: Final = r"unable to open|performing HTTP request|operation error|blob \(key"
_CHECK_BACKEND: Final = "Check PULUMI_BACKEND_URL, and its credentials in the environment."


class StackLocked(RemoteError):
    """Another run holds the stack: nothing is wrong here, and later it works."""


@frozen
class _Cause:
    """What the engine's words mean: an expression, whose groups `{…}` in the texts stand for."""

    words: str
    text: str
    remedy: str
    error: type[HooksError] = ConfigError
    names: bool = False
    """Whether the remedy also tells which stacks there are."""


# As Pulumi 3.250 says it, seen with the real one; what Pulumi Cloud says of tokens is unverified.
# The first that fits counts.
_CAUSES: Final = (
    _Cause("incorrect passphrase", "incorrect passphrase for the stack's secrets", _UNLOCK),
    _Cause("passphrase must be set", "the stack's secrets need a passphrase", _UNLOCK),
    _Cause(
        "unable to read PULUMI_CONFIG_PASSPHRASE_FILE: open (?P<file>.+): (?P<why>.+)",
        "PULUMI_CONFIG_PASSPHRASE_FILE is {file}, which can't be read: {why}",
        "Name a file that is there, or set PULUMI_CONFIG_PASSPHRASE.",
    ),
    _Cause(
        "message authentication failed",
        "an encrypted value was encrypted for another stack, or with another passphrase",
        "Set it anew with `pulumi config set --secret KEY`, or bring back the stack's file as it "
        "was.",
    ),
    _Cause(
        "no stack named '(?P<name>.+)' found",
        'the backend has no stack "{name}"',
        "Make it with `pulumi stack init {name}`, or log in to the backend that has it.",
        names=True,
    ),
    _Cause(
        "(?P<why>(?:a stack name|organization name) (?:may|must) .+)",
        "no stack can have this name: {why}",
        "Name a stack as `pulumi stack ls` does.",
        names=True,
    ),
    _Cause(
        "no stack selected",
        "no stack is selected",
        "Name it, or select one with `pulumi stack select STACK`.",
        names=True,
    ),
    _Cause(
        "PULUMI_ACCESS_TOKEN must be set",
        "not logged in, so the engine finds no stacks",
        "Run `pulumi login`, or set PULUMI_ACCESS_TOKEN or PULUMI_BACKEND_URL; in this project, "
        "`. ./activate` chooses a local one.",
    ),
    _Cause(
        r"\[401\]|invalid access token",
        "the backend doesn't take the access token",
        "Set PULUMI_ACCESS_TOKEN to one that is valid, or run `pulumi login`.",
    ),
    _Cause(
        "no Pulumi.yaml project file found",
        "there is no Pulumi.yaml in this folder or above it",
        files.NO_PROJECT,
    ),
    _Cause(
        "could not validate '(?P<file>.+?)': (?P<why>.+)",
        "{file} can't be used: {why}",
        "Correct the file there.",
    ),
    _Cause(  # the rest of these words may quote a value
        r"could not unmarshal '(?P<file>.+?)'.*?(?P<line>line \d+)",
        "{file} is no valid YAML: {line}",
        "Correct the file there.",
    ),
    _Cause(
        r"invalid YAML file.*?(?P<line>line \d+)",
        "the stack's file is no valid YAML: {line}",
        "Correct the file there; `bitbucket-hooks check` tells its name and the column.",
    ),
    _Cause(
        r"(?P<why>failed to load checkpoint.*|unexpected end of JSON.*)",
        "the stack's state can't be read, as a run that was killed may leave it: {why}",
        "Wait until no run is under way. Then delete STACK.json.attrs beside it, and add "
        "?metadata=skip to PULUMI_BACKEND_URL; if the state itself is empty, copy STACK.json.bak "
        "over it. `pulumi cancel` and `pulumi up` do the rest.",
    ),
    _Cause(
        r"unable to open bucket file:\S* (?:stat (?P<folder>.+): no such file|"
        r"(?P<other>.+) is not a directory)",
        "the backend is the folder {folder}{other}, and that isn't there",
        "Make the folder, or correct PULUMI_BACKEND_URL.",
    ),
    _Cause(
        "get credentials|google credentials|AccountName is required|AccessDenied",
        "there are no credentials that open the backend: {said}",
        _CHECK_BACKEND,
    ),
    _Cause(
        rf"(?:{_BY_BACKEND}).*(?:dial |lookup |timeout|connection|StatusCode: [05]|status code 5)",
        "the backend can't be reached: {said}",
        "Check PULUMI_BACKEND_URL and the network, then run this again.",
        RemoteError,
    ),
    _Cause(_BY_BACKEND, "the backend can't be used: {said}", _CHECK_BACKEND),
)


def engine_failure(failing: str, printed: str, stack: str | None = None) -> HooksError:
    """The error for an engine that printed this and stopped; `failing` says what it was to do.

    `stack` is the one that was named to it.
    """
    if _LOCKED.search(printed):
        return _locked(printed, stack)
    said = last_words(printed)
    for cause in _CAUSES:
        if found := re.search(cause.words, said):
            parts = {"said": said, **found.groupdict("")}
            remedy = cause.remedy.format(**parts) + (_stacks() if cause.names else "")
            return cause.error(cause.text.format(**parts), remedy)
    return ConfigError(f"{failing}: `pulumi` says: {said}", SEE_DOCTOR)


def _locked(printed: str, stack: str | None) -> StackLocked:
    holder = _HOLDER.search(printed)
    who = "" if holder is None else " ({}, process {}, since {})".format(*holder.groups())
    which = f" --stack {stack}" if stack else ""
    return StackLocked(
        f"another run holds the stack{printable(who)}; this one has changed nothing",
        "Wait until the other has ended, then run this again. If it died, "
        f"`pulumi cancel{printable(which)}` frees the stack, and the next run goes on where it "
        "stopped.",
    )


def _stacks() -> str:
    """The stacks that have a file, as the end of a remedy."""
    with suppress(HooksError):
        if names := files.stacks():
            return f" This project has {', '.join(printable(name, 60) for name in names)}."
    return ""


def last_words(printed: str) -> str:
    """What the engine said at its end, on one line, without credentials.

    An address of a backend may hold a password.
    """
    lines = [veiled(line.strip()) for line in printed.splitlines() if line.strip()]
    errors = [at for at, line in enumerate(lines) if line.startswith("error: ")]
    last = lines[errors[-1] :] if errors else lines[-_LAST_LINES:]
    said = "; ".join(last).removeprefix("error: ")
    return printable(said, _MOST) or "no reason given"
