"""Secrets that stay out of stack config and state: read where `secretFrom` says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.rules import MAX_SECRET
from bitbucket_hooks.model.settings import project_root

_PROVIDE: Final = (
    "Provide it where Pulumi runs; to have no secret at all, write secret: '' instead of "
    "secretFrom."
)


def read_secret(source: str, named: str = "secretFrom", remedy: str = _PROVIDE) -> str:
    """Read the secret that `env:NAME` or `file:PATH` names; a file's last line break is dropped.

    Raises ConfigError when there is none, or it is longer than the API takes; `named` is what gave
    the source, and `remedy` what to do when nothing is there. A relative path starts at the folder
    of `Pulumi.yaml`.
    """
    kind, _, place = source.partition(":")
    value = os.environ.get(place) if kind == "env" else _text_of(place)
    if not value:
        what = "variable is not set" if kind == "env" else "file can't be read or is empty"
        raise ConfigError(f"{named}: {source}: the {what}", remedy)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ConfigError(
            f"{named}: {source}: the value is no text in UTF-8", "Store it as text in UTF-8."
        ) from None
    if len(value) > MAX_SECRET:
        raise ConfigError(
            f"{named}: {source}: the value has {len(value)} characters",
            f"Take a shorter one: the API takes at most {MAX_SECRET}.",
        )
    return value


def _text_of(file: str) -> str | None:
    try:
        text = (project_root() / Path(file).expanduser()).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return text.removesuffix("\n").removesuffix("\r")


def declared_secret(props: Mapping[str, Any]) -> str | None:
    """The secret of a declaration, read where `secretFrom` says; None: it isn't managed.

    Raises ConfigError when nothing is there.
    """
    source = props.get("secretFrom")
    return read_secret(source) if source else props.get("secret")
