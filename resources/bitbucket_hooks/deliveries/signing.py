"""The signature of a delivery, for those who send one and those who receive one.

Receivers import this module alone: it needs nothing but the standard library.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

SIGNATURE: Final = "X-Hub-Signature"
"""The header that carries it."""

_HEADER: Final = re.compile(r"sha256=([0-9a-f]{64})", re.IGNORECASE | re.ASCII)


def sign(secret: str | bytes, body: bytes) -> str:
    """The value of `X-Hub-Signature`: `sha256=` and the HMAC of the raw body in hexadecimal."""
    return f"sha256={hmac.digest(_raw(secret, 'a secret'), body, sha256).hex()}"


def verify_signature(
    secrets: str | bytes | Iterable[str | bytes],
    body: str | bytes | bytearray | memoryview,
    header: str | bytes | None,
) -> bool:
    """Tell whether a delivery was signed with one of the secrets.

    Signed is the raw body, by HMAC with SHA-256 (vendor's documentation): `body` is the request's
    body as it came, before anything parses it; `header` is the value of `X-Hub-Signature`, None
    when there is none. Give the old and the new secret while they are exchanged. The time that it
    takes doesn't depend on how much of a signature was right, nor on which secret it was.

    Raises ValueError when there is no secret, one of them is empty, or a text can't be written as
    UTF-8: a receiver whose secret was lost must not take every delivery, nor refuse them all
    without a word.
    """
    keys = _keys(secrets)
    sent = _claimed_digest(header)
    if sent is None:
        return False
    raw = _raw(body, "the body")
    digests = [hmac.digest(key, raw, sha256) for key in keys]
    matches = [hmac.compare_digest(digest, sent) for digest in digests]  # all, always
    return any(matches)


def is_signature(header: str) -> bool:
    """Tell whether a header has the form of a signature."""
    return _claimed_digest(header) is not None


def _keys(secrets: str | bytes | Iterable[str | bytes] | None) -> list[bytes]:
    given = [secrets] if isinstance(secrets, (str, bytes, bytearray)) else list(secrets or ())
    if not given or any(secret is None or not len(secret) for secret in given):
        raise ValueError(
            "there is no secret to check the signature with, or one is empty; give the hook's own"
        )
    return [_raw(secret, "a secret") for secret in given]


def _claimed_digest(header: str | bytes | None) -> bytes | None:
    """The digest that a header claims; None: it is missing or malformed."""
    text = header.decode("latin-1") if isinstance(header, bytes) else header or ""
    found = _HEADER.fullmatch(text)
    return bytes.fromhex(found[1]) if found else None


def _raw(value: str | bytes | bytearray | memoryview, what: str) -> bytes:
    """The bytes of a value; a text's in UTF-8, as an environment variable has them."""
    if not isinstance(value, str):
        return bytes(memoryview(value))  # unlike bytes() it refuses a number
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # that error would hold the value
        raise ValueError(f"{what} is no text in UTF-8; give its bytes") from None
