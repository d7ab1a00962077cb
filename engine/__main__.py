"""Ensure an engine and print the folder to put first on PATH; progress goes to stderr."""

import signal
import sys
from types import FrameType
from typing import NoReturn

from engine import choose
from engine.errors import NoEngineError


def main() -> int:
    """Return the exit code: 0 with the folder on stdout, 1 with the reason on stderr."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # `nohup` has its reasons
            signal.signal(number, _end)
    try:
        print(choose.folder())
    except NoEngineError as error:
        print(f"engine: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def _end(number: int, _: FrameType | None) -> NoReturn:
    # An orderly end, so that nothing that was started stays behind.
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
