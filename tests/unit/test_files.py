"""What commands write: files whole or not at all, and an output that can't be written."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bitbucket_hooks.filesystem.files import write_whole
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.publish.publishing import append_summary
from bitbucket_hooks.sandbox.store import open_database
from support.disks import full_disk

LONG = "x" * 10_000
FULL = Path("/dev/full")


def test_a_file_is_written(tmp_path: Path) -> None:
    """A new one with the rights that the umask leaves, one that is there keeps its own."""
    old = os.umask(0o027)
    try:
        write_whole(tmp_path / "new", "ä\n")
    finally:
        os.umask(old)
    assert (tmp_path / "new").read_bytes() == "ä\n".encode()
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640
    (tmp_path / "new").chmod(0o604)
    (tmp_path / "link").symlink_to("new")
    write_whole(tmp_path / "link", "b")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "new").read_text() == "b"
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o604
    write_whole(Path("/dev/null"), "c")
    assert Path("/dev/null").is_char_device()
    assert {path.name for path in tmp_path.iterdir()} == {"link", "new"}


@pytest.mark.parametrize(
    ("where", "call", "why"),
    [(os, "open", errno.EACCES), (Path, "replace", errno.EBUSY)],
    ids=["in a closed folder", "a mount of its own"],
)
def test_a_file_that_cannot_be_replaced(
    where: object, call: str, why: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written in place; a new one can't be."""
    old = tmp_path / "old"
    old.write_text("as it was, and longer")
    before = old.stat().st_ino

    def refused(*_: object) -> None:
        raise OSError(why, os.strerror(why))

    with monkeypatch.context() as patched:
        patched.setattr(where, call, refused)  # as the kernel does, but for root
        write_whole(old, "new")
        with pytest.raises(ConfigError, match="can't be written"):
            write_whole(tmp_path / "other", "new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("old", "new")]
    assert old.stat().st_ino == before


def test_a_full_disk(tmp_path: Path) -> None:
    """Leaves no new file, and an old one as it was."""
    old = tmp_path / "old"
    old.write_text("as it was")
    for path in (tmp_path / "new", old, *([FULL] if FULL.exists() else [])):
        with full_disk(100), pytest.raises(ConfigError, match=r"can't be written: (File|No space)"):
            write_whole(path, LONG)
    with full_disk(100), pytest.raises(ConfigError, match="summary can't be written"):
        append_summary(old, lambda _: LONG)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert old.read_text() == "as it was"


COMMANDS = (("events",), ("inventory", "acme", "--json"))


@pytest.mark.skipif(not FULL.exists(), reason="Linux alone has a device that is full")
@pytest.mark.parametrize(("arguments", "errors_too"), [(COMMANDS[0], True), (COMMANDS[1], False)])
def test_an_output_that_is_full(
    arguments: tuple[str, ...], tmp_path: Path, *, errors_too: bool
) -> None:
    """Is one line and a code; no traceback, of the interpreter's own neither."""
    with FULL.open("wb") as full:
        done = _command(arguments, tmp_path, full.fileno(), full.fileno() if errors_too else None)
    assert done.returncode == 1
    if not errors_too:
        (last,) = [line for line in done.stderr.splitlines() if "rror" in line]
        assert last == "Error: the output can't be written: No space left on device"


@pytest.mark.parametrize("arguments", COMMANDS)
def test_an_output_that_nobody_reads(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """As `head` leaves it."""
    reading, writing = os.pipe()
    os.close(reading)
    done = _command(arguments, tmp_path, writing, None)
    os.close(writing)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def _command(
    arguments: tuple[str, ...], folder: Path, out: int, err: int | None
) -> subprocess.CompletedProcess[str]:
    open_database(folder / "sandbox.db").close()
    code = "from bitbucket_hooks.cli import main; main(prog_name='bitbucket-hooks')"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        stdout=out,
        stderr=subprocess.PIPE if err is None else err,
        env={**os.environ, "BITBUCKET_API_URL": f"sandbox:{folder / 'sandbox.db'}"},
        text=True,
        check=False,
    )
