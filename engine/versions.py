"""Which versions of the Pulumi CLI serve this project."""

import os
import re
import subprocess
from pathlib import Path

from engine.errors import UnavailableError

MINIMUM = (3, 200)
"""The oldest CLI that serves, as (major, minor); the next major is a stranger."""

PATIENCE = 20.0


def ask(pulumi: Path) -> str:
    """Return the version that a CLI says it is, without the `v`.

    Raises UnavailableError when it can't be run, answers with no version or not at all.
    """
    try:
        done = subprocess.run(
            [str(pulumi), "version"],
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"{pulumi} is broken: no answer in {PATIENCE:g} s") from error
    except OSError as error:
        raise UnavailableError(f"{pulumi} is broken: {error.strerror or error}") from error
    return _parse(pulumi, done)


def _parse(pulumi: Path, done: "subprocess.CompletedProcess[str]") -> str:
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise UnavailableError(f"{pulumi} is broken: exit code {done.returncode} ({last})")
    found = re.search(r"^v?(\d+\.\d+\.\d+\S*)\s*$", done.stdout, re.MULTILINE)
    if not found:
        printed = done.stdout.strip() or "nothing"
        raise UnavailableError(f"{pulumi} is broken, as `pulumi version` printed {printed}")
    return found[1]


def require(pulumi: Path, version: str) -> None:
    """Raise UnavailableError unless a CLI of this version serves the project."""
    major, minor = (int(part) for part in version.split(".")[:2])
    wanted = "{}.{}".format(*MINIMUM)
    if (major, minor) < MINIMUM:
        raise UnavailableError(f"{pulumi} is too old: {version}, wanted is {wanted} or newer")
    if major > MINIMUM[0]:
        raise UnavailableError(f"{pulumi} is too new: {version}, wanted is {MINIMUM[0]}.x")
