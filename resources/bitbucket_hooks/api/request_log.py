"""What all processes of a user's on one machine have sent as one identity, in the last hour.

Bitbucket counts per identity, whoever sends: runs of two stacks with the same token, and the
program and the provider of one run, draw on the same allowance. A file per identity holds the time
of each request, oldest first; one beside it, since when and until when nothing is to be sent after
a refusal. A
process that dies leaves nothing to clean up: what it has sent is counted, its lock ends with it.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path
from typing import Final

from attrs import define

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.filesystem import cache_folder
from bitbucket_hooks.model.credentials import (
    AccessToken,
    Anonymous,
    ApiToken,
    Credentials,
    OAuthConsumer,
)

if sys.platform != "win32":
    import fcntl

_TIME: Final = struct.Struct("<d")  # seconds since 1970
_SPAN: Final = struct.Struct("<dd")  # its begin and its end
_PUT_BACK: Final = 60.0  # seconds by which the day's clock may be corrected unnoticed
_MOST: Final = 200_000  # times after which those that no longer count are dropped


@define
class RequestLog:
    """The times of one identity's requests, shared through a file."""

    path: Path
    clock: Clock
    window: float
    """Seconds for which a request counts."""

    def take(self, limit: int) -> float:
        """Note a request and return 0, or return in how many seconds there is room for one.

        `limit` is what the window may hold. Raises OSError when the file can't be used.
        """
        with self._locked() as file:
            now = self.clock.wall().timestamp()  # not before: others note theirs meanwhile
            if (closed := self._closed(now)) > 0:
                return closed
            count = self._count(file, now)
            if count >= limit:
                pause = _at(file, count - limit) + self.window - now
                if 0 < pause <= self.window + _PUT_BACK:  # else nothing that we have written
                    return pause
            if count >= _MOST:
                count = self._drop(file, count, now)
            file.seek(count * _TIME.size)
            file.write(_TIME.pack(now))
            return 0

    def close(self, seconds: float) -> None:
        """Let nobody send anything for a while, at most as long as a request counts.

        Raises OSError when the file can't be used.
        """
        with self._locked():
            now = self.clock.wall().timestamp()
            if seconds > self._closed(now):
                span = _SPAN.pack(now, now + min(seconds, self.window))
                descriptor = os.open(self._closing, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(span)

    @property
    def _closing(self) -> Path:
        return self.path.with_name(f"{self.path.name}.closed")

    def _closed(self, now: float) -> float:
        """Seconds for which it is closed; 0 when the day's clock was put back since."""
        try:
            begin, end = _SPAN.unpack(self._closing.read_bytes())
        except (FileNotFoundError, struct.error):
            return 0
        left: float = end - now
        written = begin <= now + _PUT_BACK and left <= self.window + _PUT_BACK
        return left if written else 0

    @contextmanager
    def _locked(self) -> Iterator[BufferedRandom]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # held for microseconds, and freed by close
            yield file

    @staticmethod
    def _count(file: BufferedRandom, now: float) -> int:
        """How many whole times there are; none when the day's clock was put back since."""
        count = file.seek(0, os.SEEK_END) // _TIME.size
        if count and _at(file, count - 1) > now + _PUT_BACK:
            file.truncate(0)
            return 0
        return count

    def _drop(self, file: BufferedRandom, count: int, now: float) -> int:
        """Keep what still counts; tells how many that are."""
        file.seek(0)
        times = [time for (time,) in _TIME.iter_unpack(file.read(count * _TIME.size))]
        kept = [time for time in times if time > now - self.window]
        file.seek(0)
        file.write(b"".join(map(_TIME.pack, kept)))
        file.truncate()
        return len(kept)


def _at(file: BufferedRandom, number: int) -> float:
    file.seek(number * _TIME.size)
    time: float
    (time,) = _TIME.unpack(file.read(_TIME.size))
    return time


def request_log_of(
    api_url: str, credentials: Credentials, clock: Clock, window: float
) -> RequestLog | None:
    """The ledger of an identity; None when this user has no folder for caches, and on Windows."""
    folder = cache_folder()
    if folder is None or sys.platform == "win32":
        return None
    name = hashlib.sha256(f"{api_url} {_identity(credentials)}".encode("utf-8", "replace"))
    return RequestLog(folder / "pace" / name.hexdigest()[:32], clock, window)


def _identity(credentials: Credentials) -> str:
    """Whom the service counts; a token only where nothing else tells, and it can't be guessed."""
    match credentials:
        case ApiToken(email):
            return f"user {email}"
        case OAuthConsumer(client_id):
            return f"consumer {client_id}"
        case AccessToken(token):
            return f"token {hashlib.sha256(token.encode('utf-8', 'replace')).hexdigest()}"
        case Anonymous():
            return "nobody"
