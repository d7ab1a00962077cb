"""The first way: a Pulumi CLI that the user has already."""

import os
import shutil
from pathlib import Path

from engine import cache, versions
from engine.errors import UnavailableError

LABEL = "a pulumi on PATH"
LANGUAGE_HOST = "pulumi-language-python"


def find() -> Path:
    """Return the folder of the first CLI on PATH that serves.

    Raises UnavailableError with what is wrong with each of those found.
    """
    refusals = []
    for pulumi in _candidates():
        if not (refusal := _refusal(pulumi)):
            return pulumi.parent
        refusals.append(refusal)
    raise UnavailableError("; ".join(refusals) or "there is none")


def _candidates() -> list[Path]:
    ours = cache.engines()
    folders = [Path(name) for name in os.get_exec_path() if name]
    found = [shutil.which("pulumi", path=folder) for folder in dict.fromkeys(folders)]
    # What we put there ourselves is no find; it may be there because of an earlier activation.
    return [path for name in found if name and ours not in (path := Path(name).absolute()).parents]


def _refusal(pulumi: Path) -> str | None:
    try:
        _check(pulumi)
    except UnavailableError as refusal:
        return str(refusal)
    return None


def _check(pulumi: Path) -> None:
    versions.require(pulumi, versions.ask(pulumi))
    beside = os.pathsep.join([str(pulumi.parent), str(pulumi.resolve().parent)])
    if not (shutil.which(LANGUAGE_HOST, path=beside) or shutil.which(LANGUAGE_HOST)):
        raise UnavailableError(f"{pulumi} has no {LANGUAGE_HOST} beside it or on PATH")
