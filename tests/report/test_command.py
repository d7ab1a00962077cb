"""`bitbucket-hooks report`: where it reads from, what it writes, and how it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.report_runs import event, events, hook, preview, reported, state, step

NEW = step("create", "Hook", "ci", None, hook())
STOPS = {"policyEvent": {"policyName": "p", "enforcementLevel": "mandatory", "message": "m"}}
REFRESH = step("refresh", "Hook", "ci", hook(), state(hook()))


def _error(message: str, urn: str = "") -> dict[str, object]:
    return {"diagnosticEvent": {"severity": "error", "message": message, "urn": urn}}


CODES = {
    "nothing changes": (preview(REFRESH, refreshed=True), 0),
    "something does": (preview(NEW), 3),
    "it drifted": (
        events(step("refresh", "Hook", "ci", hook(), state(hook(active=False))), preview=True),
        3,
    ),
    "an update did": (events(NEW), 3),
    "a policy stops it": (events(STOPS, preview=True, result="failed"), 1),
    "the program is wrong": (events(_error("hooks[0].url: is required"), result="failed"), 1),
    "a declaration is wrong": (
        events(_error("Hook resource 'ci' has a problem: url: …", NEW["urn"]), result="failed"),
        1,
    ),
    "the remote side failed": (events(_error("no answer", NEW["urn"]), result="failed"), 2),
    "an operation failed": (events(event("resOpFailedEvent", **NEW), result="failed"), 2),
    "it failed without a word": (events(result="failed"), 2),
    "no run": ("{}", 1),
}


@pytest.mark.parametrize(("text", "code"), CODES.values(), ids=CODES.keys())
def test_exit_codes(text: str, code: int) -> None:
    """0 nothing changes, 3 something does, 1 the user's mistake, 2 another failure."""
    assert reported(text).exit_code == code
    assert reported(text, "--format", "json").exit_code == code


def test_every_report_at_once(tmp_path: Path) -> None:
    """One run, four reports; the files are named on stderr."""
    options = {"--markdown": "a.md", "--html": "a.html", "--json-file": "a.json"}
    paths = {option: tmp_path / name for option, name in options.items()}
    args = [word for option, path in paths.items() for word in (option, str(path))]
    result = reported(preview(NEW), "-", *args, "--title", "Hooks <of> *mine*")
    assert result.exit_code == 3
    assert "+ to be created or adopted on acme/web" in result.stdout
    assert result.stdout.startswith("Hooks <of> *mine*\n")
    assert [path for path in paths.values() if str(path) not in result.stderr] == []
    markdown, html, json_ = (path.read_text("utf-8") for path in paths.values())
    assert markdown.startswith("## Hooks \\<of\\> \\*mine\\*\n")
    assert "<title>Hooks &lt;of&gt; *mine*</title>" in html
    assert json.loads(json_)["counts"]["created"] == 1


HASH = "0123456789" * 4
PIPELINE = {
    "BITBUCKET_BUILD_NUMBER": "12",
    "BITBUCKET_REPO_FULL_NAME": "acme/infra",
    "BITBUCKET_COMMIT": HASH,
}
GITHUB = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/mirror",
    "GITHUB_RUN_ID": "99",
    "GITHUB_SHA": HASH,
}
SHORT = "<code>012345678901</code>"
SITE = "https://bitbucket.org/acme/infra"
ORIGINS = {
    "a pipeline": (
        PIPELINE,
        (
            f'commit <a href="{SITE}/commits/{HASH}">{SHORT}</a> · '
            f'<a href="{SITE}/pipelines/results/12">'
        ),
    ),
    "GitHub": (
        GITHUB,
        f'commit {SHORT} · <a href="https://github.com/acme/mirror/actions/runs/99">',
    ),
    "a hostile variable": (
        {**GITHUB, "GITHUB_SERVER_URL": "javascript:alert(1)//"},
        f"commit {SHORT} · the pipeline's run</p>",
    ),
    "a commit that is none": ({**PIPELINE, "BITBUCKET_COMMIT": "HEAD"}, "UTC</time></p>"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a working folder outside of any repository and pipeline."""
    for name in [*PIPELINE, *GITHUB, "BITBUCKET_WORKSPACE", "BITBUCKET_REPO_SLUG"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("variables", "shown"), ORIGINS.values(), ids=ORIGINS.keys())
def test_a_page_tells_its_origin(
    variables: dict[str, str], shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it was written, of which commit, and in which run; a bad variable spoils nothing."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    page = reported(preview(NEW), "--format", "html").stdout
    assert re.search(
        r"Written <time datetime=\"[^\"]+\">\d{4}-\d\d-\d\d \d\d:\d\d UTC</time>", page
    )
    assert shown in page


def test_a_page_tells_the_commit_of_the_working_folder(folder: Path) -> None:
    """Where no pipeline does; with a word on changes."""

    def git(*args: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        done = subprocess.run(["git", *who, *args], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def page() -> str:
        return reported(preview(NEW), "--format", "html").stdout

    assert "commit <code>" not in page()
    git("init", "--quiet")
    (folder / "a").write_text("1")
    git("add", "a")
    git("commit", "--quiet", "--message", "a")
    git("tag", "v1")
    commit = f"commit <code>{git('rev-parse', 'HEAD')[:12]}</code>"
    assert f"{commit}</p>" in page()
    (folder / "a").write_text("2")
    assert f"{commit} with changes</p>" in page()


def test_limit() -> None:
    """Markdown keeps to the limit that is given."""
    hooks = {f"h{n}": hook(url=f"https://{n}.example.com/") for n in range(90)}
    steps = [step("create", "Hook", name, None, hooks[name]) for name in hooks]
    for kind in ("markdown", "bitbucket"):
        result = reported(preview(*steps), "--format", kind, "--limit", "1500")
        assert len(result.stdout) <= 1500
        assert "more declaration" in result.stdout


def test_a_file(tmp_path: Path) -> None:
    """A file is read by name; one that isn't there, or can't be written, is a short error."""
    path = tmp_path / "run.json"
    path.write_text(preview(NEW))
    assert reported("", str(path)).exit_code == 3
    missing = reported("", str(tmp_path / "none.json"))
    assert (missing.exit_code, "No such file" in missing.stderr) == (1, True)
    unwritable = reported(preview(NEW), "--html", str(tmp_path / "none" / "a.html"))
    assert (unwritable.exit_code, "No such file" in unwritable.stderr) == (1, True)


def test_a_terminal_as_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file and a pipe there is nothing to wait for."""
    from click.testing import _NamedTextIOWrapper

    monkeypatch.setattr(_NamedTextIOWrapper, "isatty", lambda _: True)
    result = reported("")
    assert result.exit_code == 1
    assert "pulumi preview --json --refresh" in result.stderr


def test_it_needs_neither_pulumi_nor_the_network() -> None:
    """The room stands by itself."""
    code = (
        "import importlib, pkgutil, bitbucket_hooks.report as room\n"
        "for module in pkgutil.iter_modules(room.__path__):\n"
        "    importlib.import_module(f'{room.__name__}.{module.name}')\n"
        "import sys\n"
        "print(*{'pulumi', 'requests', 'urllib3', 'rich'} & sys.modules.keys())"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "\n"
