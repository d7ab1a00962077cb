"""SQLite databases that processes share, readable by this user alone."""

from __future__ import annotations

import errno
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import Final

from attrs import define, field

from bitbucket_hooks.filesystem.folders import unusable
from bitbucket_hooks.model.errors import HooksError

_PATIENCE: Final = 30.0  # seconds to wait for another process that writes
_opening: Final = threading.Lock()


@define
class Database:
    """One connection for all threads of a process.

    A process that is killed leaves whole transactions, and no lock. Every use raises HooksError
    when the file is damaged, gone, or replaced by another one, when the disk is full, and when it
    may not be written: what other processes wrote can't be known then.
    """

    path: Path
    version: int
    """Of the schema, unlike that of all others: a file that has another one is left alone."""
    schema: str
    tidy: Callable[[sqlite3.Connection], object] = lambda _: None
    """Called once, when the database is opened."""
    error: Callable[[Path, str], HooksError] = lambda path, why: unusable(path.parent, why)
    """Makes the error from the path and the reason."""
    fill: Callable[[sqlite3.Connection], object] = lambda _: None
    """Writes what new tables begin with."""

    _connection: sqlite3.Connection | None = field(default=None, init=False, repr=False)
    _inode: int = field(default=0, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    @contextmanager
    def using(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for single statements. Raises HooksError."""
        try:
            with self._lock:
                yield self._connected()
        except OSError as error:
            raise self.error(self.path, error.strerror or type(error).__name__) from None
        except sqlite3.IntegrityError:  # nothing is wrong with the file
            raise
        except sqlite3.Error as error:
            raise self.error(self.path, str(error)) from None

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Give the connection, which sees one state of the database throughout."""
        return self._transaction("BEGIN")

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """Give the connection in a transaction, which is written as a whole."""
        return self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self.using() as connection:
            connection.execute(begin)
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.rollback()

    def close(self) -> None:
        """Close the connection; the last one of all processes leaves just the file itself."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            with _opening:  # closing a file ends the locks that other threads have on it
                self._connection = self._open()
            self.tidy(self._connection)
        elif self.path.stat().st_ino != self._inode:
            raise OSError(errno.ESTALE, "its file was replaced while the run went on")
        return self._connection

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.path.exists() and not self.path.is_symlink():
            self.path.touch(0o600)
        found = self.path.lstat()
        if not S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is a link, a folder, a device or a pipe")
        self._inode = found.st_ino
        self.path.chmod(0o600)  # before SQLite makes files beside it, which get its mode
        connection = sqlite3.connect(
            self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            self.path.chmod(S_IMODE(found.st_mode))
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables of a new file. Raises OSError for a file with another schema."""
        connection.execute("BEGIN IMMEDIATE")
        ((version,),) = connection.execute("PRAGMA user_version")
        ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_master")
        if not version and not tables:
            for statement in self.schema.split(";"):
                connection.execute(statement)
            self.fill(connection)
            connection.execute(f"PRAGMA user_version = {self.version}")
        elif version != self.version:
            raise OSError(errno.EINVAL, "it was made by another program, or another version")
        connection.execute("COMMIT")
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")  # a power cut damages nothing


def _use_wal(connection: sqlite3.Connection) -> None:
    """Let readers and a writer go on side by side. Where several do this, SQLite doesn't wait."""
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > ends:
                raise
            time.sleep(0.01)
        else:
            return
