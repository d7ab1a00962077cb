"""The pipelines' steps, as Bitbucket Pipelines and GitHub Actions run them, in a clean checkout."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from attrs import define, field

from bitbucket_hooks.publish.insights import key_of
from bitbucket_hooks.sandbox.comments import StoredComment
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL
from support import checkout, pipelines
from support.engine import Templates, environment
from support.sandbox import Sandbox, serve

PAGE = (checkout.ROOT / "docs" / "pipelines.md").read_text("utf-8")

pytestmark = pytest.mark.engine

REPOSITORY = "acme/infra"
FIRST, SECOND = "1" * 40, "2" * 40
SCOPES = ("webhook", "repository", "pullrequest", "repository:write", "pullrequest:write")
READS = [
    *(f"read:{what}:bitbucket" for what in ("webhook", "repository", "pullrequest")),
    *(f"write:{what}:bitbucket" for what in ("repository", "pullrequest")),
]
PASSPHRASE, SIGNS = "canary-passphrase", "canary-signs"
REVIEWED = "reviewed-prod.json"
THEIRS = """
import bitbucket_hooks as bitbucket

bitbucket.Hook("ci", repository="svc-orders", url="https://ci.example.com/bitbucket")
"""


@define
class Team:
    """A checkout on a build machine, and the team's variables."""

    folder: Path
    estate: Sandbox
    secrets: dict[str, str] = field(repr=False)
    env: dict[str, str] = field(repr=False)
    printed: list[str] = field(factory=list)

    def run(self, command: str, variables: Mapping[str, str]) -> int:
        """Run one command of a step, and give its exit code; no secret may be printed."""
        done = subprocess.run(
            ["bash", "-e", "-c", command],
            cwd=self.folder,
            env={**self.env, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        self.printed.append(done.stdout + done.stderr)
        assert "canary" not in self.printed[-1]
        assert self.secrets["BITBUCKET_OAUTH_TOKEN"] not in self.printed[-1]
        return done.returncode

    def init(self, stack: str) -> None:
        """Make a stack, as a person does once."""
        command = f"pulumi stack init {stack} --non-interactive"
        assert self.run(command, self.secrets) == 0, self.printed

    def bitbucket(self, part: object, name: str, commit: str, **more: str) -> int:
        """Run a step of `bitbucket-pipelines.yml`; give its exit code."""
        (step,) = (step for step in pipelines.bitbucket_steps(part) if step["name"] == name)
        place = {
            "BITBUCKET_BUILD_NUMBER": "7",
            "BITBUCKET_WORKSPACE": "acme",
            "BITBUCKET_REPO_SLUG": "infra",
            "BITBUCKET_COMMIT": commit,
        }
        (line,) = step["script"]
        return self.run(line, {**place, **more})

    def github(self, workflow: str, job: str, stack: str = "") -> tuple[int, str]:
        """Run a job of a workflow; give its exit code and its summary."""
        summary = self.folder.parent / "summary.md"
        summary.write_text("")
        known = {
            f"{kind}.{name}": v for name, v in self.secrets.items() for kind in ("secrets", "vars")
        }
        called = pipelines.github(workflow)["jobs"][job]
        ((line, variables),) = pipelines.commands(called, {**known, "matrix.stack": stack})
        place = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
        return self.run(line, {**place, **variables}), summary.read_text()

    def edit(self, stack: str, before: str, after: str) -> None:
        """Change the stack's file, as a commit does."""
        file = self.folder / "stacks" / f"Pulumi.{stack}.yaml"
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after))

    def comment(self, number: int) -> StoredComment:
        """The one comment on a pull request."""
        (comment,) = self.estate.comments(REPOSITORY, number)
        return comment

    def reader(self) -> dict[str, str]:
        """Give the credentials of somebody who can't write webhooks, as for previews."""
        token = self.estate.issue_api_token(OWNER_EMAIL, READS)
        return {"BITBUCKET_USERNAME": OWNER_EMAIL, "BITBUCKET_PASSWORD": token}

    def drift(self) -> None:
        """Somebody changes a hook on the web page."""
        self.estate.change_hook(self.estate.hooks("acme/svc-orders")[0].uuid, active=False)


def timeless(text: str) -> str:
    """Give a report without how long its run took."""
    return re.sub(r" · \d+ s$", "", text, flags=re.MULTILINE)


@pytest.fixture
def team(sandbox: Sandbox, tmp_path: Path, templates: Templates) -> Iterator[Team]:
    """Give a team whose Bitbucket is a sandbox over HTTP."""
    folder = checkout.copy(tmp_path / "checkout")
    checkout.set_up(folder)
    (folder / ".git").mkdir()  # the root of a repository, for paths in annotations
    (tmp_path / "state").mkdir()
    sandbox.add_repositories([f"acme/svc-{name}" for name in ("orders", "users")], project="PLAT")
    with serve(sandbox.path) as base:
        secrets = {
            "BITBUCKET_OAUTH_TOKEN": sandbox.issue_access_token("acme", SCOPES),
            "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "CI_HOOK_SECRET": SIGNS,
            "AUDIT_HOOK_SECRET": SIGNS,
        }
        env = {
            **checkout.clean_environment(**environment(tmp_path / "home")),
            "CI": "true",
            "BITBUCKET_API_URL": base,
            "PYTHONPATH": str(templates.pip()),
        }
        del env["PULUMI_CONFIG_PASSPHRASE"]
        yield Team(folder, sandbox, secrets, env)


def test_bitbucket_pipelines(team: Team) -> None:
    """Two pushes to a pull request, staging from main, drift at night."""
    team.init("staging")
    number = team.estate.plant_pull_request(REPOSITORY, FIRST)
    # one list of variables for all stacks, as for steps that are no deployment
    mine = {f"{name}__STAGING": value for name, value in {**team.secrets, **team.reader()}.items()}
    del mine["BITBUCKET_OAUTH_TOKEN__STAGING"]
    request = {**mine, "BITBUCKET_PR_ID": str(number)}
    report = key_of("bitbucket-hooks", "staging")

    part = pipelines.bitbucket()["pull-requests"]
    assert team.bitbucket(part, "Preview staging", FIRST, **request) == 0, team.printed
    first = team.comment(number)
    (shown,) = re.findall(r"^```text\n(## .*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert timeless(shown) in timeless(first.raw)
    assert "Drift was not looked for" in first.raw  # drift is the nights' business
    assert first.raw.rstrip().endswith(
        "[The run that found this](https://bitbucket.org/acme/infra/pipelines/results/7)"
    )
    assert "<b class=name>ci</b>" in (team.folder / "webhooks-staging.html").read_text()
    (annotation,) = team.estate.annotations(REPOSITORY, FIRST, report)
    lines = (team.folder / annotation["path"]).read_text().splitlines()
    assert annotation["path"] == "stacks/Pulumi.staging.yaml"
    assert lines[annotation["line"] - 1].strip() == "- name: ci"
    made = team.estate.reports(REPOSITORY, FIRST)[report]
    assert (made["result"], made["details"]) == ("PASSED", "2 hooks to create.")
    status = team.estate.statuses(REPOSITORY, FIRST)[report]
    assert (status["state"], status["description"]) == ("SUCCESSFUL", "2 hooks to create.")

    team.estate.plant_commit(REPOSITORY, SECOND)
    team.edit("staging", "https://ci.staging.", "http://ci.staging.")
    assert team.bitbucket(part, "Preview staging", SECOND, **request) == 0, team.printed
    second = team.comment(number)
    assert (second.id, second.raw != first.raw) == (first.id, True)
    assert team.estate.reports(REPOSITORY, SECOND)[report]["result"] == "PASSED"
    assert team.estate.hooks() == []

    part = pipelines.bitbucket()["branches"]["main"]
    deployment = {**mine, **team.secrets, "BITBUCKET_DEPLOYMENT_ENVIRONMENT": "staging"}
    assert team.bitbucket(part, "Deploy staging", SECOND, **deployment) == 0, team.printed
    assert {hook.description for hook in team.estate.hooks()} == {"CI (staging)"}
    live = team.estate.hooks()
    assert [team.estate.secret_of(hook.uuid) for hook in live] == [SIGNS, SIGNS]

    team.drift()
    part = pipelines.bitbucket()["custom"]["drift"]
    assert team.bitbucket(part, "Drift of staging", SECOND, **mine) == 3, team.printed
    assert team.estate.reports(REPOSITORY, SECOND)[report]["result"] == "FAILED"
    assert team.estate.statuses(REPOSITORY, SECOND)[report]["state"] == "FAILED"
    (annotation,) = team.estate.annotations(REPOSITORY, SECOND, report)
    assert "acme/svc-orders" in annotation["summary"], (annotation, team.printed)
    assert "canary" not in second.raw


def test_github_actions(team: Team) -> None:
    """A tag is deployed as it was reviewed or not at all; drift is seen."""
    team.init("prod")
    team.estate.add_repositories(["acme/archive-2019", "acme/sandbox-anna"])
    code, summary = team.github("preview", "preview", "prod")
    assert code == 0, team.printed
    assert "to create" in summary
    assert "<details>" in summary  # which Bitbucket's Markdown lacks

    assert team.github("deploy", "review-prod")[0] == 0, team.printed
    saved = (team.folder / REVIEWED).read_text()
    code, summary = team.github("deploy", "prod")
    assert code == 0, team.printed
    assert "created" in summary
    hooks = team.estate.hooks()
    assert {hook.description for hook in hooks} == {"CI", "Audit"}

    team.drift()
    code, summary = team.github("drift", "drift", "prod")
    assert code == 3, team.printed
    assert "svc-orders" in summary

    code, _ = team.github("deploy", "prod")
    assert code == 3, team.printed
    assert "this isn't what was reviewed" in team.printed[-1]
    assert not team.estate.hooks("acme/svc-orders")[0].active
    assert not re.search("canary", saved + summary)


@pytest.fixture
def theirs(team: Team) -> Path:
    """Give a project that has no scripts of its own, and its stack `prod`."""
    folder = team.folder.parent / "theirs" / "hooks"
    folder.mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: theirs\nruntime: python\n")
    (folder / "Pulumi.prod.yaml").write_text("config:\n  bitbucket:workspace: acme\n")
    (folder / "__main__.py").write_text(THEIRS)
    assert team.run(f"pulumi --cwd {folder} stack init prod --non-interactive", team.secrets) == 0
    return folder


def test_the_action(team: Team, theirs: Path) -> None:
    """It previews, deploys and looks for drift in a project of another repository."""

    def uses(run: str) -> tuple[int, str]:
        """Run the steps of the action, as a workflow of theirs does."""
        place = {"GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": str(team.folder)}
        files = {
            name: str(theirs.parent / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
        }
        known = {
            "inputs.run": run,
            "inputs.stack": "prod",
            "inputs.project": "hooks",
            "github.workspace": str(theirs.parent),
        }
        (theirs.parent / "GITHUB_STEP_SUMMARY").unlink(missing_ok=True)
        codes = [
            team.run(line, {**place, **files, **team.secrets, **variables})
            for line, variables in pipelines.commands(pipelines.action()["runs"], known)
        ]
        assert not any(codes[:-1]), team.printed
        return codes[-1], (theirs.parent / "GITHUB_STEP_SUMMARY").read_text()

    code, summary = uses("preview")
    assert (code, "1 hook to create" in summary) == (0, True), team.printed
    code, summary = uses("deploy")
    assert (code, "1 hook created" in summary) == (0, True), team.printed
    assert uses("drift")[0] == 0, team.printed
    team.drift()
    code, summary = uses("drift")
    assert (code, "svc-orders" in summary) == (3, True), team.printed
    history = f"bitbucket-hooks history prod --reports {theirs / 'reports'} --json"
    assert team.run(f"cd {theirs} && {history}", team.secrets) == 0, team.printed
    (stack,) = json.loads(team.printed[-1])["stacks"]
    found = [(report["run"], report["hooks"], report["drifted"]) for report in stack["reports"]]
    assert found == [("preview", 0, None), ("update", 0, 0), ("drift", 1, 0), ("drift", 1, 1)]


def test_the_pipe(team: Team, theirs: Path) -> None:
    """It does the same on Bitbucket, from an image that has the scripts and no clone of ours."""
    image = team.folder.parent / "opt" / "ci"
    shutil.copytree(team.folder / "ci", image)
    place = {
        "BITBUCKET_BUILD_NUMBER": "7",
        "BITBUCKET_WORKSPACE": "acme",
        "BITBUCKET_REPO_SLUG": "infra",
        "BITBUCKET_COMMIT": FIRST,
        "BITBUCKET_CLONE_DIR": str(theirs.parent),
    }

    def pipe(run: str) -> int:
        given = {"RUN": run, "STACK": "prod", "PROJECT": "hooks"}
        assert given.keys() <= {variable["name"] for variable in pipelines.pipe()["variables"]}
        return team.run(str(image / "run.sh"), {**place, **team.secrets, **given})

    assert pipe("preview") == 0, team.printed
    assert "1 hook to create" in team.printed[-1]
    assert (theirs / "webhooks-prod.html").is_file()
    assert pipe("deploy") == 0, team.printed
    team.drift()
    assert pipe("drift") == 3, team.printed
    assert pipe("destroy") == 1
    assert "RUN is preview, deploy or drift, not 'destroy'" in team.printed[-1]


def test_failures(team: Team) -> None:
    """A step fails with 1 for our mistakes and 2 for Bitbucket's; the reviewers hear of it."""
    team.init("staging")
    number = team.estate.plant_pull_request(REPOSITORY, FIRST)
    request = {**team.secrets, "BITBUCKET_PR_ID": str(number)}
    part = pipelines.bitbucket()["pull-requests"]
    team.edit("staging", "repositories:", "repositoris:")
    assert team.bitbucket(part, "Preview staging", FIRST, **request) == 1, team.printed
    assert "repositoris" in team.comment(number).raw
    report = key_of("bitbucket-hooks", "staging")
    assert team.estate.statuses(REPOSITORY, FIRST)[report]["state"] == "FAILED"
    (annotation,) = team.estate.annotations(REPOSITORY, FIRST, report)
    assert (annotation["path"], annotation["line"]) == ("stacks/Pulumi.staging.yaml", 12)
    assert "repositoris: is no key of a hook" in annotation["summary"]
    team.edit("staging", "repositoris:", "repositories:")
    team.estate.configure(rate_limit=1, window_seconds=600)
    request["BITBUCKET_MAX_WAIT"] = "1"
    team.bitbucket(part, "Preview staging", FIRST, **request)  # which uses the allowance up
    assert team.bitbucket(part, "Preview staging", FIRST, **request) == 2, team.printed


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        ("ci/preview.sh staging", "set PULUMI_BACKEND_URL"),
        ("ci/deploy.sh", "usage: ci/deploy.sh STACK"),
        ("ci/drift.sh --fail", "usage: ci/drift.sh STACK"),
        ("ci/drift.sh 'a b'", "usage: ci/drift.sh STACK"),
    ],
)
def test_what_cannot_work(team: Team, command: str, refusal: str) -> None:
    """Is refused before anything starts: a lost state above all."""
    assert team.run(command, {}) == 1
    assert refusal in team.printed[-1]


def test_at_a_desk(team: Team) -> None:
    """The same script, with the state in the project and nowhere to publish."""
    desk = {"CI": "", "CI_HOOK_SECRET": SIGNS}
    token = {"BITBUCKET_OAUTH_TOKEN": team.secrets["BITBUCKET_OAUTH_TOKEN"]}
    init = ". ./activate && pulumi stack init staging --non-interactive"
    assert team.run(f"{init} && ci/preview.sh staging", {**desk, **token}) == 0, team.printed
    assert "2 hooks to create" in team.printed[-1]
    assert (team.folder / ".state").is_dir()
