"""Ask a server of `quick_python` for a process, and be it for whoever started this one.

Run as `python -IS quick_python_client.py SOCKET ARGS...`; it imports little, to start at once.
"""

import marshal
import os
import signal
import socket
import sys

_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1)


def main(path: str, args: list[str]) -> None:
    """Wait for the fork, and end as it does."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        for number in _PASSED_ON:
            signal.signal(number, lambda number, _: server.sendall(bytes([number])))
        request = marshal.dumps((args, os.getcwd(), dict(os.environ), os.getppid()))  # noqa: PTH109
        socket.send_fds(server, [len(request).to_bytes(8, "big")], [0, 1, 2])
        server.sendall(request)
        code = int(server.recv(8) or signal.SIGTERM)
    if code < 0:
        if -code in _PASSED_ON:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


main(sys.argv[1], sys.argv[2:])
