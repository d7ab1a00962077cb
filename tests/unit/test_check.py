"""`bitbucket-hooks check`: the stacks' files, offline."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result

from bitbucket_hooks.cli import main
from bitbucket_hooks.stack.schema import schema

ROOT = Path(__file__).parents[2]
URL = "https://ci.example.com/"
CI = {"name": "ci", "url": f"{URL}?token=canary", "repositories": ["web", "svc-*"]}

QUOTES = "; in the file, put it in quotes, or set it with `pulumi config set --path --type string`"
NO_QUOTES = (
    "; in the file, write true or false without quotes, "
    "or set it with `pulumi config set --path --type bool`"
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of a project that keeps its stacks in another."""
    shared = {"value": {"audit": {"workspace": True, "url": URL}}}
    config = {
        "bitbucket-hooks:shared": shared,
        "unmanaged": {"type": "string", "default": "report"},
    }
    config["bitbucket:workspace"] = "acme"  # the short form
    (tmp_path / "Pulumi.yaml").write_text(
        yaml.safe_dump({"name": "bitbucket-hooks", "stackConfigDir": "stacks", "config": config})
    )
    (tmp_path / "stacks").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _stack(project: Path, name: str, *hooks: Any, **keys: Any) -> None:
    config = {f"bitbucket-hooks:{key}": value for key, value in keys.items()}
    config["bitbucket-hooks:hooks"] = list(hooks)
    (project / "stacks" / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": config}))


def _check(*args: str) -> Result:
    return CliRunner().invoke(main, ["check", *args])


def test_what_is_declared(project: Path) -> None:
    """Of every stack, with what all stacks share; no query of a url, no secret."""
    sealed = {"name": "sealed", "url": {"secure": "v1:abc"}, "project": "PLAT", "exclude": ["x*"]}
    more = {"secret": {"secure": "v1:def"}, "active": False, "skipCertVerification": True}
    _stack(project, "dev", CI, {"name": "audit", "secret": ""}, {**sealed, **more})
    _stack(
        project,
        "prod",
        {**CI, "events": ["repo:*"], "account": "labs"},
        defaults={"protect": True, "secretFrom": "env:CI"},
        accounts={"labs": {"oauthToken": {"secure": "v1:ghi"}}},
    )
    result = _check()
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines == [
        "Stack dev: fine",
        "HOOK ON URL EVENTS SECRET NOTES",
        "ci acme: web, svc-* https://ci.example.com/?… repo:push not managed -",
        "audit workspace acme https://ci.example.com/ repo:push none -",
        (
            "sealed acme: in PLAT, not x* [secret] repo:push in the configuration "
            "no certificate check, inactive"
        ),
        "Hooks that nothing declares there: report",
        "",
        "Stack prod: fine",
        "HOOK ON URL EVENTS SECRET NOTES",
        "ci acme: web, svc-* https://ci.example.com/?… 10 of repo env:CI protected, account labs",
        "Hooks that nothing declares there: report",
        "",
    ]


def test_json(project: Path) -> None:
    """The same for programs."""
    _stack(project, "dev", CI)
    (document,) = json.loads(_check("dev", "--json").stdout)
    assert (document["stack"], document["unmanaged"], document["problems"]) == ("dev", "report", [])
    (hook,) = document["hooks"]
    assert (hook["name"], hook["repositories"]) == ("ci", ["web", "svc-*"])
    assert "canary" not in json.dumps(document)


def test_mistakes(project: Path) -> None:
    """All at once, of all stacks, each with its line; what only Bitbucket knows is a warning."""
    _stack(project, "a", {**CI, "active": 1, "account": "x"}, unmanged="x")
    _stack(project, "b", {**CI, "events": ["repo:psh", "zzz", "pullrequest:merge"]})
    result = _check()
    assert result.exit_code == 1
    assert "Stack a: 3 mistakes\n" in result.stdout
    assert "Stack b: 3 warnings\n" in result.stdout
    hooks = "bitbucket-hooks:hooks[0]"
    assert [line.strip() for line in result.stderr.splitlines()] == [
        (
            "Error: stacks/Pulumi.a.yaml:10: bitbucket-hooks:unmanged: is no key; did you mean "
            "bitbucket-hooks:unmanaged?"
        ),
        (
            f'Error: stacks/Pulumi.a.yaml:3: {hooks}.account: there is no account "x"; declare it '
            "under bitbucket-hooks:accounts"
        ),
        (
            f"Error: stacks/Pulumi.a.yaml:4: {hooks}.active: must be true or false, not a number "
            "(it is 1)"
        ),
        (
            f'Warning: stacks/Pulumi.b.yaml:4: {hooks}.events[0]: unknown event "repo:psh"; did '
            'you mean "repo:push"?'
        ),
        (
            f'Warning: stacks/Pulumi.b.yaml:5: {hooks}.events[1]: unknown event "zzz"; '
            "`bitbucket-hooks events` lists them"
        ),
        (
            f"Warning: stacks/Pulumi.b.yaml:6: {hooks}.events[2]: unknown event "
            '"pullrequest:merge"; did you mean "pullrequest:fulfilled" (merged)?'
        ),
    ]
    document = json.loads(_check("a", "--json").stdout)
    assert len(document[0]["problems"]) == 3


def test_an_account_that_cannot_be_used(project: Path) -> None:
    """Is a mistake like the others, and keeps none of them from being told."""
    _stack(project, "dev", {**CI, "active": 1}, {**CI, "name": "b", "repositories": ["x-*", "web"]})
    file = project / "stacks" / "Pulumi.dev.yaml"
    file.write_text(file.read_text() + "  bitbucket:rateLimit: many\n  bitbucket:tken: x\n")
    result = _check("dev")
    assert result.exit_code == 1
    assert "Stack dev: 3 mistakes" in result.stdout
    assert 'bitbucket:rateLimit (or BITBUCKET_RATE_LIMIT) is "many"' in result.stderr
    assert "bitbucket:tken: is no key; take one of username" in result.stderr
    assert "hooks[0].active: must be" in result.stderr


def test_entries_that_declare_the_same_hook(project: Path) -> None:
    """Are told as far as names go: what a glob means, only a preview knows."""
    _stack(project, "dev", CI, {**CI, "name": "b", "repositories": ["web"]})
    assert "hooks[1]: declares the same hook as [0] on acme/web" in _check("dev").stderr
    _stack(project, "dev", CI, {**CI, "name": "b", "repositories": ["w*"]})
    assert _check("dev").exit_code == 0


def test_yaml_is_what_it_is_to_the_engine(project: Path) -> None:
    """It has words for text that others take for true or a number, and the other way round."""
    file = project / "stacks" / "Pulumi.dev.yaml"
    text = """config:
  bitbucket:workspace: acme
  bitbucket-hooks:hooks:
    - {name: on, url: "https://x.example.com/", repositories: [no, 2026-01-01, 0x, -_]}
    - {name: b, url: "https://x.example.com/", repositories: [1e3, 017, ~], active: yes}
"""
    file.write_text(text)
    assert [line.partition("hooks[1].")[2] for line in _check("dev").stderr.splitlines()] == [
        f"repositories[0]: must be text, not a number (it is 1000.0){QUOTES}",
        f"repositories[1]: must be text, not a number (it is 15){QUOTES}",
        "repositories[2]: must be text, not nothing",
        f'active: must be true or false, not text (it is "yes"){NO_QUOTES}',
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("config: [", "Pulumi.dev.yaml can't be read: "),
        ("- 1", "Pulumi.dev.yaml can't be read: it is no mapping"),
        ("\x00", "Pulumi.dev.yaml can't be read: "),
        ("config: canary: x", "line 1, column"),
        ("config:\n  x:y: {canary: 1, canary: 2}\n", "a key that line 2 has already, line 2, col"),
    ],
)
def test_files_that_cannot_be_read(project: Path, text: str, says: str) -> None:
    """Are told with the place, never with what stands there."""
    (project / "stacks" / "Pulumi.dev.yaml").write_text(text)
    result = _check("dev")
    assert result.exit_code == 1
    assert says in result.stderr
    assert "canary" not in result.stderr


def test_nothing_there(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No stack, no such stack, no project: each says what to do."""
    assert "there is no Pulumi.STACK.yaml" in _check().stderr
    assert "there is no Pulumi.nope.yaml" in _check("nope").stderr
    (project / "Pulumi.yaml").unlink()
    monkeypatch.chdir(project)
    assert "there is no Pulumi.yaml" in _check().stderr


def test_a_stack_without_configuration(project: Path) -> None:
    """Has no hooks."""
    (project / "stacks" / "Pulumi.dev.yaml").write_text("encryptionsalt: x\n")
    assert "The stack config declares no hooks;" in _check("dev").stdout


def test_the_living_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Are fine; that of dev as `make setup` copies it."""
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    shutil.copy(ROOT / "stacks" / "dev.yaml", tmp_path / "stacks" / "Pulumi.dev.yaml")
    monkeypatch.chdir(tmp_path)
    result = _check("dev", "staging", "prod")
    assert (result.exit_code, result.stderr) == (0, "")


def test_the_schema_is_printed() -> None:
    """As it is committed."""
    assert _check("--schema").stdout == (ROOT / "stacks" / "stack.schema.json").read_text()


VALIDATOR = jsonschema.Draft202012Validator(schema())


def _valid(*hooks: Any, **keys: Any) -> bool:
    config = {f"bitbucket-hooks:{key}": value for key, value in keys.items()}
    return VALIDATOR.is_valid({"config": {**config, "bitbucket-hooks:hooks": list(hooks)}})


def test_the_schema_takes_what_the_program_takes() -> None:
    """Every key, secrets in their encrypted form, and null for what is shared."""
    jsonschema.Draft202012Validator.check_schema(schema())
    sealed = {"secure": "v1:abc"}
    whole = {
        **CI,
        "url": sealed,
        "secret": sealed,
        "exclude": ["x*"],
        "project": "PLAT",
        "strict": True,
        "owner": "acme",
        "account": "labs",
        "events": ["repo:*", "repo:a_new_one"],
        "description": None,
        "active": False,
        "skipCertVerification": False,
        "historyEnabled": True,
        "adopt": "match",
        "protect": True,
    }
    labs = {"oauthToken": sealed, "workspace": "labs"}
    assert _valid(whole, {"name": "audit"}, accounts={"labs": labs}, defaults={"protect": True})
    assert _valid(shared={"ci": {"url": URL}}, unmanaged="delete")


@pytest.mark.parametrize(
    ("hook", "keys"),
    [
        ({"name": None}, {}),
        ({"url": 7}, {}),
        ({"repositories": "web"}, {}),
        ({"repositories": []}, {}),
        ({"events": []}, {}),
        ({"active": "yes"}, {}),
        ({"secret": "x" * 129}, {}),
        ({"secretFrom": "canary"}, {}),
        ({"colour": 1}, {}),
        ({}, {"unmanaged": "remove"}),
        ({}, {"unmanged": "report"}),
        ({}, {"defaults": {"name": "x"}}),
        ({}, {"shared": {"ci": {"name": "x"}}}),
        ({}, {"accounts": {"labs": {"token": "x"}}}),
    ],
)
def test_the_schema_refuses_mistakes(hook: dict[str, Any], keys: dict[str, Any]) -> None:
    """Those that an editor can see."""
    given = {key: value for key, value in {**CI, **hook}.items() if key != "name" or value}
    assert not _valid(given, **keys)
    assert _valid(CI)


def test_a_key_in_a_wrong_namespace(project: Path) -> None:
    """Is a mistake; keys of the project itself are its program's."""
    _stack(project, "dev", CI)
    file = project / "stacks" / "Pulumi.dev.yaml"
    written = file.read_text()
    top = yaml.safe_load((project / "Pulumi.yaml").read_text())
    (project / "Pulumi.yaml").write_text(yaml.safe_dump({**top, "name": "bitbucket-hook"}))
    file.write_text(f"{written}  bitbucket-hook:hooks: x\n")
    assert _check("dev").exit_code == 0
    file.write_text(written.replace("bitbucket-hooks:hooks:", "bitbuckethooks:hooks:"))
    result = _check("dev")
    assert result.exit_code == 1
    where = "Error: stacks/Pulumi.dev.yaml:2: bitbuckethooks:hooks"
    assert f"{where}: is no key; did you mean bitbucket-hooks:hooks?" in result.stderr
