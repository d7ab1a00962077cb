"""States in a database, as several machines share one, and two runs at once on one stack."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.engine import STACK, Project, Templates, finish, stacks_program, wait_until
from support.engine import project as new_project
from support.postgres import Server, postgres
from support.redis_server import PASSWORD, redis_server
from support.sandbox import serve

pytestmark = pytest.mark.engine

KEY = "bitbucket-hooks:hooks"
CI = {
    "name": "ci",
    "url": "https://ci.example.com/hook?token=canary-query",
    "repositories": ["api", "web"],
    "secret": "canary-plain",
}
ON_STACK = ("--stack", STACK)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Give a PostgreSQL server with an empty database."""
    with postgres() as running:
        yield running


@pytest.fixture
def on_postgres(stacks: Project, server: Server) -> Iterator[Project]:
    """Give a project whose state is in the database."""
    stacks.env["PULUMI_BACKEND_URL"] = server.backend
    stacks.run("stack", "init").succeeded()
    yield stacks
    stacks.run("stack", "rm", "--yes", "--force", "--preserve-config").succeeded()


def test_a_life_in_postgresql(on_postgres: Project, server: Server) -> None:
    """Deploy, do nothing, see drift, repair, destroy; no secret is in any row."""
    project = on_postgres.config({KEY: [CI]})
    project.secret(f"{KEY}[0].secret", "canary-secret")
    project.secret(f"{KEY}[0].url", str(CI["url"]))
    assert project.command("up", "--yes", *ON_STACK).code == 0
    uuids = {hook.uuid for hook in project.hooks()}
    assert len(uuids) == 2
    assert project.command("preview", *ON_STACK).code == 0
    assert "2 unchanged" in project.up().succeeded().text

    project.estate.change_hook(min(uuids), active=False)
    run = project.command("preview", "--refresh", *ON_STACK)
    assert (run.code, "active" in run.flat) == (3, True)
    project.up("--refresh").succeeded()
    assert all(hook.active for hook in project.hooks())
    assert {hook.uuid for hook in project.hooks()} == uuids
    rows = server.ask("SELECT key, data FROM pulumi_state")
    assert f"stacks/bitbucket-hooks/{STACK}.json" in rows
    assert "HookFleet" in server.contents()
    for text in (server.contents(), rows):
        assert "canary" not in text
    project.destroy().succeeded()
    assert project.hooks() == []
    assert "dynamic" not in project.run("stack", "export").succeeded().stdout


@pytest.mark.plain_python
@pytest.mark.parametrize("place", ["files", "postgresql"])
def test_two_runs_at_once(place: str, request: pytest.FixtureRequest) -> None:
    """The second is told who holds the stack; the first ends as if alone; one that died heals."""
    project: Project = request.getfixturevalue("stacks" if place == "files" else "on_postgres")
    with serve(project.database) as base:
        project.config({KEY: [CI], "bitbucket:apiUrl": base})
        project.secret("bitbucket:oauthToken", project.estate.issue_access_token("acme"))
        project.estate.configure(latency_ms=500)
        first = project.start("up", "--yes", "--skip-preview")
        wait_until(lambda: bool(project.estate.requests()), first)
        _stop(first, project)  # it holds the stack for as long as we like
        project.estate.configure(latency_ms=0)
        try:
            assert "the stack is currently locked" in project.up().failed().flat
            run = project.command("up", "--yes", *ON_STACK)
            assert run.code == 2
            assert f"another run holds the stack ({_holder()}" in run.flat
            assert "this one has changed nothing Wait until the other has ended" in run.flat
            assert f"If it died, `pulumi cancel --stack {STACK}` frees the stack" in run.flat
            assert project.hooks() == []
        finally:
            os.killpg(first.pid, signal.SIGCONT)
        finish(first).succeeded()
        assert {hook.subject for hook in project.hooks()} == {
            item.uuid for item in project.estate.repositories() if item.slug in ("api", "web")
        }
        assert len(project.hooks()) == 2
        assert project.command("up", "--yes", *ON_STACK).code == 0
        assert project.command("drift", *ON_STACK).code == 0

        project.estate.clear_requests()
        project.estate.configure(latency_ms=500)
        dying = project.start("destroy", "--yes", "--skip-preview")
        wait_until(lambda: bool(project.writes()), dying)
        _stop(dying, project)
        dying.kill()
        os.killpg(dying.pid, signal.SIGCONT)
        finish(dying)
        project.estate.configure(latency_ms=0)
        assert "the stack is currently locked" in project.up("--refresh").failed().flat
        project.free()
        project.up("--refresh").succeeded()
        assert len(project.hooks()) == 2
        assert project.command("drift", *ON_STACK).code == 0


def test_two_stacks_share_a_tokens_budget(
    stacks: Project, templates: Templates, tmp_path: Path
) -> None:
    """At the same time or one after the other: together as much as the limit, and no refusal."""
    with (
        serve(stacks.database) as base,
        contextmanager(new_project)(templates, tmp_path / "second", stacks_program) as second,
    ):
        second.env["BITBUCKET_HOOKS_CACHE"] = stacks.env["BITBUCKET_HOOKS_CACHE"]
        _share_a_token(stacks, second, base)
        running = [item.start("up", "--yes", "--skip-preview") for item in (stacks, second)]
        for process in running:
            assert "rate limit: no progress" in finish(process).failed().flat
        sent = stacks.estate.requests()
        assert [item.status for item in sent if item.status == 429] == []
        # from 80 % on each answer says that the limit is near, and those that wait go later
        assert 0.8 * 30 < len(sent) <= 30
        assert "rate limit" in stacks.up().failed().flat
        sent = stacks.estate.requests()
        assert [item.status for item in sent if item.status == 429] == []
        assert len(sent) <= 30


def test_machines_share_a_tokens_budget(
    stacks: Project, templates: Templates, tmp_path: Path
) -> None:
    """Two with caches of their own, by a store: together as much as the limit, no refusal."""
    with (
        serve(stacks.database) as base,
        redis_server() as store,
        contextmanager(new_project)(templates, tmp_path / "second", stacks_program) as second,
    ):
        second.env["BITBUCKET_HOOKS_CACHE"] = str(tmp_path / "cache-of-the-second")
        _share_a_token(stacks, second, base)
        stacks.secret("bitbucket:pace", store.url)
        second.env["BITBUCKET_PACE"] = store.url
        running = [item.start("up", "--yes", "--skip-preview") for item in (stacks, second)]
        for process in running:
            run = finish(process).failed()
            assert "rate limit: no progress" in run.flat
            assert "can't be used" not in run.flat
            assert PASSWORD not in run.text
        sent = stacks.estate.requests()
        assert [item.status for item in sent if item.status == 429] == []
        assert 0.95 * 30 < len(sent) <= 30  # a place in hand may be left when a run gives up
        assert PASSWORD not in stacks.run("stack", "export").succeeded().stdout


def _share_a_token(first: Project, second: Project, base: str) -> None:
    """Declare 20 hooks in each, which takes 80 requests, of which an hour has 30."""
    first.estate.add_repositories([f"acme/r{i}" for i in range(40)])
    token = first.estate.issue_access_token("acme")
    first.estate.configure(rate_limit=30, latency_ms=20)
    settings = {"apiUrl": base, "rateLimit": "30", "maxWait": "5", "oauthToken": token}
    for number, item in enumerate((first, second)):
        slugs = [f"r{i}" for i in range(40) if i % 2 == number]
        item.config({f"bitbucket:{key}": value for key, value in settings.items()})
        item.config({KEY: [{**CI, "repositories": slugs}]})


def _stop(run: subprocess.Popen[str], project: Project) -> None:
    """Stop a run for a while, at a moment at which it isn't writing its state to files."""
    folder = project.backend / ".pulumi" / "stacks"
    wait_until(lambda: _stopped(run, folder), run)


def _stopped(run: subprocess.Popen[str], folder: Path) -> bool:
    os.killpg(run.pid, signal.SIGSTOP)
    whole = all(file.read_text().strip().endswith("}") for file in folder.rglob("*.json"))
    if not whole:
        os.killpg(run.pid, signal.SIGCONT)
    return whole


def _holder() -> str:
    return f"{os.environ.get('USER') or 'root'}@{os.uname().nodename}, process "
