"""`bitbucket-hooks import`: what it writes is exactly what is live; the rest of the file stays."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.importing.selecting import Selector
from bitbucket_hooks.importing.splicing import KEY, added
from bitbucket_hooks.importing.writing import scalar
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.urls import may_be_secret
from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN
from bitbucket_hooks.stack.entries import Draft
from bitbucket_hooks.stack.schema import SCHEMA_URL
from bitbucket_hooks.stack.selection import Selection
from support import command, estates
from support.clocks import FakeClock
from support.estates import CI
from support.exported import exported
from support.sandbox import Sandbox, serve

FILE = "Pulumi.test.yaml"


@pytest.fixture
def folder(tmp_path: Path, sandbox_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a project with a stack whose API is the sandbox."""
    home = tmp_path / "project"
    home.mkdir()
    (home / "Pulumi.yaml").write_text("name: hooks\nruntime: python\n")
    monkeypatch.chdir(home)
    configure(home, {"bitbucket:apiUrl": f"sandbox:{sandbox_path}", "bitbucket:workspace": "acme"})
    return home


def configure(folder: Path, config: Mapping[str, Any]) -> None:
    """Write the stack's file."""
    before = folder / FILE
    old = yaml.safe_load(before.read_text())["config"] if before.exists() else {}
    before.write_text(yaml.safe_dump({"config": {**old, **config}}))


def entries(folder: Path) -> list[dict[str, Any]]:
    """The entries that the stack's file has."""
    found: list[dict[str, Any]] = yaml.safe_load((folder / FILE).read_text())["config"][KEY]
    return found


run = partial(command.run, "import", "acme", "--stack", "test")


def test_equal_hooks_are_one_entry(folder: Path, sandbox: Sandbox) -> None:
    """Over a whole project, over names; with what differs from the defaults, in a fixed order."""
    for slug in ("api", "billing", "infra", "worker"):
        sandbox.plant_hook(f"acme/{slug}", CI, description="CI", events=("repo:fork",))
    for slug in ("web", "docs"):
        sandbox.plant_hook(f"acme/{slug}", CI, description="CI", active=False, secret="canary")
    sandbox.plant_hook("acme", "https://audit.example.com/", history_enabled=True)
    (folder / FILE).chmod(0o640)
    before = (folder / FILE).read_text()
    result = run(code=3)
    assert "3 new entries for 7 hooks" in result.stdout
    assert "nothing is written: that takes --write" in result.stderr
    assert "+      project: PLAT" in result.stdout
    assert (folder / FILE).read_text() == before
    run("--write")
    assert entries(folder) == [
        {
            "name": "audit-example-com",
            "url": "https://audit.example.com/",
            "workspace": True,
            "historyEnabled": True,
        },
        {
            "name": "ci",
            "url": CI,
            "project": "PLAT",
            "events": ["repo:fork"],
            "description": "CI",
        },
        {
            "name": "ci-inactive",
            "url": CI,
            "repositories": ["docs", "web"],
            "description": "CI",
            "active": False,
        },
    ]
    assert list(entries(folder)[1]) == ["name", "url", "project", "events", "description"]
    text = (folder / FILE).read_text()
    assert text.endswith("# secretFrom: env:CI_INACTIVE_HOOK_SECRET\n")
    assert "canary" not in text
    assert {request.method for request in sandbox.requests()} == {"GET"}
    assert "nothing to import; 7 already declared" in run("--write").stdout
    assert (folder / FILE).read_text() == text
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o640
    assert sorted(path.name for path in folder.iterdir()) == [FILE, "Pulumi.yaml"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["uniform", "messy", "hostile"])
def test_estates(sandbox: Sandbox, name: str) -> None:
    """Each hook but an app's is declared once; a second run finds nothing; no url is shown."""
    planted = getattr(estates, name)(sandbox)
    apps = sum(hook.read_only for hook in sandbox.hooks())
    imported = json.loads(run("--json", code=3).stdout)
    assert imported["figures"]["hooks"] == planted - apps
    assert imported["leftOut"] == imported["doubts"] == []
    shown = run("--plain-urls", code=3).output
    result = run("--write", "--plain-urls")
    assert estates.CANARY not in shown + result.output + json.dumps(imported)
    assert "\x1b" not in shown + result.output
    declared = imported["entries"]
    held = [uuid for entry in declared for uuid in entry["hooks"].values()]
    assert sorted(held) == sorted(hook.uuid for hook in sandbox.hooks() if not hook.read_only)
    assert all(len(entry["name"]) <= 40 for entry in declared)
    assert imported["awaitingSecret"] == [entry["name"] for entry in declared if entry["secretSet"]]
    again = json.loads(run("--json").stdout)
    assert again["figures"]["declared"] == planted - apps
    command.run("check", "test")


def test_doubles_are_adopted_by_uuid(folder: Path, sandbox: Sandbox) -> None:
    """Each in an entry of its own, with the title; the hooks beside them stay together."""
    for slug in ("api", "web"):
        sandbox.plant_hook(f"acme/{slug}", CI, description="CI")
    sandbox.plant_hook("acme/docs", CI)
    twins = [sandbox.plant_hook("acme/docs", CI) for _ in "12"]
    run("--write")
    by_name = {entry["name"]: entry for entry in entries(folder)}
    assert by_name["ci"]["repositories"] == ["api", "web"]
    doubles = [entry for entry in by_name.values() if "adopt" in entry]
    assert {entry["adopt"] for entry in doubles} > {hook.uuid for hook in twins}
    assert all((entry["repositories"], entry["description"]) == (["docs"], "") for entry in doubles)


def test_what_all_entries_get(folder: Path, sandbox: Sandbox) -> None:
    """Is taken away where the hook hasn't it, and not repeated where it has."""
    configure(
        folder,
        {
            "bitbucket:adopt": "never",
            "bitbucket:workspace": "globex",
            "bitbucket-hooks:defaults": {
                "events": ["issue:*"],
                "secretFrom": "env:CI",
                "historyEnabled": True,
                "active": False,
                "project": "WEB",
                "protect": True,
            },
            "bitbucket-hooks:shared": {"ci": {"description": "Else", "workspace": True}},
        },
    )
    issues = ("issue:created", "issue:updated", "issue:comment_created")
    sandbox.plant_hook("acme/web", CI, description="ci", events=issues)
    sandbox.plant_hook("acme", "https://a.example.com/", active=False)
    run("--write")
    assert entries(folder) == [
        {
            "name": "a-example-com",
            "url": "https://a.example.com/",
            "workspace": True,
            "owner": "acme",
            "events": ["repo:push"],
            "secretFrom": None,
            "historyEnabled": False,
            "adopt": "match",
        },
        {
            "name": "ci",
            "url": CI,
            "repositories": ["web"],
            "owner": "acme",
            "description": "ci",
            "active": True,
            "secretFrom": None,
            "historyEnabled": False,
            "adopt": "match",
        },
    ]
    run()


def test_a_workspace_that_only_a_variable_names(
    folder: Path, sandbox: Sandbox, sandbox_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is written: the next `up` may not have the variable."""
    url = f"bitbucket:apiUrl: sandbox:{sandbox_path}"
    (folder / FILE).write_text(f"config:\n  {url}\n")
    monkeypatch.setenv("BITBUCKET_WORKSPACE", "acme")
    sandbox.plant_hook("acme/web", CI)
    run("--write")
    assert [entry["owner"] for entry in entries(folder)] == ["acme"]
    run()
    monkeypatch.delenv("BITBUCKET_WORKSPACE")
    command.run("check", "test")


def test_a_service_that_fails_at_one(
    folder: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ends it: what is missing would make other entries of the rest."""
    for slug in ("api", "web"):
        sandbox.plant_hook(f"acme/{slug}", CI)
    monkeypatch.setattr("bitbucket_hooks.cli.listing.Clock", FakeClock)
    sandbox.plan_fault("503", path="/2.0/repositories/acme/web/hooks", times=99)
    before = (folder / FILE).read_text()
    assert "1 of 9 listings failed" in run("--write", code=2).stderr
    assert (folder / FILE).read_text() == before


def test_existing_entries(folder: Path, sandbox: Sandbox) -> None:
    """Stay, have their hooks, and one that means several is told."""
    declared = [
        {"name": "ci", "url": CI, "repositories": ["*"], "exclude": ["web"], "description": "CI"},
        {"name": "loose", "url": "https://l.example.com/", "repositories": ["web"]},
        {"name": "far", "url": CI, "repositories": ["web"], "owner": "globex"},
        {"name": "all", "url": CI, "workspace": True},
    ]
    configure(folder, {KEY: declared, "bitbucket-hooks:unmanaged": "delete"})
    for slug in ("api", "web"):
        sandbox.plant_hook(f"acme/{slug}", CI, description="CI")
    sandbox.plant_hook("acme", CI, description="any")
    for title in "ab":
        sandbox.plant_hook("acme/web", "https://l.example.com/", description=title)
    sandbox.plant_hook("acme/web", "https://me:canary@p.example.com/")
    sandbox.plant_hook("acme/web", "https://app.example.com/", read_only=True)
    result = run("--write")
    assert "1 new entry for 1 hook; 4 already declared; 1 read-only; 1 left out" in result.stdout
    assert 'the entry "loose" matches 2 hooks' in result.stderr
    assert "its url contains credentials" in result.stderr
    assert "deletes hooks that nothing declares" in result.stderr
    assert "canary" not in result.output
    assert entries(folder)[:4] == declared
    (new,) = entries(folder)[4:]
    assert (new["name"], new["repositories"]) == ("ci-web", ["web"])


def test_hooks_that_states_have(folder: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    """Another stack's hooks are left to it; the rest of the estate is declared all the same."""
    theirs = sandbox.plant_hook("acme/api", CI, description="CI")
    sandbox.plant_hook("acme/web", CI, description="CI")
    inputs = {"owner": "acme", "repository": "api", "url": CI}
    outputs = {**inputs, "uuid": theirs.uuid}
    state = exported(tmp_path / "state.json", ("Hook", "ci", inputs, outputs))
    result = run("--write", "--state", state)
    assert "1 new entry for 1 hook; 1 managed already" in result.stdout
    assert [entry["repositories"] for entry in entries(folder)] == [["web"]]


def test_a_part_of_the_workspace(
    folder: Path, sandbox: Sandbox, sandbox_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No glob reaches what wasn't listed: left out by a choice, or refused."""
    sandbox.add_repositories([f"acme/svc-{number}" for number in range(9)], project="SVC")
    for number in range(9):
        sandbox.plant_hook(f"acme/svc-{number}", CI)
    run("--repositories", "svc-*", "--exclude", "svc-8", "--write")
    (entry,) = entries(folder)
    assert (entry["project"], entry["exclude"]) == ("SVC", ["svc-8"])
    configure(folder, {KEY: []})
    run("--project", "SVC", "--write")
    assert entries(folder)[0]["project"] == "SVC"
    configure(folder, {KEY: None})
    run("--repositories", "svc-*", "--names", "--write")
    assert len(entries(folder)[0]["repositories"]) == 9
    for number in range(8):
        sandbox.grant(MEMBER_EMAIL, f"acme/svc-{number}", "admin")
    monkeypatch.setenv("BITBUCKET_USERNAME", MEMBER_EMAIL)
    monkeypatch.setenv("BITBUCKET_PASSWORD", MEMBER_TOKEN)
    with serve(sandbox_path) as base:
        configure(folder, {KEY: None, "bitbucket:apiUrl": base})
        run("--write", "--repositories", "svc-*")
    assert entries(folder)[0].get("exclude") == ["svc-8"]


def test_a_run_that_is_resumed(folder: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    """Asks again only for urls that the file doesn't hold; it stays until all is written."""
    sandbox.plant_hook("acme/web", f"{CI}?token=canary")
    sandbox.plant_hook("acme/api", CI)
    kept = tmp_path / "kept"
    run("--resume", kept, code=3)
    assert b"canary" not in kept.read_bytes()
    sandbox.clear_requests()
    run("--resume", kept, "--write", "--plain-urls")
    assert len(sandbox.requests()) == 2
    assert {entry["url"] for entry in entries(folder)} == {CI, f"{CI}?token=canary"}
    assert not kept.exists()


def test_mistakes(folder: Path, sandbox: Sandbox) -> None:
    """Both flags; a stack's file that is wrong or can't be written to."""
    sandbox.plant_hook("acme/web", CI)
    assert "exclude each other" in run("--check", "--write", code=1).stderr
    configure(folder, {KEY: [{"name": "x"}] * 9})
    assert "and 21 more" in run(code=1).stderr
    flow = f"config: {{'bitbucket:apiUrl': 'sandbox:{folder.parent}/sandbox.db'}}\n"
    (folder / FILE).write_text(flow)
    assert "can't be added" in run("--write", code=1).stderr
    assert (folder / FILE).read_text() == flow


def test_without_an_engine(folder: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """No url that may be secret is written; a look doesn't need it."""
    sandbox.plant_hook("acme/web", f"{CI}?token=canary")
    before = (folder / FILE).read_text()
    monkeypatch.setenv("PATH", str(folder))
    for result in (run("--write", code=1), command.run("import", "acme", code=1)):
        assert "there is no `pulumi`" in result.stderr
        assert "canary" not in result.output
    assert "secure: (encrypted when it is written)" in run(code=3).stdout
    (folder / "pulumi").write_text("#!/bin/sh\necho error: no passphrase >&2; exit 255\n")
    (folder / "pulumi").chmod(0o700)
    assert "can't be encrypted: `pulumi` says: no passphrase" in run("--write", code=1).stderr
    assert (folder / FILE).read_text() == before


def test_what_cannot_be_declared(folder: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    """By the rules of the configuration, or since it was changed while it was looked at."""
    sandbox.plant_hook("acme/web", CI, events=())
    asked = sandbox.plant_hook("acme/api", f"{CI}?token=canary")
    kept = tmp_path / "kept"
    run("--resume", kept, code=3)
    sandbox.change_hook(asked.uuid, url=f"{CI}?token=another-canary")
    result = run("--resume", kept, "--write")
    assert "the API needs at least one event" in result.stderr
    assert f"the hook {asked.uuid} can't be declared: it was changed meanwhile" in result.stderr
    assert "nothing to import; 2 left out" in result.stdout
    assert "canary" not in result.output
    assert KEY not in (folder / FILE).read_text()


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("", f"# yaml-language-server: $schema={SCHEMA_URL}\n"),
        ("encryptionsalt: v1:x\r\n", f"# yaml-language-server: $schema={SCHEMA_URL}\r\n"),
        ("# yaml-language-server: $schema=stack.schema.json\n", ""),
        ("# Ours.\n\n# yaml-language-server: $schema=none\n", ""),
        ("\ufeff# Ours.\n", ""),
    ],
)
def test_the_line_that_editors_find_the_schema_by(
    folder: Path, sandbox: Sandbox, sandbox_path: Path, before: str, line: str
) -> None:
    """Comes first in a file that has none; the rest stays as it is."""
    sandbox.plant_hook("acme/web", CI)
    config = f"config:\n  bitbucket:apiUrl: sandbox:{sandbox_path}\n"
    kept = (before + config).encode()
    (folder / FILE).write_bytes(kept)
    run("--write")
    assert (folder / FILE).read_bytes().startswith(line.encode() + kept)
    sandbox.plant_hook("acme/api", "https://another.example.com/")
    run("--write")
    assert (folder / FILE).read_text("utf-8").count("yaml-language-server") == int(
        "yaml" in line + before
    )


NEW = "- name: n"
FILES = {
    "": "config:\n  K:\n    - name: n\n",
    "a: 1": "a: 1\nconfig:\n  K:\n    - name: n\n",
    "config:\nb: 1\n": "config:\n  K:\n    - name: n\nb: 1\n",
    "config: {} # none\n": "config: # none\n  K:\n    - name: n\n",
    "config:\n    x:y: 1 # c\n    # d\n# e\nb: 1\n": (
        "config:\n    x:y: 1 # c\n    # d\n    K:\n      - name: n\n# e\nb: 1\n"
    ),
    "config:\n  K: [] # c\n  z: 1\n": "config:\n  K: # c\n    - name: n\n  z: 1\n",
    "config:\n  K:\n  - name: a # c\n  # d\n  z: 1\n": (
        "config:\n  K:\n  - name: a # c\n  - name: n\n  # d\n  z: 1\n"
    ),
    "config:\n  K:\n      - name: a\n        u: |\n          x\n\n        # d\n  # e\n  z: 1\n": (
        "config:\n  K:\n      - name: a\n        u: |\n          x\n\n        # d\n"
        "      - name: n\n  # e\n  z: 1\n"
    ),
    "config:\n  K: [ # why\n    # and # more\n  ] # c\n  z: 1\n": (
        "config:\n  K: # c\n    # why\n    # and # more\n    - name: n\n  z: 1\n"
    ),
    "config: {\r\n# why\r\n}": "config:\r\n  # why\r\n  K:\r\n    - name: n\r\n",
    "config:\n  a: 2024-99-99\n  b: 0x_\n  c: .nan\n  d: 08\n  K: ~\n": (
        "config:\n  a: 2024-99-99\n  b: 0x_\n  c: .nan\n  d: 08\n  K:\n    - name: n\n"
    ),
    "config:\n  a: &a [1]\n  b: *a # c\n  # d\nz: *a\n": (
        "config:\n  a: &a [1]\n  b: *a # c\n  # d\n  K:\n    - name: n\nz: *a\n"
    ),
    "config:\r\n  K:\r\n    - name: a": "config:\r\n  K:\r\n    - name: a\r\n    - name: n\r\n",
}


@pytest.mark.parametrize("before", FILES)
def test_the_rest_of_the_file_stays(before: str) -> None:
    """Comments, blank lines, indentation and line breaks."""

    def named(text: str) -> str:
        return text.replace("K:", f"{KEY}:")

    after = added(FILE, named(before), lambda indent: [" " * indent + NEW])
    assert after == named(FILES[before])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("config: {K: [{name: a}]}", "line 1"),
        ("config:\n  K: [{name: a}]\n", "line 2"),
        ("- a\n", "line 1"),
        ("config:\n  K: 5\n", "line 2"),
        ("config:\n  K: &a []\n", "line 2"),
        ("config:\n  K: !!null\n", "line 2"),
        ("config:\n  a: &a\n    - x\n  K: *a\n", ""),
    ],
)
def test_a_file_that_is_left_alone(text: str, problem: str) -> None:
    """Since something else would be touched."""
    with pytest.raises(ConfigError, match=f"can't be added to {FILE} .* under {KEY}") as caught:
        added(FILE, text.replace("K:", f"{KEY}:"), lambda indent: [" " * indent + NEW])
    assert problem in caught.value.message


UNREADABLE = {
    # the blanks keep PyYAML from taking each bracket for the start of a key, in quadratic time
    f"a: {('[' + 20 * ' ') * 1500}": "it is nested too deeply, line 2",
    "a: !!timestamp canary": "a value that does not fit its type, line 2, column 6",
    "a: *canary": "found undefined alias …, line 2, column 6",
    "a: !canary x": "could not determine a constructor for the tag …, line 2, column 6",
    "a: &x\n    b: *x": "an alias inside what it stands for, line 3, column 8",
    "a: 1\n  a: 2": "a key that line 2 has already, line 3, column 3",
    "a: \x07": "a character that may not be there, line 2",
}


@pytest.mark.parametrize(("text", "problem"), UNREADABLE.items())
def test_a_file_that_cannot_be_read(
    folder: Path, sandbox: Sandbox, text: str, problem: str
) -> None:
    """Is named with the line and without what stands there, by whoever reads it, and stays."""
    sandbox.plant_hook("acme/web", CI)
    path = folder / FILE
    path.write_text(f"config:\n  {text}\n")
    before = path.read_bytes()
    for result in (run("--write", code=1), command.run("check", "test", code=1)):
        assert f"{FILE} can't be read: {problem}" in result.stderr
        assert "canary" not in result.output
    assert path.read_bytes() == before


def test_an_alias_within_what_it_stands_for() -> None:
    """Is named as what can't be read."""
    with pytest.raises(
        ConfigError, match=f"{FILE} can't be read: an alias inside what it stands for, line 3"
    ):
        added(FILE, f"config:\n  {KEY}: &a\n    - *a\n", lambda indent: [" " * indent + NEW])


@given(st.text())
def test_any_text_is_written_as_text(text: str) -> None:
    """On one line of printable characters, and read as it was."""
    written = scalar(text)
    assert written.isprintable()
    assert yaml.safe_load(f"a: [{written}]") == {"a": [text]}


SLUGS = st.from_regex(r"(svc|app|x)[-_.](a|b|[0-9])[-_.]?(new|old|[0-9]{1,2})?", fullmatch=True)
ESTATE = st.dictionaries(SLUGS, st.sampled_from(["A", "B", ""]), min_size=1, max_size=40)


@given(ESTATE, st.data())
def test_a_selection_is_exact(estate: dict[str, str], data: st.DataObject) -> None:
    """Whatever is meant, the stack's own rules choose just that; no longer than the names."""
    meant = data.draw(st.sets(st.sampled_from(sorted(estate)), min_size=1) | st.just(set(estate)))
    selection = Selector(estate).choose(meant)
    assert chosen(selection.keys(), estate) == sorted(meant)
    assert selection.cost <= len(meant)


def chosen(keys: Mapping[str, Any], estate: Mapping[str, str]) -> Iterable[str]:
    """What an entry with these keys means."""
    paths = dict.fromkeys((*keys, "repositories", "exclude", "project"), "hooks[0]")
    draft = Draft("hooks[0]", {"owner": "acme", **keys}, paths)
    there = [Repository(slug, "", project) for slug, project in sorted(estate.items())]
    selection = Selection(draft).choose(there)
    assert selection.problems == selection.warnings == []
    return selection.slugs


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("https://ci.example.com/bitbucket-webhook/v2", False),
        ("HTTPS://CI.example.com:443", False),
        ("https://ci.example.com/?a", True),
        ("https://ci.example.com/#a", True),
        ("https://hooks.slack.com/services/x", True),
        ("https://ci.example.com/t/3f9a8b7c6d5e4f3a2b1c", True),
        ("https://ci.example.com/334b2d82-dd2e-4f44-b6f9-9419ee91b5a8", True),
    ],
)
def test_urls_that_may_be_secret(url: str, *, secret: bool) -> None:
    """A query, a fragment, a chat service, a token in the path."""
    assert may_be_secret(url) is secret


def test_names_of_many_alike_hooks(folder: Path, sandbox: Sandbox) -> None:
    """What sets each apart is in its name; where nothing does, a number; in a reader's order."""
    for number in range(15):
        sandbox.plant_hook("acme/web", f"https://ci.example.com/job/{number}", description="CI")
        sandbox.plant_hook("acme/api", f"https://ci.example.com/?job={number}", description="Bot")
    run("--write", "--plain-urls")
    assert [entry["name"] for entry in entries(folder)] == [
        *("bot", *(f"bot-{number}" for number in range(2, 16))),
        *("ci", *(f"ci-job-{number}" for number in range(1, 15))),
    ]
