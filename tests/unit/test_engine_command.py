"""The engine's own command, for the stack of the run that a provider belongs to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bitbucket_hooks.runs.engine import StackLocked, refuse_locked

PROVIDER = "from bitbucket_hooks.provider import engine_run; print(*engine_run.engine_command())"
ENGINE = "import subprocess, sys; subprocess.run([sys.argv[1], '-c', sys.argv[2]], check=True)"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("up", ""),
        ("preview --stack acme/hooks/prod --json", " --stack acme/hooks/prod"),
        ("refresh --stack=prod", " --stack prod"),
        ("up -s prod --yes", " --stack prod"),
    ],
)
@pytest.mark.parametrize("folder", ["/opt/engine", ".", ""])
def test_the_stack_as_it_was_named(folder: str, words: str, named: str) -> None:
    """By the name on the command line; else the selected one is meant."""
    binary = str(Path(folder) / "pulumi") if folder else "pulumi"
    expected = f"{binary if folder.startswith('/') else 'pulumi'} stack{named}"
    assert _told(binary, words) == expected


def test_another_program_that_starts_providers() -> None:
    """Nothing of its command line is taken for the engine's."""
    assert _told("/opt/automation", "--stack prod") == "pulumi stack"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "is currently locked by 1 lock\n s3://b: created by ci@runner (pid 47) at 2026-03-01",
            "another run holds the stack (ci@runner, process 47, since 2026-03-01);",
        ),
        (
            "error: [409] Conflict: Another update is currently in progress.\n",
            "another run holds the stack;",
        ),
    ],
)
def test_a_locked_stack(said: str, told: str) -> None:
    """As backends of one's own say it, and as Pulumi Cloud does; another failure is none."""
    with pytest.raises(StackLocked) as failed:
        refuse_locked(said, "prod")
    assert failed.value.message.startswith(told)
    assert "`pulumi cancel --stack prod` frees the stack" in failed.value.remedy
    assert failed.value.exit_code == 2
    with pytest.raises(StackLocked, match="`pulumi cancel` frees"):
        refuse_locked(said, None)
    refuse_locked("error: no stack named 'prod' found\n", "prod")


def _told(engine: str, words: str) -> str:
    """What a provider says that a process of that name has started."""
    command = [engine, "-c", ENGINE, sys.executable, PROVIDER, *words.split()]
    done = subprocess.run(
        command, executable=sys.executable, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
