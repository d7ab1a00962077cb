"""`bitbucket-hooks doctor` in a project: the engine, the stack, what stacks share."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml
from click.testing import CliRunner, Result

from bitbucket_hooks.cli import main
from bitbucket_hooks.doctor import connection
from bitbucket_hooks.doctor.engine import MINIMUM
from bitbucket_hooks.sandbox.admin import Sandbox
from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN
from engine import versions
from support.fake_pulumi import FakePulumi, unmeasured

URL = "https://ci.example.com/hook?token=canary-query"
CI = {"name": "ci", "url": URL, "events": ["repo:push"], "repositories": ["api", "web"]}
UUID = "{aaaaaaaa-0000-4000-8000-000000000001}"
TYPE = "pulumi-python:dynamic/bitbucket:"


@attrs.frozen
class Place:
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

    def run(self, *arguments: str, code: int = 0, **variables: str) -> Result:
        """Run the command; nothing that it prints holds a canary."""
        runner = CliRunner(env={**unmeasured(), "PATH": self.engine.path, **variables})
        result = runner.invoke(main, ["doctor", *arguments], catch_exceptions=False)
        assert result.exit_code == code, result.output
        assert "canary" not in result.output, result.output
        return result

    def told(self, *arguments: str, code: int = 0, **variables: str) -> list[dict[str, Any]]:
        """Give the findings."""
        result = self.run("--json", *arguments, code=code, **variables)
        found: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
        return found


def of(found: list[dict[str, Any]], check: str, *, about: str | None = None) -> list[str]:
    """Give level and words of the findings of a check."""
    return [
        " ".join([one["level"], one["what"], *one["details"], one["remedy"] or ""]).strip()
        for one in found
        if one["check"] == check and about in (None, one["about"])
    ]


@pytest.fixture
def place(tmp_path: Path, sandbox_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Give a project with the stack `dev`, which the backend has."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: hooks\nruntime: python\n")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(connection, "PATIENCE", 0.3)
    made = Place(folder, sandbox_path, FakePulumi(tmp_path / "bin").put())
    made.engine.has("dev", selected="dev").says("config", {})
    made.stack("dev", CI)
    opened_as_written(made, "dev")
    return made


def opened_as_written(place: Place, name: str, **more: Any) -> None:
    """Let the engine tell a stack config as its file has it, and what it decrypts."""
    config = yaml.safe_load((place.folder / f"Pulumi.{name}.yaml").read_text())["config"]
    shown = {key: {"value": "", "objectValue": value} for key, value in {**config, **more}.items()}
    place.engine.says("config", shown)


def state(*hooks: tuple[str, str, str], stack: str = "dev", pending: int = 0) -> dict[str, Any]:
    """What an export prints, for hooks by type, name and uuid."""
    resources = [
        {
            "urn": f"urn:pulumi:{stack}::hooks::{TYPE}{kind}::{name}",
            "type": f"{TYPE}{kind}",
            "id": uuid,
            "inputs": {"owner": "acme", "repository": "web", "url": URL},
            "outputs": {"owner": "acme", "repository": "web", "url": URL, "uuid": uuid},
        }
        for kind, name, uuid in hooks
    ]
    return {
        "version": 3,
        "deployment": {"resources": resources, "pending_operations": [{}] * pending},
    }


def test_all_is_well(place: Place, sandbox: Sandbox) -> None:
    """Every family has its say; nothing is written; requests are counted."""
    found = place.told()
    assert {one["family"] for one in found} == {
        *("engine", "stack", "network", "account", "rate limit", "sharing")
    }
    assert {one["level"] for one in found} == {"ok", "note"}
    assert of(found, "access") == [
        "ok acme/api: an administrator (looked at one of 2 repositories)"
    ]
    assert of(found, "requests") == ["ok preview 1, refresh or drift 3, first up 5"]
    assert of(found, "repositories") == ["ok everything that the hooks name is there"]
    assert of(found, "stack") == ["ok dev (selected)"]
    assert {one.method for one in sandbox.requests()} == {"GET"}
    assert len(sandbox.requests()) == 3  # who, which repositories, one listing of hooks


def test_minimum_is_that_of_the_project() -> None:
    """One number in two places: the package is also installed without the project."""
    assert versions.MINIMUM == MINIMUM


@pytest.mark.parametrize(
    ("printed", "code", "said"),
    [
        ("v3.100.2\n", 0, "error 3.100.2 is too old"),
        ("v4.0.0\n", 0, "error 4.0.0 is too new"),
        ("nonsense", 0, "doesn't tell its version"),
        ("v3.250.0\n", 3, "doesn't tell its version"),
    ],
)
def test_an_engine_that_does_not_serve(place: Place, printed: str, code: int, said: str) -> None:
    """Too old, too new, broken."""
    place.engine.says("version", printed, code=code)
    (finding,) = of(place.told(code=1), "pulumi")
    assert said in finding
    assert ". ./activate" in finding


def test_an_engine_that_cannot_be_run(place: Place) -> None:
    """Is broken, for every question."""
    (place.engine.folder / "pulumi").write_bytes(b"\x00")
    found = place.told(code=1)
    assert "doesn't tell its version" in of(found, "pulumi")[0]
    assert "`pulumi` can't be run" in of(found, "backend")[0]


def test_an_engine_without_its_language_host(place: Place) -> None:
    """Can't run the program."""
    (place.engine.folder / "pulumi-language-python").unlink()
    found = of(place.told(code=1), "pulumi")
    assert "error there is no pulumi-language-python" in found[1]


def test_another_engine_than_the_projects_own(place: Place) -> None:
    """Is worth knowing; the project's own is none."""
    (place.folder / ".venv").mkdir()
    noted = place.folder / ".venv" / "engine"
    noted.write_text("/opt/engine\n")
    assert of(place.told(), "pulumi")[1].startswith("note the project's own is in /opt/engine")
    noted.write_text(f"{place.engine.folder}\n")
    assert len(of(place.told(), "pulumi")) == 1


def test_no_engine(place: Place) -> None:
    """The rest is looked at all the same."""
    found = place.told(code=1, PATH=str(Path(sys.executable).parent))
    assert of(found, "pulumi")[0].startswith("error there is no `pulumi`")
    assert of(found, "backend")[0].startswith("unknown")
    assert of(found, "states")[0].startswith("unknown")
    assert of(found, "access")[0].startswith("ok")


def test_the_interpreter_of_the_program(place: Place) -> None:
    """Must have both packages; other versions than the command's own are a doubt."""
    python = place.engine.folder / "python3"
    told = {"python": "3.12.1", "pulumi": "3.272.0"}
    python.write_text(f"#!/bin/sh\necho '{json.dumps(told)}'\n")
    python.chmod(0o755)
    assert "lacks bitbucket-hooks" in of(place.told(code=1), "python")[1]
    python.write_text(f"#!/bin/sh\necho '{json.dumps({**told, 'bitbucket-hooks': '9.9'})}'\n")
    found = of(place.told(), "python")[1]
    assert found.startswith("warning")
    assert "bitbucket-hooks 9.9" in found
    python.write_text("#!/bin/sh\nexit 3\n")
    assert "no working" in of(place.told(code=1), "python")[1]
    python.unlink()
    options = {"name": "hooks", "runtime": {"name": "python", "options": {"virtualenv": "venv"}}}
    (place.folder / "Pulumi.yaml").write_text(yaml.safe_dump(options))
    found = of(place.told(code=1), "python")[1]
    assert f"no working {place.folder}/venv/bin/python" in found


def test_an_sdk_that_does_not_serve(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the environment that runs this command."""
    module = importlib.import_module("bitbucket_hooks.doctor.engine")
    real = module.version
    monkeypatch.setattr(module, "version", lambda n: "3.100.0" if n == "pulumi" else real(n))
    assert "the SDK is too old" in of(place.told(code=1), "python")[0]


def test_backends(place: Place) -> None:
    """Not logged in and a wrong passphrase are ours; one that doesn't answer isn't."""
    place.engine.says("whoami", {"user": "o", "url": "s3://canary:canary@states?key=canary"})
    assert of(place.told(), "backend") == ["ok s3://…@states, as o"]
    place.engine.says("whoami", error="error: PULUMI_ACCESS_TOKEN must be set", code=1)
    assert of(place.told(code=1), "backend")[0].startswith("error not logged in")
    refused = "error: unable to open postgres://u:canary@db/x?password=canary: dial tcp: refused"
    place.engine.says("whoami", error=refused, code=1)
    found = place.told(code=2)
    assert "postgres://…@db/x?…" in of(found, "backend")[0]
    assert of(found, "states")[0].startswith("unknown")
    place.engine.says("whoami", "no JSON")
    assert "is no JSON" in of(place.told(code=1), "backend")[0]


def test_secrets(place: Place) -> None:
    """Opened they are used, and never shown; locked they are told as that."""
    place.stack("dev", CI, bitbucket__oauthToken={"secure": "v1:x"})
    opened_as_written(place, "dev", **{"bitbucket:oauthToken": "canary-token"})
    found = place.told(code=1)
    assert of(found, "secrets") == ["ok the stack's encrypted values can be opened"]
    assert of(found, "credentials") == ["ok the access token, from the stack config"]
    assert of(found, "identity")[0].startswith("error")
    assert of(found, "repositories")[0].startswith("unknown not looked at")
    place.engine.says("config", error="error: incorrect passphrase", code=1)
    found = place.told(code=1)
    assert "PULUMI_CONFIG_PASSPHRASE" in of(found, "secrets")[0]
    assert "are encrypted, and can't be opened here" in of(found, "credentials")[0]
    assert of(found, "config")[0].startswith("ok")
    place.engine.says("config", error="error: no access to the key", code=1)
    assert "no access to the key" in of(place.told(code=1), "secrets")[0]


def test_a_passphrase_of_a_stack_without_secrets(place: Place) -> None:
    """14.29: it is needed for each preview, so a wrong one is told without a value to open."""
    place.stack("dev", CI)
    file = place.folder / "Pulumi.dev.yaml"
    opened_as_written(place, "dev")
    place.engine.says("config set", error="error: incorrect passphrase", code=1)
    assert of(place.told(), "secrets") == []  # the file has no encryption that could be tried
    text = f"{file.read_text()}encryptionsalt: v1:x\n"
    file.write_text(text)
    assert "PULUMI_CONFIG_PASSPHRASE" in of(place.told(code=1), "secrets")[0]
    assert file.read_text() == text


def test_secrets_never_pass(place: Place) -> None:
    """Also when the service echoes them in its words."""
    nowhere = {"secure": "v1:x"}
    place.stack("dev", {**CI, "secret": nowhere, "url": nowhere}, bitbucket__oauthToken=nowhere)
    hook = {**CI, "secret": "canary-secret"}
    opened_as_written(
        place, "dev", **{"bitbucket:oauthToken": "canary-token", "bitbucket-hooks:hooks": [hook]}
    )
    with Sandbox(place.sandbox) as sandbox:
        sandbox.plan_fault("500", times=1000)
    place.run(code=2)
    place.run("--json", code=2)


def test_which_stack(place: Place) -> None:
    """The named one, the selected one, the only one; else it has to be said."""
    place.stack("prod", CI)
    place.engine.has("dev", "prod")
    found = of(place.told(code=1), "stack")
    assert "none is selected" in found[0]
    assert "dev, prod" in found[0]
    assert of(place.told("prod"), "stack") == ["ok prod"]
    assert "no Pulumi.nope.yaml" in of(place.told("nope", code=1), "stack")[1]
    (place.folder / "Pulumi.prod.yaml").unlink()
    assert of(place.told(), "stack") == ["ok dev"]
    (place.folder / "Pulumi.dev.yaml").unlink()
    assert "pulumi stack init" in of(place.told(code=1), "stack")[0]


def test_a_stack_with_its_organisation(place: Place) -> None:
    """Is the same stack."""
    assert of(place.told("organization/hooks/dev"), "stack") == ["ok dev (selected)"]


def test_a_stack_that_the_backend_lacks(place: Place) -> None:
    """Is told with those that it has; the configuration is looked at all the same."""
    place.engine.has("other")
    found = place.told("dev", code=1)
    assert "pulumi stack init dev" in of(found, "stack")[0]
    assert "It has: other" in of(found, "stack")[0]
    assert of(found, "config")[0].startswith("ok")


def test_what_a_dead_run_left(place: Place) -> None:
    """A lock, and operations that may have been done."""
    place.engine.has("dev", selected="dev", updateInProgress=True)
    place.engine.says("stack export dev", state(pending=2))
    found = place.told()
    assert "pulumi cancel" in of(found, "stack")[0]
    assert of(found, "state")[0].startswith("warning 2 operations")


def test_a_configuration_with_mistakes(place: Place) -> None:
    """The first few are told, and nothing is asked for them."""
    broken = [{**CI, "name": f"ci{i}", "url": "ftp://canary:canary@x"} for i in range(8)]
    place.stack("dev", *broken, {**CI, "events": ["repo:psuh"]})
    opened_as_written(place, "dev")
    found = place.told(code=1)
    (mistakes, doubts) = of(found, "config")
    assert mistakes.startswith("error 8 mistakes")
    assert "and 3 more" in mistakes
    assert '"repo:psuh"' in doubts
    assert of(found, "repositories") == []


def test_what_is_not_there(place: Place) -> None:
    """Repositories, secrets of other places; a glob that means nothing is a doubt."""
    hooks = [
        {**CI, "secretFrom": "env:CI_SECRET"},
        {**CI, "name": "two", "repositories": ["nope"], "secretFrom": "env:CI_SECRET"},
    ]
    place.stack("dev", *hooks)
    opened_as_written(place, "dev")
    found = place.told(code=1)
    assert '"nope" is no repository' in of(found, "repositories")[0]
    assert "env:CI_SECRET: the variable is not set (ci, two)" in of(found, "secretFrom")[0]
    assert of(found, "requests")[0].startswith("unknown")
    place.stack("dev", hooks[0], {**CI, "name": "two", "repositories": ["none-*"]})
    opened_as_written(place, "dev")
    found = place.told(CI_SECRET="canary-secret")
    assert "matches none of the" in of(found, "repositories")[1]
    assert of(found, "secretFrom") == ["ok env:CI_SECRET is there (ci)"]


def test_insecure_declarations(place: Place) -> None:
    """Are noted by name."""
    place.stack("dev", {**CI, "url": "http://ci.example.com/", "skipCertVerification": True})
    opened_as_written(place, "dev")
    found = of(place.told(), "security")
    assert [one.split(":")[0] for one in found] == [
        "note http without TLS",
        "note the receiver's certificate isn't checked (ci) Give the receiver a valid one.",
        "note no secret is declared",
    ]


def test_secrets_that_only_the_live_hooks_have(place: Place, sandbox: Sandbox) -> None:
    """14.16: nothing is called unsigned that has a secret; what nobody looked at isn't either."""
    other = {"events": ["repo:push"], "repositories": ["web"]}
    sandbox.plant_hook("acme/api", URL, secret="canary-live")
    place.stack(
        "dev",
        CI,
        {**other, "name": "bare", "url": "https://bare.example.com/"},
        {**other, "name": "emptied", "url": "https://emptied.example.com/", "secret": ""},
        {**other, "name": "given", "url": "https://given.example.com/", "secretFrom": "env:X"},
    )
    opened_as_written(place, "dev")
    bare, kept = of(place.told(X="canary-x"), "security")
    assert "receivers can't tell deliveries from forged ones (bare, emptied)" in bare
    assert "the live hooks keep the one they have (ci)" in kept
    assert [one.path for one in sandbox.requests() if one.path.endswith("/hooks")] == [
        *("/2.0/repositories/acme/api/hooks", "/2.0/repositories/acme/web/hooks")
    ]
    sandbox.plan_fault("503", "GET", "/2.0/repositories/acme/*/hooks", times=100)
    found = of(place.told(X="canary-x", code=2), "security")
    assert [one.partition(" (")[2].partition(")")[0] for one in found] == ["emptied", "ci, bare"]


def test_hooks_of_a_program_of_ones_own(place: Place) -> None:
    """14.16: a config without hooks is said to be one, not a stack without hooks."""
    place.stack("dev")
    place.stack("prod")
    opened_as_written(place, "dev")
    found = place.told()
    said = (
        "the stack config declares no hooks; a preview tells which ones a program declares itself"
    )
    assert of(found, "config") == [f"ok no mistakes; {said}"]
    assert of(found, "declarations") == []
    assert of(found, "state") == []
    place.engine.says("stack export dev", state(("WorkspaceHook", "ci", UUID)))
    (lost,) = of(place.told(), "state")  # 14.7
    assert lost.startswith("note has 1 hook of fleets or workspaces, and the stack config declares")
    checked = CliRunner().invoke(main, ["check", "dev"])
    assert checked.stdout == f"Stack dev: fine\nT{said[1:]}.\n\n"


def test_secrets_in_the_clear(place: Place) -> None:
    """Are told by their places, where they aren't those of a test server."""
    plain = {**CI, "secret": "canary-hook"}
    sealed = {**CI, "name": "else", "description": "else", "secret": {"secure": "v1:x"}}
    account = {"oauthToken": "canary-token", "workspace": "globex"}
    keys = {
        "bitbucket__username": "me@example.com",
        "bitbucket__password": "canary-password",
        "bitbucket_hooks__accounts": {"far": account},
    }
    place.stack("dev", plain, sealed, **keys)
    opened_as_written(place, "dev")
    assert not [one for one in of(place.told(code=1), "security") if "in the clear" in one]

    place.stack("dev", plain, sealed, bitbucket__apiUrl="https://bitbucket.invalid/2.0", **keys)
    opened_as_written(place, "dev")
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9"}
    found = place.told(code=2, **nowhere)
    clear = next(one for one in found if "in the clear" in one["what"])
    assert (clear["level"], clear["what"].partition(":")[0]) == (
        "warning",
        "3 secrets in the clear",
    )
    assert sorted(clear["details"]) == [
        "bitbucket-hooks:accounts.far.oauthToken",
        "bitbucket-hooks:hooks[0].secret",
        "bitbucket:password",
    ]
    assert [one for one in found if one["level"] in ("warning", "error", "unknown")]
    assert not [
        one
        for one in found
        if one["level"] in ("warning", "error", "unknown") and not one["remedy"]
    ]


def test_who_is_no_administrator(place: Place) -> None:
    """Of a repository, or no owner of the workspace: each is told."""
    audit = {"name": "audit", "url": "https://audit.example.com/", "workspace": True}
    place.stack(
        "dev", CI, audit, bitbucket__username=MEMBER_EMAIL, bitbucket__password=MEMBER_TOKEN
    )
    opened_as_written(place, "dev")
    found = place.told(code=1)
    repository, workspace = of(found, "access")
    assert repository.startswith("error acme/api: listing the hooks")
    assert workspace.startswith("error workspace acme: listing the hooks")
    assert "owner of the workspace" in workspace


def test_a_token_that_may_not_list_repositories(place: Place, sandbox: Sandbox) -> None:
    """Does for plain names, and lacks the scope; nothing is proven by what was refused."""
    token = sandbox.issue_access_token("acme", ["webhook"])
    place.stack("dev", CI, bitbucket__oauthToken=token)
    opened_as_written(place, "dev")
    found = place.told(code=1)
    assert any("too few to read repositories" in one for one in of(found, "scopes"))
    assert any(
        "not checked whether the repositories exist" in one for one in of(found, "repositories")
    )
    assert of(found, "access")[0].startswith("ok acme/api")
    place.stack("dev", {**CI, "project": "WEB", "repositories": ["w*"]})
    opened_as_written(place, "dev")
    assert any("read repositories" in one for one in of(place.told(), "scopes"))


def test_a_token_without_webhooks(place: Place, sandbox: Sandbox) -> None:
    """Is told once, with the scope."""
    scopes = ["repository", "pullrequest:write"]
    token = sandbox.issue_access_token("acme", scopes)
    place.stack("dev", {**CI, "events": ["issue:created"]}, bitbucket__oauthToken=token)
    opened_as_written(place, "dev")
    found = place.told(code=1)
    (lacking,) = [one for one in of(found, "scopes") if one.startswith("error")]
    assert "Add webhook and issue to the token" in lacking
    assert of(found, "access") == []


def test_all_accounts(place: Place, sandbox: Sandbox) -> None:
    """Each has its section; the stack's own is left out where nothing uses it."""
    token = sandbox.issue_access_token("globex")
    partner = {"oauthToken": token, "workspace": "globex"}
    theirs = {**CI, "name": "theirs", "account": "partner", "repositories": ["portal"]}
    place.stack("dev", CI, theirs)
    keys = {"bitbucket-hooks:accounts": {"partner": partner}}
    file = place.folder / "Pulumi.dev.yaml"
    whole = yaml.safe_load(file.read_text())
    whole["config"].update(keys)
    file.write_text(yaml.safe_dump(whole))
    opened_as_written(place, "dev")
    found = place.told()
    assert of(found, "credentials", about="partner") == [
        "ok the access token, from the account 'partner'"
    ]
    assert of(found, "access", about="partner") == ["ok globex/portal: an administrator"]
    assert of(found, "requests", about="partner") == [
        "ok preview 1, refresh or drift 2, first up 3"
    ]
    sandbox.revoke_token(token)
    found = place.told(code=1)
    assert of(found, "identity", about="partner")[0].startswith("error")
    assert of(found, "repositories") == ["ok everything that the hooks name is there"]
    whole["config"]["bitbucket-hooks:hooks"] = [theirs]
    file.write_text(yaml.safe_dump(whole))
    opened_as_written(place, "dev")
    assert {one["about"] for one in place.told(code=1) if one["family"] == "account"} == {"partner"}


def test_more_than_an_hour_has(place: Place, sandbox: Sandbox) -> None:
    """A refresh that outlasts the hourly limit is a doubt, with the hours that it takes."""
    sandbox.add_repositories([f"acme/r{i}" for i in range(12)])
    place.stack("dev", {**CI, "repositories": ["r*"]}, bitbucket__rateLimit="5")
    opened_as_written(place, "dev")
    found = place.told()
    (requests,) = of(found, "requests")
    assert requests.startswith("warning a refresh needs more than an hour's allowance")
    assert "preview 1, refresh or drift 13 (over 2 hours), first up 25 (over 4 hours)" in requests


def test_hooks_that_two_stacks_declare(place: Place) -> None:
    """By API, repository and url; globs by what is there; encrypted urls can't be told."""
    place.stack("prod", {**CI, "name": "same", "repositories": ["w*"]})
    place.stack("other", {**CI, "name": "elsewhere"}, bitbucket__apiUrl="https://api.example.com")
    place.stack("mine", {**CI, "url": "https://mine.example.com/"})
    place.stack("veiled", {**CI, "url": {"secure": "v1:x"}})
    place.stack("wrong", {"name": "x"})
    shared, veiled, wrong = of(place.told(), "declarations")
    assert shared.startswith("warning 1 hook that two stacks declare")
    assert "acme/web https://ci.example.com/…: ci of dev and same of prod" in shared
    assert "1 with an encrypted url" in veiled
    assert wrong.startswith("unknown with mistakes: wrong")


def test_stacks_with_hooks_of_their_own(place: Place) -> None:
    """A project, a workspace's hook: what isn't listed can't be told, and isn't claimed."""
    audit = {"name": "audit", "url": "https://audit.example.com/", "workspace": True}
    place.stack("prod", {**CI, "owner": "globex", "project": "CORE", "repositories": ["*"]}, audit)
    assert of(place.told(), "declarations") == ["ok 2 stacks, none declares a hook of another"]
    place.stack("more", audit)
    assert "workspace acme" not in of(place.told(), "declarations")[0]
    assert "audit of more and audit of prod" in of(place.told(), "declarations")[0]


def test_hooks_in_the_states_of_two_stacks(place: Place) -> None:
    """By uuid; also in other projects, when that is asked for."""
    place.engine.has("dev", "prod", selected="dev")
    place.engine.says("stack export dev", state(("Hook", "ci", UUID)))
    place.engine.says("stack export prod", state(stack="prod"))
    assert of(place.told(), "states") == ["ok 2 stacks, no hook in the state of two"]
    place.engine.says("stack export prod", state(("Hook", "same", UUID), stack="prod"))
    (shared,) = of(place.told(code=1), "states")
    assert f"acme/web {UUID}: ci of dev and same of prod" in shared
    assert "pulumi state delete" in shared
    place.engine.says("stack export prod", error="error: canary://u:canary@x no such key", code=1)
    assert of(place.told(), "states")[0].startswith("unknown can't be exported: prod")
    place.engine.says("stack ls --all", [{"name": "dev"}, {"name": "org/else/dev2"}])
    place.engine.says("stack export org/else/dev2", state(("Hook", "ci2", UUID), stack="dev2"))
    assert "ci2 of org/else/dev2" in of(place.told("--all-stacks", code=1), "states")[0]
