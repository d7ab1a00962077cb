"""`bitbucket-hooks doctor` in a project: the engine, the stack, what stacks share."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml
from click.testing import CliRunner

from bitbucket_hooks.cli import main
from bitbucket_hooks.doctor import connection
from bitbucket_hooks.doctor import engine as engine_checks
from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN
from engine import versions
from support.doctor import Findings, examine, run_doctor
from support.fake_pulumi import FakePulumi
from support.sandbox import Sandbox

URL = "https://ci.example.com/hook?token=canary-query"
CI = {"name": "ci", "url": URL, "events": ["repo:push"], "repositories": ["api", "web"]}
AUDIT = {"name": "audit", "url": "https://audit.example.com/", "workspace": True}
UUID = "{aaaaaaaa-0000-4000-8000-000000000001}"
TYPE = "pulumi-python:dynamic/bitbucket:"
SECURE = {"secure": "v1:x"}


@attrs.frozen
class Project:
    """A project with a fake engine."""

    folder: Path
    sandbox: Path
    engine: FakePulumi

    def stack(self, name: str, *hooks: Any, **keys: Any) -> None:
        """Write a stack's file; `keys` with `__` for the colon of the namespace `bitbucket`."""
        config = {
            "bitbucket:apiUrl": f"sandbox:{self.sandbox}",
            "bitbucket:workspace": "acme",
            "bitbucket-hooks:hooks": list(hooks),
            **{key.replace("__", ":").replace("_", "-"): value for key, value in keys.items()},
        }
        (self.folder / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": config}))

    def opened(self, **decrypted: Any) -> None:
        """Let the engine open the config of `dev` as its file has it, with what it decrypts."""
        config = yaml.safe_load((self.folder / "Pulumi.dev.yaml").read_text())["config"]
        values = {**config, **decrypted}
        self.engine.says("config", {key: {"objectValue": value} for key, value in values.items()})

    def configure(self, *hooks: Any, **keys: Any) -> None:
        """Write the file of `dev`, and let the engine open it as it is."""
        self.stack("dev", *hooks, **keys)
        self.opened()

    def examine(self, *arguments: str, code: int = 0, **variables: str) -> Findings:
        """Run the command for its findings."""
        return examine({"PATH": self.engine.path, **variables}, *arguments, code=code)

    def lines(self, check: str, *arguments: str, code: int = 0, **variables: str) -> list[str]:
        """Run the command for the findings of one check."""
        return self.examine(*arguments, code=code, **variables).lines(check)


@pytest.fixture
def project(tmp_path: Path, sandbox_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Give a project with the stack `dev`, which the backend has."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: hooks\nruntime: python\n")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(connection, "PATIENCE", 0.3)
    made = Project(folder, sandbox_path, FakePulumi(tmp_path / "bin").put())
    made.engine.has("dev", selected="dev")
    made.configure(CI)
    return made


def state(*hooks: tuple[str, str, str], stack: str = "dev", pending: int = 0) -> dict[str, Any]:
    """Give what an export prints, for hooks by type, name and uuid."""
    values = {"owner": "acme", "repository": "web", "url": URL}
    resources = [
        {
            "urn": f"urn:pulumi:{stack}::hooks::{TYPE}{kind}::{name}",
            "type": f"{TYPE}{kind}",
            "id": uuid,
            "inputs": values,
            "outputs": {**values, "uuid": uuid},
        }
        for kind, name, uuid in hooks
    ]
    return {
        "version": 3,
        "deployment": {"resources": resources, "pending_operations": [{}] * pending},
    }


def test_all_is_well(project: Project, sandbox: Sandbox) -> None:
    """Every family has its say; nothing is written; requests are counted."""
    found = project.examine()
    assert {finding["family"] for finding in found.all} == {
        *("engine", "stack", "network", "account", "rate limit", "sharing")
    }
    assert {finding["level"] for finding in found.all} == {"ok", "note"}
    assert found.lines("access") == [
        "ok acme/api: an administrator (looked at one of 2 repositories)"
    ]
    assert found.lines("requests") == ["ok preview 1, refresh or drift 3, first up 5"]
    assert found.lines("repositories") == ["ok everything that the hooks name is there"]
    assert found.lines("stack") == ["ok dev (selected)"]
    assert {request.method for request in sandbox.requests()} == {"GET"}
    assert len(sandbox.requests()) == 3  # who, which repositories, one listing of hooks
    assert project.lines("stack", "organization/hooks/dev") == ["ok dev (selected)"]


def test_minimum_is_that_of_the_project() -> None:
    """One number in two places: the package is also installed without the project."""
    assert versions.MINIMUM == engine_checks.MINIMUM


@pytest.mark.parametrize(
    ("printed", "code", "said"),
    [
        ("v3.100.2\n", 0, "error 3.100.2 is too old"),
        ("v4.0.0\n", 0, "error 4.0.0 is too new"),
        ("nonsense", 0, "doesn't tell its version"),
        ("v3.250.0\n", 3, "doesn't tell its version"),
    ],
)
def test_an_engine_that_does_not_serve(
    project: Project, printed: str, code: int, said: str
) -> None:
    """Too old, too new, broken."""
    project.engine.says("version", printed, code=code)
    (finding,) = project.lines("pulumi", code=1)
    assert said in finding
    assert ". ./activate" in finding


def test_an_engine_that_cannot_be_run(project: Project) -> None:
    """Is broken, for every question."""
    (project.engine.folder / "pulumi").write_bytes(b"\x00")
    found = project.examine(code=1)
    assert "doesn't tell its version" in found.text("pulumi")
    assert "`pulumi` can't be run" in found.text("backend")


def test_an_engine_that_is_incomplete_or_another(project: Project) -> None:
    """It can't run the program without a language host; the project's own is worth knowing."""
    (project.folder / ".venv").mkdir()
    noted = project.folder / ".venv" / "engine"
    noted.write_text("/opt/engine\n")
    assert project.lines("pulumi")[1].startswith("note the project's own is in /opt/engine")
    noted.write_text(f"{project.engine.folder}\n")
    (project.engine.folder / "pulumi-language-python").unlink()
    _, missing = project.lines("pulumi", code=1)
    assert missing.startswith("error there is no pulumi-language-python")


def test_no_engine(project: Project) -> None:
    """The rest is looked at all the same."""
    found = project.examine(code=1, PATH=str(Path(sys.executable).parent))
    assert found.text("pulumi").startswith("error there is no `pulumi`")
    assert found.text("backend").startswith("unknown")
    assert found.text("states").startswith("unknown")
    assert found.text("access").startswith("ok")


def test_the_interpreter_of_the_program(project: Project) -> None:
    """Must have both packages; other versions than the command's own are a doubt."""
    python = project.engine.folder / "python3"
    versions = {"python": "3.12.1", "pulumi": "3.272.0"}
    python.write_text(f"#!/bin/sh\necho '{json.dumps(versions)}'\n")
    python.chmod(0o755)
    assert "lacks bitbucket-hooks" in project.lines("python", code=1)[1]
    python.write_text(f"#!/bin/sh\necho '{json.dumps({**versions, 'bitbucket-hooks': '9.9'})}'\n")
    differing = project.lines("python")[1]
    assert differing.startswith("warning")
    assert "bitbucket-hooks 9.9" in differing
    python.write_text("#!/bin/sh\nexit 3\n")
    assert "no working" in project.lines("python", code=1)[1]
    options = {"name": "hooks", "runtime": {"name": "python", "options": {"virtualenv": "venv"}}}
    (project.folder / "Pulumi.yaml").write_text(yaml.safe_dump(options))
    missing = project.lines("python", code=1)[1]
    assert f"no working {project.folder}/venv/bin/python" in missing


def test_an_sdk_that_does_not_serve(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the environment that runs this command."""
    real = metadata.version
    monkeypatch.setattr(engine_checks, "version", lambda n: "3.100.0" if n == "pulumi" else real(n))
    assert "the SDK is too old" in project.lines("python", code=1)[0]


def test_backends(project: Project) -> None:
    """Not logged in and a wrong passphrase are ours; one that doesn't answer isn't."""
    project.engine.says("whoami", {"user": "o", "url": "s3://canary:canary@states?key=canary"})
    assert project.lines("backend") == ["ok s3://…@states, as o"]
    project.engine.says("whoami", error="error: PULUMI_ACCESS_TOKEN must be set", code=1)
    assert project.lines("backend", code=1)[0].startswith("error not logged in")
    refused = "error: unable to open postgres://u:canary@db/x?password=canary: dial tcp: refused"
    project.engine.says("whoami", error=refused, code=1)
    found = project.examine(code=2)
    assert "postgres://…@db/x?…" in found.text("backend")
    assert found.text("states").startswith("unknown")
    project.engine.says("whoami", "no JSON")
    assert "is no JSON" in project.lines("backend", code=1)[0]


def test_secrets(project: Project) -> None:
    """Opened they are used, and never shown; locked they are an error."""
    project.stack("dev", CI, bitbucket__oauthToken=SECURE)
    project.opened(**{"bitbucket:oauthToken": "canary-token"})
    found = project.examine(code=1)
    assert found.lines("secrets") == ["ok the stack's encrypted values can be opened"]
    assert found.lines("credentials") == ["ok the access token, from the stack config"]
    assert found.text("identity").startswith("error")
    assert found.text("repositories").startswith("unknown not looked at")
    project.engine.says("config", error="error: incorrect passphrase", code=1)
    found = project.examine(code=1)
    assert "PULUMI_CONFIG_PASSPHRASE" in found.text("secrets")
    assert "are encrypted, and can't be opened here" in found.text("credentials")
    assert found.text("config").startswith("ok")
    project.engine.says("config", error="error: no access to the key", code=1)
    assert "no access to the key" in project.lines("secrets", code=1)[0]


def test_a_passphrase_of_a_stack_without_secrets(project: Project) -> None:
    """14.29: each preview needs it, so a wrong one is found without a value to open."""
    file = project.folder / "Pulumi.dev.yaml"
    project.engine.says("config set", error="error: incorrect passphrase", code=1)
    assert project.lines("secrets") == []  # the file has no encryption that could be tried
    text = f"{file.read_text()}encryptionsalt: v1:x\n"
    file.write_text(text)
    assert "PULUMI_CONFIG_PASSPHRASE" in project.lines("secrets", code=1)[0]
    assert file.read_text() == text


def test_secrets_never_pass(project: Project) -> None:
    """Also when the service echoes them in its words."""
    project.stack("dev", {**CI, "secret": SECURE, "url": SECURE}, bitbucket__oauthToken=SECURE)
    hook = {**CI, "secret": "canary-secret"}
    project.opened(**{"bitbucket:oauthToken": "canary-token", "bitbucket-hooks:hooks": [hook]})
    with Sandbox(project.sandbox) as sandbox:
        sandbox.plan_fault("500", times=1000)
    run_doctor({"PATH": project.engine.path}, code=2)
    project.examine(code=2)


def test_which_stack(project: Project) -> None:
    """The named one, the selected one, the only one; else it has to be said."""
    project.stack("prod", CI)
    project.engine.has("dev", "prod")
    (none,) = project.lines("stack", code=1)
    assert "none is selected" in none
    assert "dev, prod" in none
    assert project.lines("stack", "prod") == ["ok prod"]
    assert "no Pulumi.nope.yaml" in project.lines("stack", "nope", code=1)[1]
    (project.folder / "Pulumi.prod.yaml").unlink()
    assert project.lines("stack") == ["ok dev"]
    (project.folder / "Pulumi.dev.yaml").unlink()
    assert "pulumi stack init" in project.lines("stack", code=1)[0]


def test_a_stack_that_the_backend_lacks(project: Project) -> None:
    """Is named with those that it has; the configuration is looked at all the same."""
    project.engine.has("other")
    found = project.examine("dev", code=1)
    assert "pulumi stack init dev" in found.text("stack")
    assert "It has: other" in found.text("stack")
    assert found.text("config").startswith("ok")


def test_what_a_dead_run_left(project: Project) -> None:
    """A lock, and operations that may have been done."""
    project.engine.has("dev", selected="dev", updateInProgress=True)
    project.engine.says("stack export dev", state(pending=2))
    found = project.examine()
    assert "pulumi cancel" in found.text("stack")
    assert found.text("state").startswith("warning 2 operations")


def test_a_configuration_with_mistakes(project: Project) -> None:
    """The first few are named, and nothing is asked for them."""
    broken = [{**CI, "name": f"ci{i}", "url": "ftp://canary:canary@x"} for i in range(8)]
    project.configure(*broken, {**CI, "events": ["repo:psuh"]})
    found = project.examine(code=1)
    mistakes, doubts = found.lines("config")
    assert mistakes.startswith("error 8 mistakes")
    assert "and 3 more" in mistakes
    assert '"repo:psuh"' in doubts
    assert found.lines("repositories") == []


def test_what_is_not_there(project: Project) -> None:
    """Repositories, secrets of other places; a glob that means nothing is a doubt."""
    elsewhere = {**CI, "secretFrom": "env:CI_SECRET"}
    project.configure(elsewhere, {**elsewhere, "name": "two", "repositories": ["nope"]})
    found = project.examine(code=1)
    assert '"nope" is no repository' in found.text("repositories")
    assert "env:CI_SECRET: the variable is not set (ci, two)" in found.text("secretFrom")
    assert found.text("requests").startswith("unknown")
    project.configure(elsewhere, {**CI, "name": "two", "repositories": ["none-*"]})
    found = project.examine(CI_SECRET="canary-secret")
    assert "matches none of the" in found.lines("repositories")[1]
    assert found.lines("secretFrom") == ["ok env:CI_SECRET is there (ci)"]


def test_insecure_declarations(project: Project) -> None:
    """Are noted by name."""
    project.configure({**CI, "url": "http://ci.example.com/", "skipCertVerification": True})
    assert [line.split(":")[0] for line in project.lines("security")] == [
        "note http without TLS",
        "note the receiver's certificate isn't checked (ci) Give the receiver a valid one.",
        "note no secret is declared",
    ]


def test_secrets_that_only_the_live_hooks_have(project: Project, sandbox: Sandbox) -> None:
    """14.16: nothing is called unsigned that has a secret; what nobody looked at isn't either."""
    other = {"events": ["repo:push"], "repositories": ["web"]}
    sandbox.plant_hook("acme/api", URL, secret="canary-live")
    project.configure(
        CI,
        {**other, "name": "bare", "url": "https://bare.example.com/"},
        {**other, "name": "emptied", "url": "https://emptied.example.com/", "secret": ""},
        {**other, "name": "given", "url": "https://given.example.com/", "secretFrom": "env:X"},
    )
    bare, kept = project.lines("security", X="canary-x")
    assert "receivers can't tell deliveries from forged ones (bare, emptied)" in bare
    assert "the live hooks keep the one they have (ci)" in kept
    paths = [request.path for request in sandbox.requests()]
    assert [path for path in paths if path.endswith("/hooks")] == [
        *("/2.0/repositories/acme/api/hooks", "/2.0/repositories/acme/web/hooks")
    ]
    sandbox.plan_fault("503", "GET", "/2.0/repositories/acme/*/hooks", times=100)
    lines = project.lines("security", code=2, X="canary-x")
    names = [line.partition(" (")[2].partition(")")[0] for line in lines]
    assert names == ["emptied", "ci, bare"]


def test_hooks_of_a_program(project: Project) -> None:
    """14.16: a config without hooks is called that, not a stack without hooks."""
    project.stack("prod")
    project.configure()
    found = project.examine()
    said = (
        "the stack config declares no hooks; a preview tells which ones a program declares itself"
    )
    assert found.lines("config") == [f"ok no mistakes; {said}"]
    assert found.lines("declarations") == []
    assert found.lines("state") == []
    project.engine.says("stack export dev", state(("WorkspaceHook", "ci", UUID)))
    (lost,) = project.lines("state")  # 14.7
    assert lost.startswith("note has 1 hook of fleets or workspaces, and the stack config declares")
    checked = CliRunner().invoke(main, ["check", "dev"])
    assert checked.stdout == f"Stack dev: fine\nT{said[1:]}.\n\n"


def test_secrets_in_the_clear(project: Project) -> None:
    """Are named by their places, where they aren't those of a test server."""
    hooks = [
        {**CI, "secret": "canary-hook"},
        {**CI, "name": "else", "description": "else", "secret": SECURE},
    ]
    account = {"oauthToken": "canary-token", "workspace": "globex"}
    keys = {
        "bitbucket__username": "me@example.com",
        "bitbucket__password": "canary-password",
        "bitbucket_hooks__accounts": {"far": account},
    }
    project.configure(*hooks, **keys)
    assert "in the clear" not in project.examine(code=1).text("security")
    project.configure(*hooks, bitbucket__apiUrl="https://bitbucket.invalid/2.0", **keys)
    found = project.examine(code=2, HTTPS_PROXY="http://127.0.0.1:9")
    clear = next(finding for finding in found.all if "in the clear" in finding["what"])
    assert clear["level"] == "warning"
    assert clear["what"].startswith("3 secrets in the clear:")
    assert sorted(clear["details"]) == [
        "bitbucket-hooks:accounts.far.oauthToken",
        "bitbucket-hooks:hooks[0].secret",
        "bitbucket:password",
    ]
    assert not [
        finding
        for finding in found.all
        if finding["level"] in ("warning", "error", "unknown") and not finding["remedy"]
    ]


def test_who_is_no_administrator(project: Project) -> None:
    """Of a repository, or no owner of the workspace."""
    project.configure(CI, AUDIT, bitbucket__username=MEMBER_EMAIL, bitbucket__password=MEMBER_TOKEN)
    repository, workspace = project.lines("access", code=1)
    assert repository.startswith("error acme/api: listing the hooks")
    assert workspace.startswith("error workspace acme: listing the hooks")
    assert "owner of the workspace" in workspace


def test_a_token_that_may_not_list_repositories(project: Project, sandbox: Sandbox) -> None:
    """Does for plain names, and lacks the scope; nothing is proven by what was refused."""
    token = sandbox.issue_access_token("acme", ["webhook"])
    project.configure(CI, bitbucket__oauthToken=token)
    found = project.examine(code=1)
    assert "too few to read repositories" in found.text("scopes")
    assert "not checked whether the repositories exist" in found.text("repositories")
    assert found.text("access").startswith("ok acme/api")
    project.configure({**CI, "project": "WEB", "repositories": ["w*"]})
    assert "read repositories" in project.examine().text("scopes")


def test_a_token_without_webhooks(project: Project, sandbox: Sandbox) -> None:
    """Is named once, with the scope."""
    token = sandbox.issue_access_token("acme", ["repository", "pullrequest:write"])
    project.configure({**CI, "events": ["issue:created"]}, bitbucket__oauthToken=token)
    found = project.examine(code=1)
    (lacking,) = [line for line in found.lines("scopes") if line.startswith("error")]
    assert "Add webhook and issue to the token" in lacking
    assert found.lines("access") == []


def test_all_accounts(project: Project, sandbox: Sandbox) -> None:
    """Each has its section; the stack's own is left out where nothing uses it."""
    token = sandbox.issue_access_token("globex")
    accounts = {"partner": {"oauthToken": token, "workspace": "globex"}}
    theirs = {**CI, "name": "theirs", "account": "partner", "repositories": ["portal"]}
    project.configure(CI, theirs, bitbucket_hooks__accounts=accounts)
    found = project.examine()
    assert found.lines("credentials", about="partner") == [
        "ok the access token, from the account 'partner'"
    ]
    assert found.lines("access", about="partner") == ["ok globex/portal: an administrator"]
    assert found.lines("requests", about="partner") == [
        "ok preview 1, refresh or drift 2, first up 3"
    ]
    sandbox.revoke_token(token)
    found = project.examine(code=1)
    assert found.lines("identity", about="partner")[0].startswith("error")
    assert found.lines("repositories") == ["ok everything that the hooks name is there"]
    project.configure(theirs, bitbucket_hooks__accounts=accounts)
    found = project.examine(code=1)
    sections = {finding["about"] for finding in found.all if finding["family"] == "account"}
    assert sections == {"partner"}


def test_more_than_an_hour_has(project: Project, sandbox: Sandbox) -> None:
    """A refresh that outlasts the hourly limit is a doubt, with the hours that it takes."""
    sandbox.add_repositories([f"acme/r{i}" for i in range(12)])
    project.configure({**CI, "repositories": ["r*"]}, bitbucket__rateLimit="5")
    (requests,) = project.lines("requests")
    assert requests.startswith("warning a refresh needs more than an hour's allowance")
    assert "preview 1, refresh or drift 13 (over 2 hours), first up 25 (over 4 hours)" in requests


def test_hooks_that_two_stacks_declare(project: Project) -> None:
    """By API, repository and url; globs by what is there; encrypted urls can't be compared."""
    project.stack("prod", {**CI, "name": "same", "repositories": ["w*"]})
    project.stack("other", {**CI, "name": "else"}, bitbucket__apiUrl="https://api.example.com")
    project.stack("mine", {**CI, "url": "https://mine.example.com/"})
    project.stack("veiled", {**CI, "url": SECURE})
    project.stack("wrong", {"name": "x"})
    shared, veiled, wrong = project.lines("declarations")
    assert shared.startswith("warning 1 hook that two stacks declare")
    assert "acme/web https://ci.example.com/…: ci of dev and same of prod" in shared
    assert "1 with an encrypted url" in veiled
    assert wrong.startswith("unknown with mistakes: wrong")


def test_declarations_of_what_is_not_listed(project: Project) -> None:
    """A project, a workspace's hook: what isn't known isn't claimed."""
    far = {**CI, "owner": "globex", "repositories": ["*"]}
    project.stack("prod", {**far, "project": "CORE"}, {**far, "name": "far"}, AUDIT)
    assert project.lines("declarations") == ["ok 2 stacks, none declares a hook of another"]
    project.stack("more", AUDIT)
    shared = project.lines("declarations")[0]
    assert "workspace acme" not in shared
    assert "audit of more and audit of prod" in shared


def test_hooks_in_the_states_of_two_stacks(project: Project) -> None:
    """By uuid; also in other projects, when that is asked for."""
    project.engine.has("dev", "prod", selected="dev")
    project.engine.says("stack export dev", state(("Hook", "ci", UUID)))
    assert project.lines("states") == ["ok 2 stacks, no hook in the state of two"]
    project.engine.says("stack export prod", state(("Hook", "same", UUID), stack="prod"))
    (shared,) = project.lines("states", code=1)
    assert f"acme/web {UUID}: ci of dev and same of prod" in shared
    assert "pulumi state delete" in shared
    project.engine.says("stack export prod", error="error: canary://u:canary@x no such key", code=1)
    assert project.lines("states")[0].startswith("unknown can't be exported: prod")
    project.engine.says("stack ls --all", [{"name": "dev"}, {"name": "org/else/dev2"}])
    project.engine.says("stack export org/else/dev2", state(("Hook", "ci2", UUID), stack="dev2"))
    assert "ci2 of org/else/dev2" in project.lines("states", "--all-stacks", code=1)[0]
