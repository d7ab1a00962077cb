"""One SQLite file as the memory of a sandbox: safe for several processes and threads at once."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bitbucket_hooks.sandbox.errors import SandboxError, SandboxUnusable
from bitbucket_hooks.sandbox.schema import APPLICATION_ID, SCHEMA, UPGRADES, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BUSY_SECONDS: Final = 30.0
_MOST_IDLE: Final = 32
_INHERITED: Final[list[sqlite3.Connection]] = []


class Database:
    """Short transactions on an existing sandbox file, over a pool of connections.

    A file of an earlier version is brought up to date, and keeps what it holds.
    Each transaction raises `SandboxUnusable` when the file can't be read or written.
    Raises `SandboxError` when the file is missing, no database of ours, or of a later version.
    """

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._idle: list[sqlite3.Connection] = []
        self._owner = os.getpid()
        self._closer = weakref.finalize(self, _close_all, self._idle)
        try:
            self._verify()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the idle connections; the database opens new ones when it is used again."""
        _close_all(self._idle)

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that sees one state of the database throughout."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that alone may write; commits, or rolls back on any exception."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._take()
            try:
                connection.execute(begin)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                self._give(connection)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise SandboxUnusable(self.path, error) from error

    def _take(self) -> sqlite3.Connection:
        if self._owner != os.getpid():
            # On the other side of a fork a connection must not be used, nor even closed.
            _INHERITED.extend(self._idle)
            self._idle.clear()
            self._owner = os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            return _connect(self.path)

    def _give(self, connection: sqlite3.Connection) -> None:
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def _verify(self) -> None:
        if self.path.exists() and not self.path.is_file():
            raise SandboxError(f"{self.path} is no file, so no sandbox; name another one")
        if not self.path.is_file():
            raise SandboxError(
                f"there is no sandbox at {self.path}; `bitbucket-hooks sandbox serve` makes one"
            )
        try:
            with self.read() as connection:
                (mark,) = connection.execute("PRAGMA application_id").fetchone()
                version = _version(connection)
            if mark == APPLICATION_ID and version in UPGRADES:
                version = self._upgrade()
        except SandboxUnusable as error:
            if error.is_full:
                raise
            raise SandboxError(
                f"{self.path} can't be opened as a sandbox: {error.__cause__}; name another file, "
                "or remove it"
            ) from error
        if mark != APPLICATION_ID:
            raise SandboxError(f"{self.path} is no sandbox's file; name another one")
        if version != VERSION:
            raise SandboxError(
                f"{self.path} is a sandbox of version {version}, and this program knows {VERSION}; "
                "remove the file to start afresh"
            )

    def _upgrade(self) -> int:
        """Bring the file up to date, unless another process just did, and give its version."""
        with self.write() as connection:
            while (version := _version(connection)) in UPGRADES:
                for statement in UPGRADES[version].split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
        return version


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def create(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Make a new sandbox file with what `fill` writes; another process that is first wins.

    The file is built aside and appears complete, so nobody ever opens half of one.
    Raises `SandboxError` when its folder does not exist or can't be written.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".sandbox-") as folder:
            draft = Path(folder) / "draft.db"
            _build(draft, fill)
            with contextlib.suppress(FileExistsError):
                _publish(draft, path)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SandboxError(
            f"the sandbox {path} can't be made: {reason}; name a file in a folder that is "
            "there and may be written"
        ) from error


def _publish(draft: Path, path: Path) -> None:
    if os.name == "nt":  # pragma: no cover - there a rename never replaces
        draft.rename(path)
    else:
        os.link(draft, path)


def _build(draft: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    with contextlib.closing(_connect(draft, "rwc")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(
            f"BEGIN; {SCHEMA} PRAGMA application_id = {APPLICATION_ID};"
            f" PRAGMA user_version = {VERSION};"
        )
        # Hooks have secrets, and people try things out with real ones.
        draft.chmod(0o600)
        fill(connection)
        connection.execute("COMMIT")


def _connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    # mode=rw: a file that somebody removed is an error, not a new and empty database.
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _close_all(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()
