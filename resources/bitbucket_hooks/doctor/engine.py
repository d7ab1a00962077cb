"""The checks of the engine: versions, language host, interpreter, backend, stack, secrets."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from bitbucket_hooks.doctor.findings import Checks, Finding, error, note, ok, unknown, warning
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.urls import veiled
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.pulumi_cli.engine import GET_ENGINE, ask
from bitbucket_hooks.stack.files import read_mapping

MINIMUM: Final = (3, 200)
"""The oldest Pulumi CLI that serves; the next major is unknown."""
SDK_MINIMUM: Final = (3, 216)
"""The oldest SDK that does: before it, a provider could not tell a refresh what it saw."""

HOST: Final = "pulumi-language-python"
_SECONDS: Final = 60
_PACKAGES: Final = {"pulumi": "Pulumi's SDK", "bitbucket-hooks": "bitbucket-hooks"}
_LIST_PACKAGES: Final = f"""
import json, sys
from importlib.metadata import PackageNotFoundError, version
found = {{"python": sys.version.split()[0]}}
for name in {tuple(_PACKAGES)}:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def cli(root: Path | None) -> Iterator[Finding]:
    """The `pulumi` that is first on PATH."""
    path = shutil.which("pulumi")
    if path is None:
        what = "there is no `pulumi` on the PATH"
        yield note("pulumi", what) if root is None else error("pulumi", what, GET_ENGINE)
        return
    found = engine_version(path)
    if found is None:
        yield error("pulumi", f"{path} doesn't tell its version", GET_ENGINE)
        return
    if wrong := _misfit(found, MINIMUM):
        wanted = f"Wanted is {_wanted(MINIMUM)}. {GET_ENGINE}"
        yield error("pulumi", f"{found} is too {wrong}: {path}", wanted)
    else:
        yield ok("pulumi", f"{found}, {path}")
    noted = root / ".venv" / "engine" if root else None
    if noted is not None and noted.is_file():
        own = Path(noted.read_text("utf-8").strip())
        if own.resolve() != Path(path).parent.resolve():
            what = f"the project's own is in {own}"
            yield note("pulumi", what, "`. ./activate` puts that first.")
    beside = os.pathsep.join([str(Path(path).parent), str(Path(path).resolve().parent)])
    if not (shutil.which(HOST, path=beside) or shutil.which(HOST)):
        yield error("pulumi", f"there is no {HOST} beside it or on the PATH", GET_ENGINE)


def engine_version(path: str) -> str | None:
    """The version of the `pulumi` at a path; None when it tells none."""
    printed = re.search(r"^v?(\d+\.\d+\.\d+\S*)\s*$", _printed(path, "version"), re.MULTILINE)
    return printable(printed[1], 60) if printed else None


def _printed(*command: str) -> str:
    """What a command prints; nothing when it can't be run or fails."""
    try:
        return subprocess.run(
            command,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _wanted(minimum: tuple[int, int]) -> str:
    return "{}.{} or newer, below {}".format(*minimum, minimum[0] + 1)


def _misfit(found: str, minimum: tuple[int, int]) -> str | None:
    """Whether a version is too old or too new."""
    major, minor = (int(number) for number in re.findall(r"\d+", found)[:2])
    if (major, minor) < minimum:
        return "old"
    return "new" if major > minimum[0] else None


def packages(root: Path | None) -> Iterator[Finding]:
    """The versions of this command's own packages, and of those that the engine would run."""
    ours = {"python": sys.version.split()[0], **{name: version(name) for name in _PACKAGES}}
    titles = {"python": "Python", **_PACKAGES}
    what = ", ".join(f"{titles[name]} {number}" for name, number in ours.items())
    if wrong := _misfit(ours["pulumi"], SDK_MINIMUM):
        major, minor = SDK_MINIMUM
        pip = f'pip install "pulumi>={major}.{minor},<{major + 1}"'
        remedy = f"Install one that serves: {pip} ({_wanted(SDK_MINIMUM)})."
        yield error("python", f"{what}: the SDK is too {wrong}", remedy)
    else:
        yield ok("python", what)
    if root is None:
        return
    python, remedy = _interpreter(root)
    try:
        theirs = json.loads(_printed(python or "python3", "-c", _LIST_PACKAGES))
    except ValueError:
        yield error("python", f"the engine would find no working {python or 'python3'}", remedy)
        return
    if missing := " and ".join(name for name in ours if name not in theirs):
        yield error("python", f"{python}, which the engine runs, lacks {missing}", remedy)
    elif theirs != ours:
        differing = [f"{name} {theirs[name]}" for name in ours if theirs[name] != ours[name]]
        yield warning(
            "python",
            f"{python}, which the engine runs, has {' and '.join(differing)}",
            "Run this command from the same environment, or bring the two to the same versions.",
        )


def _interpreter(root: Path) -> tuple[str | None, str]:
    """The Python that runs the program: that of the project's option, else the one on PATH."""
    runtime = read_mapping(root / "Pulumi.yaml").get("runtime")
    options = (runtime.get("options") or {}) if isinstance(runtime, Mapping) else {}
    if not isinstance(options, Mapping) or not options.get("virtualenv"):
        return shutil.which("python3"), "Run `. ./activate`: it puts the project's first on PATH."
    folder = root / str(options["virtualenv"])
    return str(folder / "bin" / "python"), f"Make {folder} anew (runtime.options in Pulumi.yaml)."


CHECKS: Final[Checks] = {"pulumi": cli, "python": packages}


@frozen
class Stacks:
    """What the backend has."""

    names: tuple[str, ...]
    """The project's stacks."""
    selected: str | None
    busy: frozenset[str]
    """Those with an update under way, or one that was cut short."""

    def find(self, name: str) -> str | None:
        """The stack of a name, as the backend calls it; an organisation may be left out."""
        return next((known for known in self.names if same(known, name)), None)


def backend() -> Finding:
    """Where the state is. Raises HooksError when it can't be reached."""
    answer = ask("the backend can't be used", "whoami", "--json")
    # Without its query, which has options such as `metadata=skip`, and may have secrets.
    url, user = str(answer.get("url")).partition("?")[0], printable(str(answer.get("user")), 100)
    return ok("backend", f"{printable(veiled(url))}, as {user}")


def stacks(*more: str) -> Stacks:
    """Ask for the project's stacks. Raises HooksError."""
    rows: list[dict[str, Any]] = ask("the stacks can't be listed", "stack", "ls", "--json", *more)
    return Stacks(
        tuple(str(row["name"]) for row in rows),
        next((str(row["name"]) for row in rows if row.get("current")), None),
        frozenset(str(row["name"]) for row in rows if row.get("updateInProgress")),
    )


def stack(name: str, known: Stacks) -> Finding:
    """Whether the backend has a stack, and it is free."""
    found = known.find(name)
    if found is None:
        return error(
            "stack",
            f'the backend has no stack "{printable(name, 60)}"',
            f"Make it with `pulumi stack init {printable(name, 60)}`, or log in to the backend "
            "that has it.",
            (f"It has: {', '.join(known.names) or 'none of this project'}",),
        )
    if found in known.busy:
        return warning(
            "stack",
            f"{found}: an update is under way, or was cut short",
            "Wait for it; when nothing runs any more, `pulumi cancel` frees the stack.",
        )
    return ok("stack", f"{found}{' (selected)' if found == known.selected else ''}")


def same(other: str, name: str) -> bool:
    """Whether two names mean a stack of the same name; an organisation may be left out."""
    return other.rpartition("/")[2] == name.rpartition("/")[2]


def pending(exported: Mapping[str, Any]) -> Iterator[Finding]:
    """Operations that a run which died left in the state."""
    found = (exported.get("deployment") or {}).get("pending_operations") or []
    if found:
        yield warning(
            "state",
            f"{counted(len(found), 'operation')} of a run that died may or may not have been done",
            "`pulumi refresh` clears them; hooks that were made are found and adopted.",
        )


def not_asked(check: str) -> Finding:
    """What can't be looked at without an engine, or without its backend."""
    return unknown(check, "not looked at: the engine has no backend that it can use", GET_ENGINE)
