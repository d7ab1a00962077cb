"""The fingerprint of a secret, which the state has in place of a secret that stays out of it."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import os
from typing import Final

_COST: Final = {"n": 2**14, "r": 8, "p": 1}  # 16 MB and some 50 ms: a guess costs as much
_SALT: Final = os.urandom(16)
"""One for all fingerprints that a process makes: hooks that share a secret cost one computation."""


def fingerprint(value: str, known: str | None) -> str:
    """A fingerprint of a secret: `known` itself when that is one of the same value."""
    return known if known and is_fingerprint_of(known, value) else _print(value, _SALT)


def is_fingerprint_of(known: str, value: str) -> bool:
    """Whether a fingerprint was made of this value."""
    try:
        salt = base64.b64decode(known.split("$")[1], validate=True)
    except (IndexError, ValueError):
        return False
    return hmac.compare_digest(_print(value, salt).encode(), known.encode())


@functools.lru_cache(maxsize=1024)
def _print(value: str, salt: bytes) -> str:
    digest = hashlib.scrypt(value.encode(), salt=salt, **_COST)
    return "$".join(("scrypt", *(base64.b64encode(part).decode() for part in (salt, digest))))
