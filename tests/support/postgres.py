"""A PostgreSQL server of a test's own: made in an empty folder, gone with the test."""

from __future__ import annotations

import base64
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from attrs import frozen

from support.processes import children_of

_DEBIAN: Final = Path("/usr/lib/postgresql")  # its servers are not on PATH
_USER: Final = "pulumi"
_DATABASE: Final = "states"
_SERVERS_OWN: Final = "postgres"  # the account that Debian's package makes
_SECONDS: Final = 60
_NEEDED: Final = ("initdb", "pg_ctl", "createdb", "psql")


def programs() -> Path:
    """Find the server's programs; a test that needs them fails without, and says what to do."""
    on_path = shutil.which("initdb")
    folders = [*_DEBIAN.glob("*/bin"), *([Path(on_path).resolve().parent] if on_path else [])]
    for folder in folders:
        if all((folder / name).is_file() for name in _NEEDED):
            return folder
    raise RuntimeError(
        "the tests of a state in PostgreSQL need its server: install it "
        "(Debian: apt-get install postgresql)"
    )


@frozen
class Server:
    """A running server, reached through a socket in its folder."""

    programs: Path
    folder: Path

    def start(self) -> None:
        """Start it, again after a stop."""
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off"
        self._control("-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """End it, and every connection."""
        self._control("-m", "immediate", "stop")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it say nothing for a while, with its connections open."""
        leader = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        processes = [leader, *children_of(leader)]
        for number in processes:
            os.kill(number, signal.SIGSTOP)
        try:
            yield
        finally:
            for number in processes:
                os.kill(number, signal.SIGCONT)

    def _control(self, *args: str) -> None:
        data = str(self.folder / "data")
        _as_other([str(self.programs / "pg_ctl"), "-D", data, "-w", "-s", *args])

    def ask_for_passwords(self) -> None:
        """Let nobody in without a password but the owner."""
        rules = f"('local all {_USER} trust'), ('local all all scram-sha-256')"
        self.ask(f"COPY (VALUES {rules}) TO '{self.folder}/data/pg_hba.conf'")
        self.ask("SELECT pg_reload_conf()")

    @property
    def backend(self) -> str:
        """The address of an empty database, as Pulumi takes it."""
        return f"postgres://{_USER}@/{_DATABASE}?host={quote(str(self.folder), safe='')}"

    def ask(self, query: str) -> str:
        """What a query answers."""
        own = ("-h", str(self.folder), "-U", _USER, "-d", _DATABASE)
        return _run([str(self.programs / "psql"), *own, "-Atc", query])

    def contents(self) -> str:
        """All states, histories and backups as they were before they were encoded."""
        rows = self.ask("SELECT data->>'data' FROM pulumi_state").splitlines()
        return "\n".join(base64.b64decode(row).decode("utf-8", "replace") for row in rows)


@contextmanager
def postgres() -> Iterator[Server]:
    """Run a server until the block ends."""
    found = programs()
    # not in the test's folder: the path of a socket has at most 107 bytes
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as place:
        folder = Path(place)
        if os.getuid() == 0:  # which PostgreSQL refuses to run as
            os.chown(folder, pwd.getpwnam(_SERVERS_OWN).pw_uid, -1)
        server = Server(found, folder)
        options = ["-A", "trust", "-U", _USER, "--no-sync"]
        _as_other([str(found / "initdb"), "-D", str(folder / "data"), *options])
        server.start()
        try:
            own = ["-h", str(folder), "-U", _USER]
            _run([str(found / "createdb"), *own, _DATABASE])
            yield server
        finally:
            server.stop()


def _as_other(command: list[str]) -> None:
    """Run a program of the server's; root does it as the server's own account."""
    # not by subprocess's own `user`, which forks this process, where gRPC may have threads
    other = [f"--reuid={_SERVERS_OWN}", f"--regid={_SERVERS_OWN}", "--clear-groups"]
    _run([*(["setpriv", *other] if os.getuid() == 0 else []), *command])


def _run(command: list[str]) -> str:
    done = subprocess.run(
        command,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
    return done.stdout
