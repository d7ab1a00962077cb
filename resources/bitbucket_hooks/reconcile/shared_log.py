"""What all processes of one engine run know: each thing is said by whoever comes first."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import define, field

from bitbucket_hooks.filesystem import unusable

if sys.platform != "win32":
    import fcntl

_CHUNK: Final = 1024 * 1024  # bytes
_HEAD: Final = 40  # bytes that tell a file from another one in its place


@define
class SharedLog:
    """Entries in a file that every process follows, written whole under a lock.

    A file that is gone, or that another one has the place of, can't tell any more what others
    said: from then on every call raises ConfigError, as it does where nothing can be written.
    Things are written as digests, for they may hold what is secret.
    """

    path: Path

    _known: dict[str, str] = field(factory=dict, init=False, repr=False)
    _rest: bytes = field(default=b"", init=False, repr=False)
    _offset: int = field(default=0, init=False)
    _head: bytes = field(default=b"", init=False, repr=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def get(self, thing: str) -> str | None:
        """What is said of a thing, None: nothing."""
        return self.get_all([thing]).get(thing)

    def get_all(self, things: Iterable[str]) -> dict[str, str]:
        """What is said of things, without those of which nothing is."""
        with self._opened() as file:
            self._catch_up(file)
            return self._said_of({thing: _digest(thing) for thing in things})

    def add(self, things: Iterable[str], text: str) -> dict[str, str]:
        """Say something of things of which nothing is said; gives what is said of the others."""
        digests = {thing: _digest(thing) for thing in things}
        with self._written() as file:
            there = self._said_of(digests)
            new = [digest for thing, digest in digests.items() if thing not in there]
            if new:
                self._write(file, new, text)
            return there

    def _said_of(self, digests: Mapping[str, str]) -> dict[str, str]:
        found = {thing: self._known.get(digest) for thing, digest in digests.items()}
        return {thing: text for thing, text in found.items() if text is not None}

    def replace(self, thing: str, text: str) -> None:
        """Say something else of a thing."""
        with self._written() as file:
            self._write(file, [_digest(thing)], text)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        try:
            with self._file() as file:
                yield file
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise unusable(self.path.parent, reason) from None

    @contextmanager
    def _file(self) -> Iterator[int]:
        flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW
        with self._lock:
            if not self._head:  # nobody makes it anew later: what the others wrote would be missing
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                flags |= os.O_CREAT
            file = os.open(self.path, flags, 0o600)
            try:
                if not self._head:
                    _begin(file)
                yield file
            finally:
                os.close(file)  # frees the lock of the file too

    @contextmanager
    def _written(self) -> Iterator[int]:
        with self._opened() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._catch_up(file)
            yield file

    def _catch_up(self, file: int) -> None:
        """Read what was added since."""
        head = os.pread(file, _HEAD, 0)
        if self._head and head != self._head:
            raise OSError(errno.ESTALE, "its file was replaced while the run went on")
        self._head = head
        while added := os.pread(file, _CHUNK, self._offset):
            self._offset += len(added)
            *lines, self._rest = (self._rest + added).split(b"\n")
            for line in lines:
                self._take_in(line)

    def _take_in(self, line: bytes) -> None:
        try:
            text, digests = json.loads(line)
        except ValueError:  # its writer was killed
            return
        self._known.update(dict.fromkeys(digests, text))

    def _write(self, file: int, digests: Sequence[str], text: str) -> None:
        left = json.dumps([text, digests]).encode() + b"\n"
        if self._rest:  # half a line, of a writer that was killed
            left = b"\n" + left
        _write_whole(file, left)
        self._catch_up(file)


def _begin(file: int) -> None:
    """Let a new file start with what tells it from all others."""
    fcntl.flock(file, fcntl.LOCK_EX)
    if not os.fstat(file).st_size:
        _write_whole(file, json.dumps([secrets.token_hex(_HEAD), []]).encode() + b"\n")


def _write_whole(file: int, left: bytes) -> None:
    while left:
        left = left[os.write(file, left) :]


def _digest(thing: str) -> str:
    return hashlib.sha256(thing.encode()).hexdigest()[:40]
