"""What was listed so far, kept in a file from which a later run goes on."""

from __future__ import annotations

import errno
import json
import os
import secrets
import stat
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

import attrs
from attrs import define, field

from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.inventory.live import Addresses, Live
from bitbucket_hooks.model.errors import ConfigError

VERSION: Final = 1
_KEY_SIZE: Final = 16  # bytes


@define
class Kept:
    """The repositories and their hooks, in memory and, when there is a file, there as well.

    The file has a JSON object a line: what it is about, the repositories, then each listing. Only
    its owner can read it, and urls are in it without what may be secret in them.
    """

    addresses: Addresses
    begun_at: str
    repositories: dict[str, str] | None = None
    """The slugs, each with its project's key; None: not listed yet."""
    listed: dict[str | None, list[Live]] = field(factory=dict)
    """The hooks of each repository, and of the workspace itself under None."""
    unreadable: dict[str | None, Mapping[str, str]] = field(factory=dict)
    """Those among them that can't be read, by uuid with what is wrong."""
    _path: Path | None = None
    _file: IO[str] | None = field(default=None, repr=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    @property
    def lasts(self) -> bool:
        """Whether a later run can go on from it."""
        return self._path is not None

    @classmethod
    def begin(cls, about: Mapping[str, Any], now: str, path: Path | None = None) -> Kept:
        """Begin anew, or go on from a file. Raises ConfigError when it can't be used.

        `about` is what a file has to agree with.
        """
        if path is None:
            return cls(Addresses(secrets.token_bytes(_KEY_SIZE)), now)
        try:
            file = os.fdopen(_open(path), "r+", encoding="utf-8", newline="\n")
        except OSError as error:
            raise _unusable(path, f"can't be opened ({error.strerror})") from None
        try:
            return cls._from_file(path, file, about, now)
        except BaseException:
            file.close()
            raise

    @classmethod
    def _from_file(cls, path: Path, file: IO[str], about: Mapping[str, Any], now: str) -> Kept:
        lines = _whole_lines(path, file)
        if not lines:
            kept = cls(Addresses(secrets.token_bytes(_KEY_SIZE)), now, path=path, file=file)
            key = kept.addresses.key.hex()
            kept._write({"inventory": VERSION, **about, "begunAt": now, "key": key})
            return kept
        head, *rest = lines
        if head.get("inventory") != VERSION:
            raise _unusable(path, "is no inventory of this version")
        for name, value in about.items():
            if head.get(name) != value:
                raise _unusable(path, f"was begun for {name} {head.get(name)}, not {value}")
        try:
            addresses = Addresses(bytes.fromhex(head["key"]))
            kept = cls(addresses, str(head["begunAt"]), path=path, file=file)
            for line in rest:
                kept._take(line)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise _unusable(path, "is damaged") from None
        return kept

    def _take(self, line: Mapping[str, Any]) -> None:
        if "repositories" in line:
            self.repositories = dict(line["repositories"])
        else:
            self.listed[line["repository"]] = [Live(**one) for one in line["hooks"]]
            self.unreadable[line["repository"]] = dict(line.get("unreadable", {}))

    def keep_repositories(self, found: Iterable[Repository]) -> dict[str, str]:
        """Record what the workspace has."""
        self.repositories = {one.slug: one.project for one in found}
        self._write({"repositories": self.repositories})
        return self.repositories

    def keep(
        self, repository: str | None, hooks: list[Live], unreadable: Mapping[str, str]
    ) -> None:
        """Record one listing."""
        with self._lock:
            self.listed[repository] = hooks
            self.unreadable[repository] = unreadable
            told = {"repository": repository, "hooks": [attrs.asdict(one) for one in hooks]}
            self._write({**told, "unreadable": dict(unreadable)})

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is None:
            return
        try:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
        except OSError as error:
            self.close()  # nothing may come after half a line
            raise ConfigError(
                f"--resume {self._path}: the file can't be written ({error.strerror})",
                "Make room there, and run this again: what the file has is kept.",
            ) from None

    def close(self) -> None:
        """Let go of the file."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # what it couldn't write has been told
                file.close()

    def remove(self) -> None:
        """Take the file away: the inventory is complete, and the next one begins anew."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def _open(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is a device or a pipe")
    return descriptor


def _whole_lines(path: Path, file: IO[str]) -> list[dict[str, Any]]:
    """The lines; one that a kill cut short is taken off."""
    try:
        text = file.read()
        whole = text[: text.rfind("\n") + 1]
        lines = [json.loads(line) for line in whole.splitlines()]
    except ValueError:
        raise _unusable(path, "is no inventory") from None
    if not all(isinstance(line, dict) for line in lines) or (text and not lines):
        raise _unusable(path, "is no inventory")
    if whole != text:
        file.seek(0)
        file.truncate(len(whole.encode()))
    file.seek(0, os.SEEK_END)
    os.fchmod(file.fileno(), 0o600)
    return lines


def _unusable(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"--resume {path}: the file {why}",
        "Name a file that doesn't exist yet, or one that an inventory of the same kind left.",
    )
