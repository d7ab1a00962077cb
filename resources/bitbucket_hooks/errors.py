"""The errors that a user may see: each says what was wrong and what to do about it.

Everything that this package raises on purpose derives from `HooksError`; the message of one is
complete by itself, so that the engine and the command line print it without a traceback.
"""

from __future__ import annotations

import re
from typing import ClassVar

from bitbucket_hooks.exit_codes import REMOTE_FAILED, USERS_MISTAKE

_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\n\t]"
)


def printable(text: str, limit: int = 300) -> str:
    """Text from outside made safe for a terminal: control characters escaped, length bounded."""
    shown = _UNPRINTABLE.sub(lambda m: m.group().encode("unicode_escape").decode(), text)
    return shown if len(shown) <= limit else shown[:limit] + "…"


def printable_value(value: object) -> str:
    """A property's value as the engine's own previews write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(printable(str(one), 60) for one in value)
    return f'"{printable(str(value))}"'


class HooksError(Exception):
    """What went wrong, and the remedy on a line of its own."""

    exit_code: ClassVar[int] = USERS_MISTAKE
    """What a command exits with: 1 for the user's mistake, 2 for the remote side's failure."""

    def __init__(self, message: str, remedy: str = "") -> None:
        """Keep the message and its remedy; `str()` shows both."""
        super().__init__(f"{message}\n{remedy}" if remedy else message)
        self.message = message
        self.remedy = remedy


def on_one_line(error: HooksError) -> str:
    """An error among others, each of which has a line."""
    return "; ".join(part for part in (error.message, error.remedy) if part)


class ConfigError(HooksError, ValueError):
    """The configuration can't be used as it is."""


class ConflictError(HooksError):
    """Two declarations want the same hook, or it can't be told which hook a declaration means."""


class RemoteError(HooksError):
    """Bitbucket, or the way to it, failed."""

    exit_code = REMOTE_FAILED
