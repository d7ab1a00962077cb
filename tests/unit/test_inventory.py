"""`bitbucket-hooks inventory`: what it asks, finds, writes and keeps; text from outside is text."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.api.repositories import RepositoryApi
from bitbucket_hooks.cli.progress import Progress
from bitbucket_hooks.inventory.collect import Collector, RepositoryScope
from bitbucket_hooks.inventory.keeping import Kept
from bitbucket_hooks.inventory.render import no_formula
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN
from bitbucket_hooks.sandbox.webhook import StoredHook
from support import command
from support.clocks import FakeClock
from support.disks import full_disk
from support.exported import exported
from support.rooms import Canned, canned_client
from support.sandbox import Sandbox, serve

TOKEN = "token=canary-in-the-url"
URL = f"https://ci.example.com/hook?{TOKEN}"
SECRET = "canary-secret"
GONE = "{aaaaaaaa-0000-4000-8000-000000000000}"
ENCRYPTED = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '=HYPERLINK("http://evil.example.com")',
    "@SUM(A1)",
    "line\nbreak\t\x1b[31mred \u202egnp \u2028\ufeff\u061c\xad\u2063\U000e0041",
    "<!--<script>",
    '"quoted", \\u003c &lt;b&gt;',
)


@pytest.fixture(autouse=True)
def _embedded(sandbox_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUCKET_API_URL", f"sandbox:{sandbox_path}")


run = partial(command.run, "inventory")


def as_json(*arguments: object, code: int = 0) -> dict[str, Any]:
    """Give what the command prints as JSON."""
    found: dict[str, Any] = json.loads(run("acme", "--json", *arguments, code=code).stdout)
    return found


def codes(inventory: dict[str, Any]) -> dict[str, list[str]]:
    """The findings of each hook, by its description."""
    return {
        hook["description"]: [finding["code"] for finding in hook["findings"]]
        for hook in inventory["hooks"]
    }


def plant(sandbox: Sandbox, where: str, name: str, url: str = URL, **more: Any) -> StoredHook:
    """Make a hook by hand: with a secret, unless it is said otherwise."""
    return sandbox.plant_hook(where, url, description=name, **{"secret": SECRET, **more})


def asked(sandbox: Sandbox) -> list[str]:
    """The paths that were asked for, below the API's base."""
    return sorted(request.path.removeprefix("/2.0/") for request in sandbox.requests())


def listing(slug: str) -> str:
    """The path of a repository's hooks."""
    return f"repositories/acme/{slug}/hooks"


SLUGS = ("api", "billing", "design-system", "docs", "infra", "mobile", "web", "worker")
EVERY = sorted(["repositories/acme", "workspaces/acme/hooks", *map(listing, SLUGS)])


def test_one_listing_each(sandbox: Sandbox) -> None:
    """Of repositories, of the workspace's hooks, and of each repository's."""
    hook = plant(sandbox, "acme/web", "CI", events=("repo:push", "issue:created"))
    found = as_json()
    assert asked(sandbox) == EVERY
    assert (found["listed"], found["total"], found["complete"]) == (9, 9, True)
    assert found["hooks"] == [
        {
            "where": "acme/web",
            "workspace": "acme",
            "repository": "web",
            "project": "WEB",
            "description": "CI",
            "url": "https://ci.example.com/hook?…",
            "host": "ci.example.com",
            "events": ["issue:created", "repo:push"],
            "active": True,
            "skipCertVerification": False,
            "secretSet": True,
            "historyEnabled": False,
            "createdAt": hook.created_at,
            "uuid": hook.uuid,
            "readOnly": False,
            "standing": "unknown",
            "declarations": [],
            "findings": [],
        }
    ]
    assert found["figures"] == {
        "hooks": 1,
        "repositories": 1,
        "hosts": 1,
        "insecure": 0,
        "doubled": 0,
        "inactive": 0,
    }


@pytest.mark.parametrize(
    ("arguments", "slugs", "listed"),
    [
        (["--repositories", "w*", "--repositories", "API"], ["api", "web", "worker"], True),
        (["--exclude", "*e*"], ["api", "docs", "infra"], False),
        (["--project", "PLAT", "--exclude", "api"], ["billing", "infra", "worker"], True),
        (["--project", "plat", "--repositories", "api"], ["api"], True),
        (["--repositories", "web"], ["web"], False),
        (["--repositories", "none-*"], [], True),
    ],
)
def test_a_choice(
    sandbox: Sandbox, arguments: list[str], slugs: list[str], *, listed: bool
) -> None:
    """By names, globs, exclusions and project; plain names cost no listing of repositories."""
    run("acme", *arguments)
    needs = listed or "--exclude" in arguments
    wanted = ["repositories/acme"] if needs else []
    if arguments[0] == "--exclude":
        slugs = [slug for slug in SLUGS if "e" not in slug]
    assert asked(sandbox) == sorted([*wanted, "workspaces/acme/hooks", *map(listing, slugs)])


def test_a_glob_that_means_nothing() -> None:
    """Is told."""
    assert '"none-*" matches no repository' in run("acme", "--repositories", "none-*").stderr
    assert "is no key of a project" in run("acme", "--project", 'A" OR "B', code=1).stderr
    assert '"--project NONE" matches no repository' in run("acme", "--project", "NONE").stderr


def test_the_workspace(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is the argument, else the variable, else there is none."""
    assert "BITBUCKET_WORKSPACE" in run(code=1).stderr
    assert '"a/b" is no slug of a workspace' in run("a/b", code=1).stderr
    monkeypatch.setenv("BITBUCKET_WORKSPACE", "globex")
    run()
    assert "workspaces/globex/hooks" in asked(sandbox)


def test_a_chat_service(sandbox: Sandbox, tmp_path: Path) -> None:
    """Lets in whoever knows the path, which is shown nowhere; doubles are found all the same."""
    for title in ("one", "two", "two"):
        plant(sandbox, "acme/web", title, f"https://hooks.slack.com/services/T0/canary-{title}")
    page = tmp_path / "page.html"
    result = run("acme", "--json", "--html", page)
    assert "canary" not in result.output + page.read_text("utf-8")
    found = json.loads(result.stdout)
    assert {hook["url"] for hook in found["hooks"]} == {"https://hooks.slack.com/…"}
    assert [hook["findings"] != [] for hook in found["hooks"]] == [False, True, True]


def test_insecure_and_inactive(sandbox: Sandbox) -> None:
    """Plain http, certificate check off, no secret, switched off: each told for itself."""
    plant(sandbox, "acme/api", "fine")
    plant(sandbox, "acme/web", "http", "http://a.example.com/", events=("repo:fork",))
    plant(sandbox, "acme/web", "open", "https://b.example.com/", secret=None)
    plant(sandbox, "acme/web", "off", "https://c.example.com/", active=False)
    plant(sandbox, "acme/web", "any", "https://d.example.com/", skip_cert_verification=True)
    found = as_json()
    assert codes(found) == {
        "fine": [],
        "http": ["http"],
        "open": ["no-secret"],
        "off": ["inactive"],
        "any": ["no-certificate-check"],
    }
    assert found["figures"]["insecure"] == 3


def test_doubled(sandbox: Sandbox) -> None:
    """The same url and a common event, both active; a workspace's hook covers repositories."""
    plant(sandbox, "acme/web", "one", events=("repo:push", "repo:fork"))
    plant(sandbox, "acme/web", "two", URL.replace("https://ci", "HTTPS://CI"))
    plant(sandbox, "acme/web", "else", events=("issue:created",))
    plant(sandbox, "acme/web", "off", active=False)
    plant(sandbox, "acme/web", "other query", "https://ci.example.com/hook?token=other")
    plant(sandbox, "acme/api", "elsewhere")
    plant(sandbox, "acme/docs", "covered", "https://audit.example.com/")
    plant(sandbox, "acme/api", "not covered", "https://audit.example.com/", events=("repo:fork",))
    plant(sandbox, "acme", "audit", "https://audit.example.com/")
    found = as_json()
    assert codes(found) == {
        "one": ["twin"],
        "two": ["twin"],
        "else": [],
        "off": ["inactive"],
        "other query": [],
        "elsewhere": [],
        "covered": ["covered"],
        "not covered": [],
        "audit": ["covers"],
    }
    by_name = {hook["description"]: hook for hook in found["hooks"]}
    text = f"delivers repo:push twice: so does {by_name['two']['uuid']}"
    assert by_name["one"]["findings"][0]["text"] == text


def declared(hook: StoredHook, **more: Any) -> dict[str, Any]:
    """The declaration of a hook as it is."""
    return {
        "owner": "acme",
        "url": hook.url,
        "events": list(hook.events),
        "active": True,
        "skipCertVerification": False,
        "secret": {**ENCRYPTED, "ciphertext": "v1:x"},
        **more,
    }


def test_what_stacks_know(sandbox: Sandbox, tmp_path: Path) -> None:
    """Managed, drifted in what, unmanaged, declared twice, declared and gone."""
    names = ("managed", "drifted", "unmanaged", "twice")
    managed, drifted, other, twice = (
        plant(sandbox, f"acme/{slug}", name, f"https://{name}.example.com/?{TOKEN}")
        for slug, name in zip(SLUGS, names, strict=False)
    )
    audit = plant(sandbox, "acme", "audit", "https://audit.example.com/", secret=None)
    fleet = {"docs": twice.uuid, "worker": GONE}
    differs = {"url": other.url, "active": False, "historyEnabled": True, "description": "new"}
    state = exported(
        tmp_path / "state.json",
        ("Hook", "a", declared(managed, repository="api"), {"uuid": managed.uuid}),
        ("Hook", "b", declared(drifted, repository="billing", **differs), {"uuid": drifted.uuid}),
        ("Hook", "c", declared(twice, repository="docs"), {"uuid": twice.uuid}),
        ("HookFleet", "fleet", declared(twice, repositories={}), {"hooks": fleet}),
        (
            "WorkspaceHook",
            "audit",
            {"workspace": "acme", **declared(audit, secretFrom="env:X")},
            {"uuid": audit.uuid},
        ),
        ("Hook", "unmade", declared(managed, repository="api"), {}),
    )
    found = as_json("--state", state)
    standing = {hook["description"]: hook["standing"] for hook in found["hooks"]}
    assert standing == {
        "managed": "managed",
        "drifted": "drifted",
        "unmanaged": "unmanaged",
        "twice": "managed",
        "audit": "drifted",
    }
    assert codes(found)["twice"] == ["shared"]
    texts = {hook["description"]: hook["findings"] for hook in found["hooks"]}
    assert texts["drifted"][-1]["text"] == (
        'not as b of prod has it: another url; description, declared "new"; active, declared '
        "false; historyEnabled, declared true"
    )
    assert texts["audit"][-1]["text"].endswith("no secret, one is declared")
    assert found["missing"] == [
        {
            "where": "acme/worker",
            "uuid": GONE,
            "project": "hooks",
            "stack": "prod",
            "name": "fleet",
            "type": "HookFleet",
        }
    ]
    assert found["stacks"] == ["prod"]
    figures = {"managed": 4, "drifted": 2, "unmanaged": 1, "shared": 1, "missing": 1}
    assert found["figures"].items() >= figures.items()
    shown = run("acme", "--state", state)
    assert f"fleet of prod has {GONE}, which is gone" in shown.stderr
    assert "2 drifted, 1 unmanaged, 1 shared, 1 missing" in shown.stdout
    page = tmp_path / "page.html"
    run("acme", "--state", state, "--html", page)
    assert "compared with prod" in page.read_text("utf-8")
    assert "Declared, and not there: 1" in page.read_text("utf-8")


def test_a_secret_url(sandbox: Sandbox, tmp_path: Path) -> None:
    """Is hidden but for its host, on every hook that has it, and compared with nothing."""
    url = "https://chat.example.com/services/canary-path"
    hook = plant(sandbox, "acme/web", "CI", url)
    plant(sandbox, "acme/api", "copy", url)
    inputs = declared(hook, repository="web", url={**ENCRYPTED, "ciphertext": "v1:y"}, secret="")
    state = exported(tmp_path / "state.json", ("Hook", "a", inputs, {"uuid": hook.uuid}))
    found = as_json("--state", state)
    assert {hook["url"] for hook in found["hooks"]} == {"https://chat.example.com/…"}
    (drift,) = found["hooks"][1]["findings"]
    assert drift["text"] == "not as a of prod has it: a secret, none is declared"


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"deployment": {"resources": 7}}', None])
def test_what_is_no_state(tmp_path: Path, text: str | None) -> None:
    """Is a mistake that names the file and the way to make it, before anything is asked."""
    path = tmp_path / "state.json"
    if text is not None:
        path.write_text(text)
    assert "pulumi stack export --file" in run("acme", "--state", path, code=1).stderr


def test_an_empty_state(sandbox: Sandbox, tmp_path: Path) -> None:
    """Manages nothing: apps' own hooks, which nobody can manage, aside."""
    plant(sandbox, "acme/web", "CI")
    plant(sandbox, "acme/web", "app", "https://app.example.com/", read_only=True)
    path = tmp_path / "state.json"
    path.write_text('{"version": 3, "deployment": {"manifest": {}}}')
    found = as_json("--state", path)
    assert {hook["description"]: hook["standing"] for hook in found["hooks"]} == {
        "CI": "unmanaged",
        "app": "read-only",
    }


def test_the_table(sandbox: Sandbox) -> None:
    """A line for each hook, and one that sums up."""
    assert run("acme").stdout == (
        "There are no webhooks.\n0 hooks on 0 repositories and the workspace\n"
    )
    hook = plant(sandbox, "acme/web", "CI", secret=None)
    head, line, end = run("acme").stdout.splitlines()
    assert head.split() == (
        "WHERE DESCRIPTION URL EVENTS ACTIVE SECRET FINDINGS UUID".split()  # noqa: SIM905
    )
    words = f"acme/web CI https://ci.example.com/hook?… repo:push yes no no-secret {hook.uuid}"
    assert line.split() == words.split()
    assert end == "1 hook on 1 repository and the workspace: 1 insecure"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        *[(f"{sign}1", f"'{sign}1") for sign in "=+-@"],
        (" =1", "' =1"),
        ("\uff1d1", "'\uff1d1"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_formulas(text: str, cell: str) -> None:
    """Are text to a spreadsheet."""
    assert no_formula(text) == cell


def test_the_sheet(sandbox: Sandbox, tmp_path: Path) -> None:
    """Has a line of headings and one for each hook; what isn't told is empty."""
    hook = plant(sandbox, "acme", "audit", active=False, events=("repo:push", "repo:fork"))
    path = tmp_path / "sheet.csv"
    shown = run("acme", "--csv", path)
    assert shown.stdout == "1 hook on 0 repositories and the workspace: 1 inactive\n"
    (row,) = csv.DictReader(io.StringIO(path.read_text("utf-8")))
    assert row == {
        "where": "acme",
        "project": "",
        "description": "audit",
        "url": "https://ci.example.com/hook?…",
        "host": "ci.example.com",
        "events": "repo:fork repo:push",
        "active": "no",
        "skipCertVerification": "no",
        "secretSet": "yes",
        "historyEnabled": "no",
        "createdAt": hook.created_at,
        "uuid": hook.uuid,
        "readOnly": "no",
        "standing": "unknown",
        "declarations": "",
        "findings": "inactive: nothing is delivered",
    }


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs


def test_hostile_names(sandbox: Sandbox, tmp_path: Path) -> None:
    """Stay text in every format; nothing secret is in any, and a page asks for nothing."""
    for evil in HOSTILE:
        plant(sandbox, "acme/web", evil, f"https://e.example.com/{evil}?{TOKEN}")
    resources = [
        ("Hook", evil, declared(hook, repository=evil), {"uuid": GONE.replace("a", str(number))})
        for number, (evil, hook) in enumerate(zip(HOSTILE, sandbox.hooks("acme/web"), strict=True))
    ]
    state = exported(tmp_path / "state.json", *resources)
    page, sheet = tmp_path / "page.html", tmp_path / "sheet.csv"
    table = run("acme").stdout
    raw = run("acme", "--json", "--state", state).stdout
    done = run("acme", "--html", page, "--csv", sheet, "--state", state)
    html, lines = page.read_text("utf-8"), sheet.read_text("utf-8")
    for text in (table, raw, html, lines, done.output):
        assert "canary" not in text
        assert not re.search(
            r"[\x00-\x09\x0b-\x1f\x7f\xad\u061c\u202e\u2028\u2063\ufeff\U000e0041]", text
        )
    assert [hook["description"] for hook in json.loads(raw)["hooks"]] == sorted(
        HOSTILE, key=str.lower
    )
    found = _Page(html)
    assert found.names.count("script") == 2
    assert not {"img", "a", "link", "iframe"} & set(found.names)
    assert not [name for name, _ in found.attributes if name.startswith("on") or name == "src"]
    assert "default-src 'none'" in html
    (data,) = re.findall(r"<script type=application/json id=data>(.*?)</script>", html)
    shown = {hook["description"] for hook in json.loads(data)["hooks"]}
    assert {HOSTILE[0], HOSTILE[1], HOSTILE[5]} < shown
    assert "<" not in data
    rows = list(csv.DictReader(io.StringIO(lines)))
    assert len(rows) == len(HOSTILE)
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "@"))]


def test_a_sheet_that_is_printed(sandbox: Sandbox) -> None:
    """Is alone on standard output."""
    plant(sandbox, "acme/web", "CI")
    result = run("acme", "--csv", "-")
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert row["uuid"] == sandbox.hooks()[0].uuid
    assert "1 hook on 1 repository" in result.stderr
    assert "one alone can be printed" in run("acme", "--csv", "-", "--json", code=1).stderr


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """Is a mistake that names it."""
    assert "No such file" in run("acme", "--csv", tmp_path / "none" / "x.csv", code=1).stderr


@pytest.fixture
def _member(sandbox_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ask a served sandbox by an account that isn't an administrator."""
    monkeypatch.setenv("BITBUCKET_USERNAME", MEMBER_EMAIL)
    monkeypatch.setenv("BITBUCKET_PASSWORD", MEMBER_TOKEN)
    with serve(sandbox_path) as base:
        monkeypatch.setenv("BITBUCKET_API_URL", base)
        yield


@pytest.mark.usefixtures("_member")
def test_refusals(sandbox: Sandbox, tmp_path: Path) -> None:
    """Are shown with their remedy, don't stop the rest, and many don't flood a terminal."""
    plant(sandbox, "acme/web", "CI")
    sandbox.grant(MEMBER_EMAIL, "acme/web", "admin")
    page = tmp_path / "page.html"
    names = [text for slug in ("web", "api", "nope") for text in ("--repositories", slug)]
    result = run("acme", "--json", "--html", page, *names)
    found = json.loads(result.stdout)
    assert (found["complete"], found["stopped"], len(found["hooks"])) == (False, None, 1)
    assert [refusal["where"] for refusal in found["refused"]] == ["acme/api", "acme/nope", "acme"]
    assert "Webhooks need an administrator" in found["refused"][0]["remedy"]
    assert "Check the spelling" in found["refused"][1]["remedy"]
    assert "Note: acme/api: listing the hooks" in result.stderr
    assert "Could not be listed: 3" in page.read_text("utf-8")
    sandbox.add_repositories(f"acme/more-{number}" for number in range(23))
    result = run("acme", "--json", "--repositories", "more-*", "--repositories", "web")
    assert len(json.loads(result.stdout)["refused"]) == 24
    assert result.stderr.count("Note: ") == 21
    assert result.stderr.endswith("Note: 4 more like that; --json and --html tell them all\n")


def test_a_token_without_a_say_in_the_workspace() -> None:
    """Lists the repositories that it may; a scope that those lack, too, ends it."""
    lacks = {"type": "error", "error": {"detail": {"required": ["webhook"], "granted": []}}}
    listed = Canned(200, {"values": []})
    client, _ = canned_client([Canned(403, lacks), listed])
    clock = FakeClock()
    kept = Kept.begin({}, "now")
    apis = HookApi(lambda: client), RepositoryApi(client, print)
    found = Collector(*apis, kept, clock, 1, print).collect(RepositoryScope("acme", ("web",)))
    assert (list(found.hooks), found.stopped) == ([Subject("acme", "web")], None)
    assert "lacks the scope webhook" in found.refused[0].error.message


@pytest.mark.usefixtures("_member")
def test_nothing_but_refusals(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Are the remote side's failure."""
    assert "nothing could be listed" in run("acme", code=2).stderr
    monkeypatch.setenv("BITBUCKET_PASSWORD", "wrong")
    assert "was not accepted" in run("acme", code=1).stderr
    monkeypatch.setenv("BITBUCKET_PASSWORD", sandbox.issue_api_token(MEMBER_EMAIL, ()))
    assert "lacks the scope" in run("acme", "--repositories", "web", code=1).stderr


def test_a_service_that_fails_at_one(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is no refusal: the rest is shown, and the next run asks for what is missing alone."""
    plant(sandbox, "acme/api", "CI")
    plant(sandbox, "acme/worker", "CI")
    monkeypatch.setattr("bitbucket_hooks.cli.listing.Clock", FakeClock)
    monkeypatch.setenv("BITBUCKET_PARALLEL", "1")  # that clock doesn't wait for other threads
    sandbox.plan_fault("503", path=f"/2.0/{listing('worker')}", times=99)
    file = tmp_path / "kept.jsonl"
    result = run("acme", "--json", "--resume", file, code=2)
    found = json.loads(result.stdout)
    assert (found["listed"], found["total"], found["complete"]) == (8, 9, False)
    assert "Error: 1 of 9 listings failed at the other side" in result.stderr
    sandbox.clear_faults()
    sandbox.clear_requests()
    whole = as_json("--resume", file)
    assert asked(sandbox) == [listing("worker")]
    assert [hook["where"] for hook in whole["hooks"]] == ["acme/api", "acme/worker"]
    assert not file.exists()


@pytest.mark.parametrize("kept", [True, False])
def test_a_rate_limit(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, kept: bool
) -> None:
    """Ends it with what there is, and the next run lists just the rest.

    A double that the two runs saw one hook each of is found, though its url isn't kept.
    """
    plant(sandbox, "acme", "audit")
    plant(sandbox, "acme/worker", "CI")
    monkeypatch.setenv("BITBUCKET_MAX_WAIT", "1")
    monkeypatch.setenv("BITBUCKET_PARALLEL", "1")
    sandbox.configure(rate_limit=6, retry_after=True)
    file = tmp_path / "kept.jsonl"
    arguments = ["--resume", str(file)] if kept else []
    page = tmp_path / "page.html"
    first = run("acme", "--json", "--html", page, *arguments, code=2)
    found = json.loads(first.stdout)
    assert (found["listed"], found["total"], found["complete"]) == (5, 9, False)
    assert "rate limit: no progress" in found["stopped"]
    assert "Not complete, 5 of 9 places were listed" in page.read_text("utf-8")
    assert "not complete: 5 of 9 were listed" in first.stderr
    assert ("What was done is kept" in first.stderr) is kept  # 14.29
    assert ("with --resume FILE" in first.stderr) is not kept
    assert file.exists() is kept
    if kept:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert b"canary" not in file.read_bytes()
    sandbox.configure(rate_limit=0)
    sandbox.clear_requests()
    second = run("acme", "--json", *arguments)
    whole = json.loads(second.stdout)
    assert whole["complete"]
    assert codes(whole) == {"audit": ["covers"], "CI": ["covered"]}
    assert len(asked(sandbox)) == (4 if kept else 10)
    assert ("Note: 5 listings are kept from the run of" in second.stderr) is kept
    assert not file.exists()


def test_hooks_that_are_nearly_the_same(sandbox: Sandbox) -> None:
    """Are flagged on both: another scheme, a last slash, or one title on one host."""
    for url, title in [
        ("https://j.example.com/hook/", "slash"),
        ("http://j.example.com/hook", "scheme"),
        ("https://k.example.com/a", "CI"),
        ("https://K.example.com/b", "CI"),
        ("https://l.example.com/", "CI"),
    ]:
        plant(sandbox, "acme/web", title, url)
    near = [
        finding["text"]
        for hook in as_json()["hooks"]
        for finding in hook["findings"]
        if finding["code"] == "near"
    ]
    assert len(near) == 4
    assert sum("last slash" in text for text in near) == 2
    assert sum("same description" in text for text in near) == 2


def test_an_odd_hook(sandbox: Sandbox, tmp_path: Path) -> None:
    """Is named beside the others, is no missing one, and is kept in the file to go on from."""
    sandbox.plant_hook("acme/web", URL, description="CI")
    odd = sandbox.plant_hook("acme/web", URL)
    sandbox.spoil_hook(odd.uuid, url=None)
    inputs = {"owner": "acme", "repository": "web", "url": URL}
    state = exported(tmp_path / "state.json", ("Hook", "odd", inputs, {"uuid": odd.uuid}))
    found = as_json("--resume", tmp_path / "kept.jsonl", "--state", state)
    assert found["missing"] == []
    assert [hook["description"] for hook in found["hooks"]] == ["CI"]
    (refused,) = found["refused"]
    assert (refused["where"], refused["uuid"]) == ("acme/web", odd.uuid)
    assert "can't be read: url is no str" in refused["problem"]
    assert not found["complete"]
    assert odd.uuid in run("acme").stderr


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """Is told as what it is; with room, the next run goes on from what was written whole."""
    file = tmp_path / "kept.jsonl"
    kept = Kept.begin({}, "now", file)
    kept.keep("api", [], {})
    with full_disk(0), pytest.raises(ConfigError, match="make room, and run this again"):
        kept.keep("web", [], {})
    kept.close()
    with closing(Kept.begin({}, "later", file)) as again:
        assert (again.begun_at, list(again.listed)) == ("now", ["api"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Ends it at a safe point; going on asks for nothing twice."""
    before = signal.getsignal(number)
    file = tmp_path / "kept.jsonl"
    monkeypatch.setenv("BITBUCKET_PARALLEL", "1")
    sandbox.configure(latency_ms=40)
    with monkeypatch.context() as patch:
        patch.setattr(Progress, "notify", _interrupting(number))
        assert "stopped while waiting, as asked" in run("acme", "--resume", file, code=2).stderr
        assert 1 < len(asked(sandbox)) < len(EVERY)
    run("acme", "--resume", file)
    assert asked(sandbox) == EVERY
    assert signal.getsignal(number) is before
    with monkeypatch.context() as patch:
        patch.setattr(Progress, "notify", _interrupting(number))
        assert "with --resume FILE it could go on" in run("acme", code=2).stderr  # 14.29


def _interrupting(number: signal.Signals) -> Callable[[Progress, str], None]:
    """What sends the signal to this process when the first listing is there."""
    sent: list[str] = []

    def notify(_: Progress, text: str) -> None:
        if "listed" in text and not sent:
            sent.append(text)
            os.kill(os.getpid(), number)

    return notify


def test_a_file_that_is_not_ours(sandbox: Sandbox, sandbox_path: Path, tmp_path: Path) -> None:
    """Or that was begun for something else, is left as it is, and nothing is asked."""
    file, other = tmp_path / "kept.jsonl", tmp_path / "other"
    file.write_text('{"inventory": 1, "workspace": "acme"}\n')  # as the version before wrote it
    assert "file is not a database" in run("acme", "--resume", file, code=1).stderr
    assert file.read_text() == '{"inventory": 1, "workspace": "acme"}\n'
    about = {"workspace": "globex", "api": f"sandbox:{sandbox_path}", "project": None}
    Kept.begin(about, "now", other).close()
    problem = "was begun for workspace globex, not acme"
    assert problem in run("acme", "--resume", other, code=1).stderr
    missing = run("acme", "--resume", tmp_path / "missing" / "file", code=1)
    assert "its folder doesn't exist" in missing.stderr
    assert not sandbox.requests()
