"""The errors that a user may see: each says what was wrong and what to do about it.

Everything that this package raises on purpose derives from `HooksError`; the message of one is
complete by itself, so that the engine and the command line print it without a traceback.
"""

from __future__ import annotations

import re
from typing import ClassVar, Final
from unicodedata import category

from bitbucket_hooks.model.exit_codes import REMOTE_FAILED, USERS_MISTAKE

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of characters that control, format or can't be encoded."""
_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U000e0100-\U000e01ef]"
)
"""Characters of other categories that show nothing either (Default_Ignorable, and one blank)."""


def printable(text: str, limit: int = 300) -> str:
    """Text from outside made safe to show: what can't be seen is escaped, the length bounded."""
    shown = text[: limit + 1]  # escapes only make it longer
    if not (shown.isascii() and shown.isprintable()):
        shown = "".join(map(_visible, shown))
    return shown if len(shown) <= limit else shown[:limit] + "…"


def _visible(char: str) -> str:
    if category(char) in _UNSEEN or _BLANK.match(char):
        return char.encode("unicode_escape").decode()
    return char


def printable_value(value: object) -> str:
    """A property's value as the engine's own previews write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(printable(str(item), 60) for item in value)
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

    @property
    def in_a_line(self) -> str:
        """The same as part of another message: `what is wrong; what to do`, without a full stop."""
        what, remedy = (" ".join(text.split()) for text in (self.message, self.remedy))
        return f"{what}; {remedy[0].lower()}{remedy[1:].removesuffix('.')}" if remedy else what


class ConfigError(HooksError, ValueError):
    """The configuration can't be used as it is."""


class ConflictError(HooksError):
    """Two declarations want the same hook, or it can't be told which hook a declaration means."""


class RemoteError(HooksError):
    """Bitbucket, or the way to it, failed."""

    exit_code = REMOTE_FAILED


def unreadable(file: object, error: OSError) -> ConfigError:
    """A file that the user named can't be read."""
    return ConfigError(
        f"{printable(str(file))} can't be read: {error.strerror}",
        "Name a file that is there and may be read.",
    )


def unwritable(file: object, error: OSError) -> ConfigError:
    """A file that the user named can't be written."""
    return ConfigError(
        f"{printable(str(file))} can't be written: {error.strerror}",
        "Name a file that may be written, in a folder that is there.",
    )
