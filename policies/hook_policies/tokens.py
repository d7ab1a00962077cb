"""Tell words that people wrote from keys that a machine drew."""

from __future__ import annotations

import re
from typing import Final

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CHUNK: Final = re.compile(r"[A-Za-z0-9]{6,}")
_RUN: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_LONG_HEX: Final = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_WORD_LENGTH: Final = 3.5
_SHORTEST: Final = 16
_CREDENTIAL: Final = re.compile(
    "authorization|bearer|credential|passphrase|passwd|password|secret|signature|token"
    "|(access|api|auth|function|private|shared)key|^(auth|jwt|key|pwd|sas|sig)$"
)


def looks_like_a_token(text: str) -> bool:
    """Tell whether a text holds letters and digits that nobody would have written.

    In a drawn key, small letters, capitals and digits take turns, in names they come in words and
    numbers. A uuid is no token to this: many a path has one that is merely an id.
    """
    chunks = _CHUNK.findall(_UUID.sub("", text))
    if any(map(_LONG_HEX.fullmatch, chunks)):
        return True
    return sum(len(chunk) for chunk in chunks if _drawn(chunk)) >= _SHORTEST


def _drawn(chunk: str) -> bool:
    return len(chunk) / len(_RUN.findall(chunk)) < _WORD_LENGTH


def named_like_a_credential(name: str) -> str | None:
    """Give the word that names a credential, such as `token` of the parameter `accessToken`."""
    found = _CREDENTIAL.search(re.sub("[^a-z]", "", name.lower()))
    return found[0] if found else None
