"""A quick Python for the engine: its processes are forks of one that has imported what they import.

Imports are most of the CPU of a program or a provider. The command hands its arguments,
environment, folder and files over to the server, passes signals on and ends as the fork ends.
Whatever is neither a program nor a provider gets the plain interpreter. Linux only.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import marshal
import os
import runpy
import selectors
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import attrs

_CLIENT: Final = Path(__file__).with_name("quick_python_client.py")
_COMMAND: Final = """#!/bin/sh
case "$*" in
"-u -m pulumi.dynamic "* | */pulumi-language-python-exec\\ *) exec {client} "$@" ;;
*) exec {plain} "$@" ;;
esac
"""
_SIZE: Final = 8  # bytes, for the length of a request
# Not `bitbucket_hooks.provider` and what imports it: it looks at its process when it is imported.
_IMPORTED: Final = (
    *(
        "pulumi.dynamic",
        "pulumi.runtime.proto.provider_pb2_grpc",
        "pulumi.metadata",
        "grpc._server",
    ),
    *("dill", "google.protobuf.json_format", "requests", "yaml", "argparse"),
    *(f"bitbucket_hooks.operations.{name}" for name in ("exclusive", "fleet", "hook", "session")),
    *("bitbucket_hooks.reconcile.refresh_turns", "bitbucket_hooks.sandbox.adapter"),
)


@contextlib.contextmanager
def quick_python(folder: Path, env: Mapping[str, str]) -> Iterator[Path]:
    """Give the command for as long as the server runs; its forks end with it."""
    command, path = folder / "python3", folder / "socket"
    client = shlex.join([sys.executable, "-IS", str(_CLIENT), str(path)])
    command.write_text(_COMMAND.format(client=client, plain=shlex.quote(sys.executable)))
    command.chmod(0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(socket.SOMAXCONN)
        server = subprocess.Popen(
            [sys.executable, "-u", __file__, str(listener.fileno())],
            env=env,
            stdin=subprocess.PIPE,  # whose end is the server's: also when this process is killed
            stdout=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )
    try:
        yield command
    finally:
        server.communicate()


@attrs.frozen
class _Request:
    args: list[str]
    folder: str
    env: dict[str, str]
    parent: int
    files: list[int]

    def run(self) -> None:
        """Become the process that the engine wanted."""
        for target, file in enumerate(self.files):
            os.dup2(file, target)
            os.close(file)
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.env)
        os.getppid = lambda: self.parent  # by which providers tell the engine's runs apart
        script, *args = (arg for arg in self.args if arg != "-u")  # as the server has it already
        module = args.pop(0) if script == "-m" else None
        first = self.folder if module else str(Path(script).resolve().parent)
        sys.path[:1] = [first, *filter(None, self.env.get("PYTHONPATH", "").split(os.pathsep))]
        sys.argv = [script, *args]
        # a program changes within a second, which is all that the age of kept bytecode tells
        sys.dont_write_bytecode = True
        if module:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(script, run_name="__main__")


def _received(connection: socket.socket) -> _Request:
    size, files, _, _ = socket.recv_fds(connection, _SIZE, 3)
    whole = bytearray()
    while len(whole) < int.from_bytes(size, "big"):
        whole += connection.recv(1 << 16)
    args, folder, env, parent = marshal.loads(whole)  # noqa: S302  # from our own client
    return _Request(args, folder, env, parent, files)


@attrs.frozen(eq=False)
class _Fork:
    pid: int
    client: socket.socket
    handle: int  # readable when the fork has ended

    def hear(self) -> bool:
        """Pass on what the client sends, signals or its own end; say whether it lives."""
        signals = self.client.recv(64) or bytes([signal.SIGKILL])
        for number in signals:
            signal.pidfd_send_signal(self.handle, number)
        return signal.SIGKILL not in signals

    def close(self) -> None:
        """Close the files of it."""
        self.client.close()
        os.close(self.handle)

    def end(self) -> None:
        """Tell the client how the fork ended."""
        _, status = os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            self.client.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        self.close()


@attrs.frozen
class _Server:
    listener: socket.socket
    selector: selectors.BaseSelector = attrs.field(factory=selectors.DefaultSelector)
    forks: dict[int, _Fork] = attrs.field(factory=dict)

    def serve(self) -> _Request | None:
        """Fork for each client; come back in each fork with its request, at the end with None."""
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.selector.register(sys.stdin, selectors.EVENT_READ)
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is sys.stdin:
                    for fork in self.forks.values():
                        os.kill(fork.pid, signal.SIGKILL)
                        fork.end()
                    return None
                if key.fileobj is self.listener:
                    if (request := self._fork()) is not None:
                        return request
                elif key.data.pid in self.forks:  # else it ended in this same round
                    self._attend(key.data, ended=key.fileobj == key.data.handle)

    def _fork(self) -> _Request | None:
        client, _ = self.listener.accept()
        request = _received(client)
        if (pid := os.fork()) == 0:
            self.selector.close()
            self.listener.close()
            client.close()
            for fork in self.forks.values():
                fork.close()
            return request
        for file in request.files:
            os.close(file)
        fork = self.forks[pid] = _Fork(pid, client, os.pidfd_open(pid))
        self.selector.register(client, selectors.EVENT_READ, fork)
        self.selector.register(fork.handle, selectors.EVENT_READ, fork)
        return None

    def _attend(self, fork: _Fork, *, ended: bool) -> None:
        if ended:
            del self.forks[fork.pid]
            self.selector.unregister(fork.handle)
        elif fork.hear():
            return
        with contextlib.suppress(KeyError):  # the client may have ended before the fork
            self.selector.unregister(fork.client)
        if ended:
            fork.end()


def _main() -> None:
    for module in _IMPORTED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # so that the forks' collectors leave the shared pages alone
    request = _Server(socket.socket(fileno=int(sys.argv[1]))).serve()
    if request is not None:
        request.run()


if __name__ == "__main__":
    _main()
