"""A secret that stays out of the state: read where it lives, remembered as a fingerprint."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.rules import MAX_SECRET
from bitbucket_hooks.model.settings import project_root

_COST: Final = {"n": 2**14, "r": 8, "p": 1}  # 16 MB and some 50 ms: a guess costs as much
_PROVIDE: Final = (
    "Provide it where Pulumi runs; to have no secret at all, write secret: '' instead of "
    "secretFrom."
)
_SALT: Final = os.urandom(16)
"""One for all fingerprints that a process makes: hooks that share a secret cost one computation."""


def read_secret(source: str, named: str = "secretFrom", remedy: str = _PROVIDE) -> str:
    """Read the secret that `env:NAME` or `file:PATH` names; a file's last line break is dropped.

    Raises ConfigError when there is none, or it is longer than the API takes; `named` is what gave
    the source, and `remedy` what to do when nothing is there. A relative path starts at the folder
    of `Pulumi.yaml`.
    """
    kind, _, place = source.partition(":")
    value = os.environ.get(place) if kind == "env" else _file(place)
    if not value:
        what = "variable is not set" if kind == "env" else "file can't be read or is empty"
        raise ConfigError(f"{named}: {source}: the {what}", remedy)
    if not _is_text(value):
        raise ConfigError(
            f"{named}: {source}: the value is no text in UTF-8", "Store it as text in UTF-8."
        )
    if len(value) > MAX_SECRET:
        raise ConfigError(
            f"{named}: {source}: the value has {len(value)} characters",
            f"Take a shorter one: the API takes at most {MAX_SECRET}.",
        )
    return value


def declared_secret(props: Mapping[str, Any]) -> str | None:
    """The secret of a declaration, read where `secretFrom` says; None: it isn't managed.

    Raises ConfigError when nothing is there.
    """
    source = props.get("secretFrom")
    return read_secret(source) if source else props.get("secret")


def _file(place: str) -> str | None:
    try:
        text = (project_root() / Path(place).expanduser()).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return text.removesuffix("\n").removesuffix("\r")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def fingerprint(value: str, known: str | None) -> str:
    """A fingerprint of a secret: `known` itself when that is one of the same value."""
    return known if known and is_fingerprint_of(known, value) else _print(value, _SALT)


def is_fingerprint_of(known: str, value: str) -> bool:
    """Whether a fingerprint was made of this value."""
    return hmac.compare_digest(_with_salt_of(known, value).encode(), known.encode())


def _with_salt_of(known: str, value: str) -> str:
    try:
        salt = base64.b64decode(known.split("$")[1], validate=True)
    except (IndexError, ValueError):
        return ""
    return _print(value, salt)


@functools.lru_cache(maxsize=1024)
def _print(value: str, salt: bytes) -> str:
    digest = hashlib.scrypt(value.encode(), salt=salt, **_COST)
    return "$".join(("scrypt", *(base64.b64encode(part).decode() for part in (salt, digest))))
