"""Run `pulumi`, with its events as they come, and short commands of its own for values."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from attrs import define, field, frozen

from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.notes import NOTES, Note, exit_code, read_notes
from bitbucket_hooks.model.safety import FORCE
from bitbucket_hooks.model.settings import TURN
from bitbucket_hooks.pulumi_cli.engine_errors import SEE_DOCTOR, engine_failure
from bitbucket_hooks.pulumi_cli.run_folder import run_folder
from bitbucket_hooks.pulumi_cli.signals import (
    interrupt_me_when_orphaned,
    pass_on,
    stop_signals,
)
from bitbucket_hooks.stack.files import read_mapping, read_text

GET_ENGINE: Final = (
    "Install the Pulumi CLI (https://www.pulumi.com/docs/install/), or run `. ./activate` in a "
    "clone of bitbucket-hooks."
)
"""The remedy where there is none that serves."""

_READ_EVERY: Final = 0.2  # seconds
_MOST_OUTPUT: Final = 20_000  # characters of what the engine printed that are kept
_CONFIG_SECONDS: Final = 120
_ENCRYPTION: Final = {"encryptionsalt", "encryptedkey", "secretsprovider"}
"""What a stack's file has of its encryption, unless the backend does it."""
_SPARE: Final = "bitbucket-hooks:spare"  # a key of a copy that is thrown away


@frozen
class Finished:
    """A run of the engine that has ended."""

    code: int
    printed: str = field(repr=False)
    """What it printed, its end at least: all there is when it fails before the first event."""
    notes: tuple[Note, ...]
    """What the processes of the run noted for us."""
    stopped: bool = False
    """Whether a signal ended it, ours to pass on or its own: it didn't get to its end."""

    @property
    def noted_code(self) -> int | None:
        """The exit code of our own errors on the way: 1 the user's mistake, 2 the remote side's."""
        return exit_code(self.notes)


def run(
    args: Sequence[str],
    handle: Callable[[Mapping[str, Any]], None],
    *,
    force: bool = False,
    turn: str | None = None,
) -> Finished:
    """Run `pulumi` to its end; `handle` gets every event at once.

    `turn` says which part a refresh in turns checks; None: what the environment says.
    A signal that asks to stop reaches the engine, which ends what is under way; that is waited for.
    Raises ConfigError when there is no `pulumi`.
    """
    engine = _Engine()
    with stop_signals(engine.stop), run_folder() as folder:
        log, notes, printed = (folder / name for name in ("events", "notes", "printed"))
        log.touch(mode=0o600)
        options = ["--event-log", str(log), "--non-interactive", "--color", "never"]
        variables = {
            "PULUMI_DEBUG_COMMANDS": "true",  # for --event-log
            NOTES: str(notes),
            **({FORCE: "1"} if force else {}),
            **({TURN: turn} if turn else {}),
        }
        with printed.open("wb") as output:
            process = _start(["pulumi", *args, *options], output, variables)
            engine.begun(process)
            code = _follow(process, log, handle)
        text = printed.read_text("utf-8", "replace")[-_MOST_OUTPUT:]
        stopped = code < 0 or bool(code and engine.asked_to_stop)
        return Finished(code, text, read_notes(notes), stopped)


def stack_config(stack: str | None) -> dict[str, Any]:
    """The stack config, secrets open, by its full keys. Raises HooksError."""
    which = ["--stack", stack] if stack else []
    printed = ask("the stack config can't be read", "config", "--json", "--show-secrets", *which)
    found: dict[str, Any] = printed or {}
    return {key: shown.get("objectValue", shown.get("value")) for key, shown in found.items()}


def ask(failing: str, *args: str) -> Any:
    """What a command of `pulumi` prints as JSON; None when it prints nothing.

    Raises HooksError when it can't be run or exits with an error; where that is of no cause that
    is known, it begins with `failing`.
    """
    try:
        return json.loads(_printed(failing, args) or "null")
    except json.JSONDecodeError:
        raise ConfigError(f"{failing}: what `pulumi` printed is no JSON", SEE_DOCTOR) from None


def selected_stack() -> str:
    """The stack that is selected. Raises HooksError when none is."""
    return _printed("the selected stack isn't known", ["stack", "--show-name"]).strip()


def install_plugin(name: str, version: str, file: str, text: str) -> None:
    """Have the engine keep a provider plugin, in the place of an older one of the same version.

    `file` is the name of its executable, `text` what stands in it. Raises HooksError.
    """
    with run_folder() as folder:
        executable = folder / file
        executable.write_text(text, "utf-8")
        executable.chmod(0o755)
        which = ["resource", name, version, "--file", str(executable), "--reinstall"]
        _printed("the plugin can't be installed", ["plugin", "install", *which])


def try_encryption(stack: str, file: Path) -> None:
    """See that a stack's encryption, where its file has one, takes a value. Raises HooksError.

    The engine needs it for every preview, also of a stack that keeps no secret.
    """
    if _ENCRYPTION & read_mapping(file).keys():
        encrypted(stack, file, ["-"], failing="no value can be encrypted")


def encrypted(
    stack: str,
    file: Path,
    values: Sequence[str],
    notify: Callable[[int], None] = lambda _: None,
    *,
    failing: str = "the url can't be encrypted",
) -> list[str]:
    """The values as the stack's own encryption writes them; `notify` hears how many are done.

    The stack's file is left alone: a copy of it takes the values. Raises HooksError.
    """
    with run_folder() as folder:
        copy = folder / file.name
        before = read_text(file)
        encryption = {**read_mapping(file), "config": None}
        copy.touch(mode=0o600)
        found = []
        for number, value in enumerate(values):
            copy.write_text(before, "utf-8")
            command = ["config", "set", "--secret", "--stack", stack, "--config-file", str(copy)]
            _printed(failing, [*command, _SPARE], value)
            whole = read_mapping(copy)
            found.append(str(whole["config"][_SPARE]["secure"]))
            if {**whole, "config": None} != encryption:
                raise ConfigError(
                    f"the stack {printable(stack)} has no encryption yet",
                    "Set a first secret with `pulumi config set --secret`, which makes it.",
                )
            notify(number + 1)
        return found


def _printed(failing: str, args: Sequence[str], given: str = "") -> str:
    """What a short command of `pulumi` prints; `given` is its input."""
    try:
        done = subprocess.run(
            ["pulumi", *args, "--non-interactive"],
            input=given,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_CONFIG_SECONDS,
            start_new_session=True,  # a signal to the whole group is for whoever asks
        )
    except FileNotFoundError:
        raise _no_engine() from None
    except OSError as error:
        raise ConfigError(
            f"{failing}: `pulumi` can't be run ({error.strerror})", SEE_DOCTOR
        ) from None
    except subprocess.TimeoutExpired:
        raise ConfigError(
            f"{failing}: no answer of `pulumi` in {_CONFIG_SECONDS} s", SEE_DOCTOR
        ) from None
    if done.returncode:
        raise engine_failure(failing, done.stderr)
    return done.stdout


def _no_engine() -> ConfigError:
    return ConfigError(
        "there is no `pulumi` on the PATH",
        GET_ENGINE,
    )


def _start(
    command: list[str], output: Any, variables: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **variables},
            start_new_session=True,
            # It calls the kernel alone; Windows has no fork.
            preexec_fn=None if sys.platform == "win32" else interrupt_me_when_orphaned,  # noqa: PLW1509
        )
    except FileNotFoundError:
        raise _no_engine() from None


@define
class _Engine:
    """The engine's process, which hears of the signals that ask to stop."""

    asked_to_stop: bool = False
    _process: subprocess.Popen[bytes] | None = None

    def begun(self, process: subprocess.Popen[bytes]) -> None:
        """Know the process; a signal may have come before it."""
        self._process = process
        if self.asked_to_stop:
            self.stop()

    def stop(self, _: int = signal.SIGINT) -> None:
        """Ask the engine to end what is under way; asked again, it drops that too."""
        self.asked_to_stop = True
        if self._process is not None:
            pass_on(signal.SIGINT, self._process)


def _follow(
    process: subprocess.Popen[bytes], log: Path, handle: Callable[[Mapping[str, Any]], None]
) -> int:
    """Hand on the engine's events until it ends; gives its exit code.

    It never waits for long: a signal that comes just before a wait is handled only after it.
    """
    rest = b""
    with log.open("rb") as file:
        while True:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_READ_EVERY)
            code = process.returncode  # before the last lines are read
            *lines, rest = (rest + file.read()).split(b"\n")
            for event in map(_event, lines):
                if event is not None:
                    handle(event)
            if code is not None:
                return code


def _event(line: bytes) -> Mapping[str, Any] | None:
    """An event of the log; None for a line that is none."""
    try:
        event = json.loads(line)
    except ValueError:  # no JSON, or no UTF-8
        return None
    return event if isinstance(event, dict) else None
