"""Why a command of the engine failed, with the remedy, from what it printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_hooks.pulumi_cli.engine_errors import StackLocked, engine_failure


@pytest.mark.parametrize(
    ("said", "message"),
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
def test_a_locked_stack(said: str, message: str) -> None:
    """As backends of one's own say it, and as Pulumi Cloud does."""
    failed = engine_failure("failed", said, "prod")
    assert isinstance(failed, StackLocked)
    assert failed.message.startswith(message)
    assert "`pulumi cancel --stack prod` frees the stack" in failed.remedy
    assert failed.exit_code == 2
    assert "`pulumi cancel` frees" in engine_failure("failed", said).remedy


SAID = {
    "getting stack configuration: get stack secrets manager: incorrect passphrase": (
        "incorrect passphrase for the stack's secrets",
        "Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, to what",
    ),
    "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE "
    "environment variables": (
        "the stack's secrets need a passphrase",
        "Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, to what",
    ),
    "get stack secrets manager: unable to read PULUMI_CONFIG_PASSPHRASE_FILE: open /x/pass: no "
    "such file or directory": (
        "PULUMI_CONFIG_PASSPHRASE_FILE is /x/pass, which can't be read: no such file or directory",
        "Name a file that is there",
    ),
    "validating stack config: cipher: message authentication failed": (
        "an encrypted value was encrypted for another stack, or with another passphrase",
        "Set it anew with `pulumi config set --secret KEY`",
    ),
    "no stack named 'prod' found": (
        'the backend has no stack "prod"',
        (
            "Make it with `pulumi stack init prod`, or log in to the backend that has it. "
            "This project has dev, live."
        ),
    ),
    "a stack name may only contain alphanumeric, hyphens, underscores, or periods: invalid "
    "character ' ' at position 1": (
        "no stack can have this name: a stack name may only contain",
        "This project has dev, live.",
    ),
    "no stack selected; please use `pulumi stack select` or `pulumi stack init` to choose one": (
        "no stack is selected",
        ("Name it, or select one with `pulumi stack select STACK`. This project has dev, live."),
    ),
    "PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions": (
        "not logged in",
        "Run `pulumi login`, or set PULUMI_ACCESS_TOKEN or PULUMI_BACKEND_URL",
    ),
    "[401] Unauthorized: No credentials provided or are invalid.": (
        "the backend doesn't take the access token",
        "Set PULUMI_ACCESS_TOKEN to one that is valid",
    ),
    "no Pulumi.yaml project file found (searching upwards from /tmp). If you have not created a "
    "project yet, use `pulumi new` to do so: no project file found": (
        "there is no Pulumi.yaml in this folder or above it",
        "Change to the folder of a Pulumi project, or make one with `bitbucket-hooks new`.",
    ),
    "could not validate '/p/Pulumi.yaml': project is missing a 'name' attribute": (
        "/p/Pulumi.yaml can't be used: project is missing a 'name' attribute",
        "Correct the file there.",
    ),
    "could not unmarshal '/p/Pulumi.yaml': invalid YAML file: yaml: line 3: canary": (
        "/p/Pulumi.yaml is no valid YAML: line 3",
        "Correct the file there.",
    ),
    "getting stack configuration: invalid YAML file: yaml: line 1: canary": (
        "the stack's file is no valid YAML: line 1",
        "`bitbucket-hooks check` tells its name",
    ),
    "failed to load checkpoint: EOF": (
        "the stack's state can't be read, as a run that was killed may leave it: failed to",
        "delete STACK.json.attrs beside it",
    ),
    "place 1: unexpected end of JSON input": (
        "the stack's state can't be read, as a run that was killed may leave it: unexpected",
        "copy STACK.json.bak over it",
    ),
    "unable to open bucket file:///no/state?no_tmp_dir=true: stat /no/state: no such file or "
    "directory": (
        "the backend is the folder /no/state, and that isn't there",
        "Make the folder, or correct PULUMI_BACKEND_URL.",
    ),
    "unable to open bucket file:///etc/passwd?no_tmp_dir=true: /etc/passwd is not a directory": (
        "the backend is the folder /etc/passwd, and that isn't there",
        "Make the folder, or correct PULUMI_BACKEND_URL.",
    ),
    'read ".pulumi/meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): operation error S3: '
    "GetObject, get identity: get credentials: failed to refresh cached credentials": (
        "there are no credentials that open the backend: read",
        "Check PULUMI_BACKEND_URL, and its credentials in the environment.",
    ),
    "missing google credentials: unable to find gcp credentials": (
        "there are no credentials that open the backend: missing google",
        "Check PULUMI_BACKEND_URL, and its credentials",
    ),
    'read ".pulumi/meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): operation error S3: '
    "GetObject, resolve auth scheme: Invalid region: region was not a valid DNS name.": (
        "the backend can't be used: read",
        "Check PULUMI_BACKEND_URL, and its credentials",
    ),
}
UNREACHED = (
    (
        "unable to open bucket postgres://joe:canary@127.0.0.1:1/db: failed to ping PostgreSQL: "
        "dial tcp 127.0.0.1:1: connect: connection refused"
    ),
    (
        "unable to open bucket postgres://joe@db.example.com/db?password=canary: failed to ping "
        "PostgreSQL: dial tcp: lookup db.example.com on 10.0.0.53:53: no such host"
    ),
    (
        'performing HTTP request: Get "https://pulumi.example.com/api/user": dial tcp 127.0.0.1:1: '
        "connect: connection refused"
    ),
    (
        'read ".pulumi/meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): operation error '
        "S3: GetObject, https response error StatusCode: 0, RequestID: , HostID: , request send"
    ),
)


@pytest.fixture
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.live.yaml"):
        (tmp_path / name).write_text("name: hooks\n")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("said", SAID)
@pytest.mark.usefixtures("_project")
def test_known_words(said: str) -> None:
    """The cause and the remedy; nothing of a file's contents; no advice to ask the doctor."""
    failed = engine_failure("failed", f"Previewing update (dev):\nerror: {said}\n")
    message, remedy = SAID[said]
    assert failed.message.startswith(message)
    assert remedy in failed.remedy
    assert "doctor" not in str(failed)
    assert "canary" not in str(failed)
    assert failed.exit_code == 1


@pytest.mark.parametrize("said", UNREACHED)
def test_a_backend_that_is_not_reached(said: str) -> None:
    """Is the remote side's fault; a password in its address is hidden."""
    printed = f"Logging in using access token from PULUMI_ACCESS_TOKEN\nerror: {said}\n"
    failed = engine_failure("failed", printed)
    assert failed.message.startswith(f"the backend can't be reached: {said[:20]}")
    assert failed.remedy.startswith("Check PULUMI_BACKEND_URL and the network")
    assert "canary" not in str(failed)
    assert failed.exit_code == 2


def test_unknown_words() -> None:
    """Are passed on, without the credentials in a url, and lead to the doctor."""
    failed = engine_failure("no look", "one\n\nerror: odd: https://joe:canary@x/y?canary\n  two\n")
    assert failed.message == "no look: `pulumi` says: odd: https://x/y?…; two"
    assert "bitbucket-hooks doctor" in failed.remedy
    assert engine_failure("no look", "a\nb\nc\nd\n").message.endswith("says: b; c; d")
    assert engine_failure("no look", "").message.endswith("says: no reason given")
