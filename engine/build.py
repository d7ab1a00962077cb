"""The third way: a build from Go modules, pinned by the go.mod and go.sum files in `engine/go`."""

import hashlib
import os
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UnavailableError
from engine.progress import elapsed, run, say

LABEL = "a build from Go modules"
MODULES = Path(__file__).parent / "go"
SDK = "github.com/pulumi/pulumi/sdk/v3"
LIMIT = 3600.0
"""Seconds that one build may take: a slow machine takes its time, a hanging one ends some day."""


@dataclass(frozen=True)
class Program:
    """A program to compile: the folder in `engine/go` that pins it, its package, its file."""

    module: str
    package: str
    file: str


@dataclass(frozen=True)
class Script:
    """A file of Pulumi's SDK to copy: the folder in `engine/go` that pins the SDK, its path."""

    module: str
    path: str


Part = Program | Script

# The CLI's own modules carry no Python language host any more: it comes from the last version of
# the SDK's module that does, so the two can't share one go.mod.
CLI: Sequence[Part] = (
    Program("cli", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", "pulumi"),
    Program("language", f"{SDK}/python/cmd/pulumi-language-python", "pulumi-language-python"),
    Script("cli", "python/cmd/pulumi-language-python-exec"),
    Script("cli", "python/dist/pulumi-resource-pulumi-python"),
    Script("language", "python/dist/pulumi-analyzer-policy-python"),
)


def version() -> str:
    """Return the version of the CLI that the committed go.mod pins.

    Raises UnavailableError when it pins none.
    """
    pinned = re.search(
        r"^\s*(?:require )?github\.com/pulumi/pulumi/pkg/v3 v(\S+)",
        (MODULES / "cli" / "go.mod").read_text(),
        re.MULTILINE,
    )
    if not pinned:
        raise UnavailableError(f"{MODULES}/cli/go.mod pins no github.com/pulumi/pulumi/pkg/v3")
    return pinned[1]


def name() -> str:
    """Return the name in the cache: the CLI's version and a digest of all that is pinned."""
    return f"{version()}-build-{digest(CLI)}"


def digest(parts: Sequence[Part]) -> str:
    """Return a digest of what these parts are built from."""
    whole = hashlib.sha256()
    for module in sorted({part.module for part in parts}):
        for file in sorted((MODULES / module).glob("*")):
            whole.update(file.read_bytes())
    return whole.hexdigest()[:8]


def make(folder: Path) -> None:
    """Build the CLI and the language host into a folder's `bin`.

    Raises UnavailableError when there is no Go, or when it can't fetch or build the modules.
    """
    make_parts(CLI, folder, what=f"the Pulumi CLI {version()}", takes="some 5 minutes")


def make_parts(parts: Sequence[Part], folder: Path, *, what: str, takes: str) -> None:
    """Build these parts into a folder's `bin`, and say what that is and how long it takes.

    Raises UnavailableError when there is no Go, or when it can't fetch or build the modules.
    """
    go = shutil.which("go")
    if not go:
        raise UnavailableError("no go on PATH")
    programs = folder / "bin"
    programs.mkdir()
    say(f"building {what} from Go modules, once: {takes} on 2 cores")
    start = time.monotonic()
    for part in parts:
        if isinstance(part, Program):
            _compile(go, part, programs)
        else:
            _copy(go, part, programs)
    say(f"built in {elapsed(start)}")


def _compile(go: str, program: Program, programs: Path) -> None:
    stamp = f"-X {SDK}/go/common/version.Version=v{version()}"
    target = programs / program.file
    target.parent.mkdir(exist_ok=True)
    _go(
        f"building {target.name}",
        # Said here, so that the user's GOFLAGS don't say otherwise.
        [go, "build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-v"],
        [f"-ldflags=-s -w {stamp}", "-o", str(target), program.package],
        module=program.module,
    )


def _copy(go: str, script: Script, programs: Path) -> None:
    ask = [go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}"]
    sdk = Path(_go("looking for the SDK's module", ask, [SDK], module=script.module))
    source = sdk / script.path
    if not source.is_file():
        raise UnavailableError(f"the module cache has no {source}; `go clean -modcache` renews it")
    target = programs / source.name
    shutil.copyfile(source, target)
    target.chmod(0o755)  # in the module cache nothing is executable


def _go(what: str, command: list[str], arguments: list[str], *, module: str) -> str:
    return run(what, command + arguments, limit=LIMIT, cwd=MODULES / module, env=_environment())


def _environment() -> Mapping[str, str]:
    # No C compiler is needed so; and a workspace further up is none of ours.
    return {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
