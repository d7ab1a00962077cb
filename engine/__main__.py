"""Ensure an engine and print the folder to put first on PATH; progress goes to stderr.

`languages NAME...` ensures that it can run programs in these languages, beside those in Python.
"""

import argparse
import signal
import sys
from types import FrameType
from typing import NoReturn

from engine import languages
from engine.errors import NoEngineError


def main() -> int:
    """Return the exit code: 0 with the folder on stdout, 1 with the reason on stderr."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # `nohup` has its reasons
            signal.signal(number, _end)
    try:
        print(languages.folder(_names()))
    except NoEngineError as error:
        print(f"engine: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def _names() -> list[str]:
    parser = argparse.ArgumentParser(prog="python -m engine")
    commands = parser.add_subparsers(metavar="languages NAME...")
    command = commands.add_parser("languages")
    command.add_argument("languages", nargs="+", choices=languages.HOSTS, metavar="NAME")
    parser.set_defaults(languages=[])
    chosen: list[str] = parser.parse_args().languages
    return chosen


def _end(number: int, _: FrameType | None) -> NoReturn:
    # An orderly end, so that nothing that was started stays behind.
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
