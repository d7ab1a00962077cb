"""Records a shell in a terminal of 80 columns, as frames that can be drawn as SVG."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate, groupby
from pathlib import Path
from typing import Final

import pyte
from attrs import define, field, frozen
from jinja2 import Environment, FileSystemLoader
from pyte.screens import Char

from support.terminal import open_terminal

COLUMNS: Final = 80
ROWS: Final = 26

_READY: Final = b"\x1b]2;ready\x07"  # the window's title, which is not drawn: a command has ended
_SHELL: Final = """
while IFS= read -r command <&{commands}; do
    eval "$command" {commands}<&-
    printf '\\033]2;ready\\007'
done
"""
_TYPED: Final = 1.0  # seconds for which a recording shows a command before it runs
_READ: Final = 3.5  # and what it printed
_COLOURS: Final = {
    "default": "#e4e8ef",
    "black": "#7c8694",
    "red": "#ff8a80",
    "green": "#57c79e",
    "brown": "#e2b65c",  # what terminals call yellow
    "blue": "#7aa7f0",
    "magenta": "#d39bf2",
    "cyan": "#6cc7d9",
    "white": "#e4e8ef",
    # as pyte calls the same of the 256 colours, which Pulumi uses
    "cd0000": "#ff8a80",
    "00cd00": "#57c79e",
    "cdcd00": "#e2b65c",
    "ff00ff": "#d39bf2",
}


@frozen
class Run:
    """Characters beside each other that look the same."""

    column: int
    text: str
    colour: str
    bold: bool


@frozen
class Frame:
    """What the screen showed, and for how many seconds a recording shows it."""

    rows: tuple[tuple[Run, ...], ...]
    seconds: float


@define
class Terminal:
    """A shell in a terminal."""

    _output: int
    _commands: int
    frames: list[Frame] = field(factory=list)
    """What the screen showed since it was last cleared."""
    _screen: pyte.Screen = field(factory=lambda: pyte.Screen(COLUMNS, ROWS))

    def run(self, command: str) -> None:
        """Run a command and keep what the screen shows before and after it."""
        stream = pyte.ByteStream(self._screen)
        stream.feed(b"\x1b[1m$ " + command.encode() + b"\x1b[0m\r\n")
        self._keep(_TYPED)
        os.write(self._commands, command.encode() + b"\n")
        printed = b""
        while not printed.endswith(_READY):
            printed += os.read(self._output, 65536)
        stream.feed(printed)
        self._keep(_READ)

    def clear(self) -> None:
        """Begin with an empty screen and without frames."""
        self._screen.reset()
        self.frames.clear()

    def _keep(self, seconds: float) -> None:
        rows = [_runs(self._screen.buffer[row]) for row in range(ROWS)]
        while rows and not rows[-1]:
            rows.pop()
        self.frames.append(Frame(tuple(rows), seconds))


def _runs(row: Mapping[int, Char]) -> tuple[Run, ...]:
    cells = [(column, row[column]) for column in range(COLUMNS)]
    runs = []
    for (colour, bold), group in groupby(cells, lambda cell: (cell[1].fg, cell[1].bold)):
        same = list(group)
        text = "".join(character.data for _, character in same)
        start = same[0][0] + len(text) - len(text.lstrip())
        if text.strip():
            shade = _COLOURS.get(colour.removeprefix("bright"), f"#{colour}")
            runs.append(Run(start, text.strip(), shade, bold))
    return tuple(runs)


@contextmanager
def terminal(folder: Path, env: Mapping[str, str]) -> Iterator[Terminal]:
    """Open a terminal in a folder until the block ends."""
    output, screen = open_terminal(ROWS, COLUMNS)
    commands, typed = os.pipe()
    shell = subprocess.Popen(
        ["bash", "--norc", "-c", _SHELL.format(commands=commands)],
        cwd=folder,
        env={**env, "TERM": "xterm-256color", "PULUMI_OPTION_COLOR": "always"},
        stdin=subprocess.DEVNULL,
        stdout=screen,
        stderr=screen,
        pass_fds=[commands],
    )
    os.close(commands)
    os.close(screen)
    try:
        yield Terminal(output, typed)
    finally:
        os.close(typed)
        shell.wait()
        os.close(output)


def drawn(frames: Sequence[Frame], label: str) -> str:
    """Draw frames as one SVG, which plays them one after the other; one frame is a still picture.

    `label` says what is to be seen, for those who can't see it.
    """
    *starts, seconds = accumulate((frame.seconds for frame in frames), initial=0.0)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True
    )
    return environment.get_template("terminal.svg.jinja").render(
        frames=frames,
        starts=[100 * start / seconds for start in starts],
        seconds=seconds,
        label=label,
        columns=COLUMNS,
        rows=max(len(frame.rows) for frame in frames),
    )
