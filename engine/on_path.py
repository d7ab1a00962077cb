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


def has(pulumi: Path, program: str) -> bool:
    """Whether a CLI has a program of its own: beside it, beside what it links to, or on PATH."""
    beside = [pulumi.parent, pulumi.resolve().parent]
    return bool(shutil.which(program, path=os.pathsep.join(map(str, [*beside, *_folders()]))))


def _candidates() -> list[Path]:
    found = [shutil.which("pulumi", path=folder) for folder in dict.fromkeys(_folders())]
    return [Path(name).absolute() for name in found if name]


def _folders() -> list[Path]:
    # What we put there ourselves is no find; it may be there because of an earlier activation.
    ours = cache.engines()
    folders = [Path(name) for name in os.get_exec_path() if name]
    return [folder for folder in folders if ours not in folder.absolute().parents]


def _refusal(pulumi: Path) -> str | None:
    try:
        _check(pulumi)
    except UnavailableError as refusal:
        return str(refusal)
    return None


def _check(pulumi: Path) -> None:
    versions.require(pulumi, versions.ask(pulumi))
    if not has(pulumi, LANGUAGE_HOST):
        raise UnavailableError(f"{pulumi} has no {LANGUAGE_HOST} beside it or on PATH")
