"""Several processes and threads at one file, and files that are no sandbox."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bitbucket_hooks.sandbox.adapter import EMBEDDED_ORIGIN
from bitbucket_hooks.sandbox.errors import SandboxError
from sandbox.conftest import HOOK, Api
from support.sandbox import Sandbox

# Each process waits for a line, so that all begin at once.
POST = f"""
import sys, requests
from bitbucket_hooks.sandbox.adapter import SandboxAdapter
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN
print("ready", flush=True)
sys.stdin.readline()
with requests.Session() as session:
    session.mount("{EMBEDDED_ORIGIN}", SandboxAdapter(sys.argv[1]))
    session.auth = (OWNER_EMAIL, OWNER_TOKEN)
    for _ in range(int(sys.argv[2])):
        url = "{EMBEDDED_ORIGIN}/2.0/repositories/acme/web/hooks"
        assert session.post(url, json={HOOK}).json()["uuid"]
"""


def run_at_once(path: Path, processes: int, posts: int) -> None:
    """Let processes post side by side."""
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", POST, str(path), str(posts)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    for process in started:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    for process in started:
        process.communicate(timeout=60)
        assert process.returncode == 0


def test_processes_seed_and_post_at_once(tmp_path: Path) -> None:
    """Of four that find no file one seeds it, no write is lost, and nothing is left lying about."""
    path = tmp_path / "new.db"
    run_at_once(path, processes=4, posts=25)
    with Sandbox(path) as sandbox:
        assert len({hook.uuid for hook in sandbox.hooks("acme/web")}) == 100
        assert len(sandbox.requests()) == 100
        assert len(sandbox.workspaces()) == 2
    assert {file.name for file in tmp_path.iterdir()} == {"new.db"}


def test_threads(api: Api, path: Path) -> None:
    """One session's adapter serves many threads."""

    def post() -> None:
        for _ in range(10):
            assert api.post("/repositories/acme/web/hooks", HOOK).status_code == 201

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Sandbox(path) as sandbox:
        assert len(sandbox.hooks("acme/web")) == 80


def test_a_failed_write_leaves_nothing(sandbox: Sandbox) -> None:
    """All of a transaction happens, or none of it."""
    before = sandbox.repositories()
    with pytest.raises(SandboxError, match="is there already"):
        sandbox.add_repositories(["acme/new", "acme/Web"])
    assert sandbox.repositories() == before


def test_no_sandbox(tmp_path: Path) -> None:
    """Other files and missing folders are told with the remedy, and left as they are."""
    text = "not a database, but long enough to look like a file at all"
    (tmp_path / "text").write_text(text)
    with pytest.raises(SandboxError, match=r"(?s)file is not a database.*remove the file"):
        Sandbox(tmp_path / "text")
    assert (tmp_path / "text").read_text() == text
    with pytest.raises(SandboxError, match="it is a link, a folder, a device"):
        Sandbox(tmp_path)
    with pytest.raises(SandboxError, match="there is no such folder"):
        Sandbox(tmp_path / "nothing" / "x.db")


@pytest.mark.parametrize("version", [1, 99])
def test_another_version(path: Path, version: int) -> None:
    """A file of an older or later program is left alone, and the error says what to do."""
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(SandboxError, match="another version") as caught:
        Sandbox(path)
    assert "remove the file" in caught.value.remedy
    assert path.read_bytes() == before


def test_a_removed_file_is_an_error(path: Path) -> None:
    """A file that went away is not replaced by an empty one."""
    with Sandbox(path) as sandbox:
        path.unlink()
        with pytest.raises(SandboxError, match="can't be used"):
            sandbox.hooks()
    assert not path.exists()
