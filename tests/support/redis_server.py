"""A Redis server of a test's own, with a password."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from attrs import define, field

PASSWORD: Final = "canary-redis"
_SECONDS: Final = 60


@define
class Server:
    """A server on a port of this machine."""

    program: str
    folder: str
    port: int
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Where it is, with the password."""
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, again after a stop, with what it held."""
        options = {"port": self.port, "bind": "127.0.0.1", "requirepass": PASSWORD}
        options |= {"dir": self.folder, "appendonly": "yes", "appendfsync": "no", "save": ""}
        args = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self._process = subprocess.Popen([self.program, *args], stdout=subprocess.DEVNULL)
        ends = time.monotonic() + _SECONDS
        while not self._answers():
            assert self._process.poll() is None, "redis-server ended"
            assert time.monotonic() < ends, "redis-server doesn't answer"
            time.sleep(0.02)

    def stop(self) -> None:
        """End it, and every connection."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_SECONDS)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it say nothing for a while, with its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            with closing(socket.create_connection(("127.0.0.1", self.port), 5)) as line:
                line.sendall(f"AUTH {PASSWORD}\r\nPING\r\n".encode())
                with line.makefile("rb") as answers:
                    return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False


@contextmanager
def redis_server() -> Iterator[Server]:
    """Run a server until the block ends."""
    program = shutil.which("redis-server")
    if program is None:
        raise RuntimeError(
            "the tests of a budget in Redis need its server: install it "
            "(Debian: apt-get install redis-server)"
        )
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = Server(program, folder, port)
        server.start()
        try:
            yield server
        finally:
            server.stop()
