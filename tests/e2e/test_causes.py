"""What keeps a run from beginning: each command says the cause and the remedy at once."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import pytest

from support.engine import STACK, Project

pytestmark = pytest.mark.engine

KEY = "bitbucket-hooks:hooks"
ON_STACK = ("--stack", STACK)
RUNS = (("preview",), ("up", "--yes"), ("drift",))
OUTSIDE = "Change to the folder of a Pulumi project, or make one with `bitbucket-hooks new`."
PASSPHRASE = "Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, to what"


def _stopped(
    project: Project,
    said: tuple[str, str],
    *command: str,
    variables: Mapping[str, str] | None = None,
    code: int = 1,
) -> None:
    """The command stops with these words, changes nothing, and sends nobody to the doctor."""
    run = project.command(*command, **(variables or {}))
    assert run.code == code, run.text
    for words in said:
        assert words in run.flat
    assert "doctor" not in run.text
    assert "canary" not in run.text
    assert project.writes() == []


def test_secrets_that_stay_closed(stacks: Project) -> None:
    """With another passphrase, without one, and with a file that is not there."""
    entry = {"name": "ci", "repositories": ["api"], "url": "https://ci.example.com/"}
    stacks.config({KEY: [entry]}).secret(f"{KEY}[0].url", "https://ci.example.com/canary")
    said = "incorrect passphrase for the stack's secrets", PASSPHRASE
    wrong = {"PULUMI_CONFIG_PASSPHRASE": "canary"}
    for command in (*RUNS, ("import", "acme")):
        _stopped(stacks, said, *command, *ON_STACK, variables=wrong)
    run = stacks.command("stacks", "preview", STACK, **wrong)
    assert run.code == 1
    assert all(words in run.flat for words in said)

    del stacks.env["PULUMI_CONFIG_PASSPHRASE"]
    said = "the stack's secrets need a passphrase", PASSPHRASE
    _stopped(stacks, said, "preview", *ON_STACK)
    said = "PULUMI_CONFIG_PASSPHRASE_FILE is /none, which can't be read", "Name a file that is"
    gone = {"PULUMI_CONFIG_PASSPHRASE_FILE": "/none"}
    _stopped(stacks, said, "preview", *ON_STACK, variables=gone)
    for offline in ("check", "stacks"):  # need no secret
        assert stacks.command(offline).code == 0


def test_a_backend_that_is_not_there(stacks: Project) -> None:
    """A folder that nobody made, and a database that doesn't answer, whose password is hidden."""
    folder = {"PULUMI_BACKEND_URL": "file:///no/state"}
    said = "the backend is the folder /no/state, and that isn't there", "Make the folder"
    for command in RUNS:
        _stopped(stacks, said, *command, *ON_STACK, variables=folder)
    _stopped(stacks, said, "import", "acme", variables=folder)
    database = {"PULUMI_BACKEND_URL": "postgres://joe:canary@127.0.0.1:1/db"}
    said = "the backend can't be reached: unable to open bucket", "Check PULUMI_BACKEND_URL"
    _stopped(stacks, said, "preview", *ON_STACK, variables=database, code=2)


def test_which_stack(stacks: Project) -> None:
    """One that the backend lacks, one without a file, and none at all."""
    names = f"log in to the backend that has it. This project has {STACK}."
    said = 'the backend has no stack "dev" Make it with `pulumi stack init dev`', names
    for command in RUNS:
        _stopped(stacks, said, *command, "--stack", "dev")
    said = "there is no Pulumi.nope.yaml", f"Name one of: {STACK}."
    _stopped(stacks, said, "check", "nope")
    _stopped(stacks, said, "import", "acme", "--stack", "nope")
    stacks.run("stack", "unselect")
    said = "no stack is selected", "Name it, or select one with"
    for command in (*RUNS, ("import", "acme")):
        _stopped(stacks, said, *command)


def test_outside_a_project(stacks: Project) -> None:
    """Every command says that this is no project, and none to make a stack here."""
    outside = attrs.evolve(stacks, folder=stacks.folder.parent)
    for command in (*RUNS, ("import", "acme"), ("check",), ("stacks",), ("stacks", "preview")):
        run = outside.command(*command)
        assert run.code == 1
        assert "there is no Pulumi.yaml in" in run.flat
        assert OUTSIDE in run.flat
        assert "doctor" not in run.text
        assert "stack init" not in run.text
