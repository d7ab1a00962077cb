"""Databases that processes share: private, and whole after a kill."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from bitbucket_hooks.filesystem.database import Database
from bitbucket_hooks.model.errors import ConfigError
from support.disks import full_disk

SCHEMA = "CREATE TABLE words (word TEXT); CREATE INDEX words_by_word ON words (word)"
WRITER = """
import sys
from pathlib import Path
from bitbucket_hooks.filesystem.database import Database
database = Database(Path(sys.argv[1]), 7, sys.argv[2])
with database.writing() as connection:
    connection.execute("INSERT INTO words VALUES ('before')")
with database.writing() as connection:
    connection.execute("INSERT INTO words VALUES ('half')")
    print("ready", flush=True)
    sys.stdin.read()
"""


def _database(path: Path) -> Database:
    return Database(path, 7, SCHEMA)


def _write(database: Database, word: str) -> None:
    with database.writing() as connection:
        connection.execute("INSERT INTO words VALUES (?)", (word,))


def _words(database: Database) -> list[str]:
    with database.using() as connection:
        return [word for (word,) in connection.execute("SELECT word FROM words ORDER BY word")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give where a database is to be."""
    return tmp_path / "folder" / "shared.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """Give one that has a word."""
    with closing(_database(path)) as opened:
        _write(opened, "first")
        yield opened


def test_it_is_private(database: Database) -> None:
    """With all that SQLite puts beside it."""
    found = {file.name: file.stat().st_mode & 0o777 for file in database.path.parent.iterdir()}
    assert found == dict.fromkeys(("shared.db", "shared.db-wal", "shared.db-shm"), 0o600)
    assert database.path.parent.stat().st_mode & 0o777 == 0o700
    database.close()
    assert [file.name for file in database.path.parent.iterdir()] == ["shared.db"]


def test_a_transaction_is_written_as_a_whole(database: Database) -> None:
    """Or not at all, and the next one goes on."""
    with suppress(ZeroDivisionError), database.writing() as connection:
        connection.execute("INSERT INTO words VALUES ('never')")
        raise ZeroDivisionError
    _write(database, "next")
    assert _words(_database(database.path)) == ["first", "next"]


def test_a_writer_that_was_killed(path: Path) -> None:
    """Leaves what it had written whole, and no lock."""
    command = [sys.executable, "-c", WRITER, str(path), SCHEMA]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        writer.send_signal(signal.SIGKILL)
    database = _database(path)
    _write(database, "next")
    assert _words(database) == ["before", "next"]


def _open_and_write(path: Path, name: str, begin: threading.Barrier) -> None:
    for number in range(10):
        begin.wait()
        _write(_database(path / str(number) / "shared.db"), name)


def test_processes_that_open_it_at_once(tmp_path: Path) -> None:
    """All come to the same one, however they meet."""
    context = multiprocessing.get_context("spawn")
    begin = context.Barrier(4)
    team = [context.Process(target=_open_and_write, args=(tmp_path, k, begin)) for k in "abcd"]
    for process in team:
        process.start()
    for process in team:
        process.join(60)
    assert [process.exitcode for process in team] == [0] * 4
    for number in range(10):
        assert _words(_database(tmp_path / str(number) / "shared.db")) == [*"abcd"]


def test_one_that_vanished_or_was_replaced(database: Database) -> None:
    """Can't tell what other processes wrote: nobody goes on with it."""
    database.path.rename(database.path.with_name("elsewhere"))
    _write(_database(database.path), "other")
    with pytest.raises(ConfigError, match="replaced while the run went on"):
        _words(database)
    for file in database.path.parent.iterdir():
        file.unlink()
    database.path.parent.rmdir()
    with pytest.raises(ConfigError, match=r"(?s)No such file.*BITBUCKET_HOOKS_CACHE"):
        _write(database, "after")


@pytest.mark.parametrize("text", ["", "a file of somebody's\n"])
def test_a_file_that_is_no_database(path: Path, text: str) -> None:
    """Is left as it is; an empty one becomes one."""
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o640)
    if text:
        with pytest.raises(ConfigError, match="file is not a database"):
            _write(_database(path), "word")
        assert path.read_text() == text
        assert path.stat().st_mode & 0o777 == 0o640
    else:
        _write(_database(path), "word")
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_database_of_another_version_or_program(path: Path) -> None:
    """Is left as it is."""
    _write(Database(path, 8, SCHEMA), "theirs")
    foreign = path.with_name("foreign.db")
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    for file in (path, foreign):
        with pytest.raises(ConfigError, match="another program, or another version"):
            _write(_database(file), "ours")
    assert _words(Database(path, 8, SCHEMA)) == ["theirs"]


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_file(tmp_path: Path, kind: str) -> None:
    """Isn't followed, and isn't waited for."""
    path = tmp_path / kind
    if kind == "link":
        path.symlink_to(tmp_path / "target")
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    with pytest.raises(ConfigError, match="it is a link, a folder, a device or a pipe"):
        _words(_database(path))
    assert [file.name for file in tmp_path.iterdir()] == [kind]


def test_a_damaged_one(database: Database) -> None:
    """Is an error with the remedy."""
    database.close()
    with database.path.open("r+b") as file:
        file.seek(100)
        file.write(b"x" * 4000)
    with pytest.raises(ConfigError, match=r"(?s)malformed.*Remove or repair that folder"):
        _words(_database(database.path))


def test_a_full_disk(database: Database) -> None:
    """Ends the run; with room, what was written whole is there."""
    size = database.path.with_name("shared.db-wal").stat().st_size
    stops = pytest.raises(ConfigError, match=r"(?s)the run stops.*free space there")
    with full_disk(size), stops:
        _write(database, "lost")
    _write(database, "next")
    assert _words(database) == ["first", "next"]


def test_another_process_that_holds_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is waited for while it opens and writes, for some time."""
    monkeypatch.setattr("bitbucket_hooks.filesystem.database._PATIENCE", 0)
    path.parent.mkdir()
    with closing(sqlite3.connect(path, check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ConfigError, match="database is locked"):
            _write(_database(path), "word")
        monkeypatch.setattr("bitbucket_hooks.filesystem.database._PATIENCE", 30)
        later = threading.Timer(0.2, other.rollback)
        later.start()
        _write(_database(path), "word")
        later.join()
