"""The pipelines' files: valid, of one mind, and careful with what they may do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import metadata
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from engine import versions
from support import pipelines
from support.checkout import ROOT
from support.go_tools import built
from support.strangers import supported
from tools.versions import OLDEST

ACTIONS = [ROOT / "action.yml", *sorted((ROOT / ".github" / "actions").glob("*/action.yml"))]
FILES = [
    ("bitbucket-pipelines", pipelines.BITBUCKET),
    *(("github-workflows", path) for path in pipelines.WORKFLOWS),
    *(("github-actions", path) for path in ACTIONS),
]
SECRET = re.compile(r"\$\{\{ *secrets\.")


def validated(schema: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Hold a file against its published schema."""
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    return subprocess.run([*checker, path], capture_output=True, text=True, check=False)


def step_texts(job: dict[str, Any]) -> list[str]:
    """Give the steps of a job as texts, without the variables of those that are commands."""
    return [
        yaml.safe_dump(
            {key: value for key, value in step.items() if key != "env" or "uses" in step}
        )
        for step in job["steps"]
    ]


@pytest.mark.parametrize(("schema", "path"), FILES, ids=lambda value: Path(value).name)
def test_schemas(schema: str, path: Path, tmp_path: Path) -> None:
    """Each file is valid, and wouldn't be with a step of another kind."""
    done = validated(schema, path)
    assert done.returncode == 0, done.stdout + done.stderr
    text = path.read_text("utf-8")
    broken = re.sub(r"\b(step|steps):", "stepz:", text)
    assert broken != text
    (tmp_path / path.name).write_text(broken)
    assert validated(schema, tmp_path / path.name).returncode == 1


def test_the_keys_of_bitbuckets_steps() -> None:
    """Are known, which the schema itself doesn't ask for; and so are the caches."""
    folder = files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((folder / "bitbucket-pipelines.json").read_text("utf-8"))
    known = schema["definitions"]["step_base"]["properties"].keys()
    caches = yaml.safe_load(pipelines.BITBUCKET.read_text("utf-8"))["definitions"]["caches"]
    for step in pipelines.bitbucket_steps(pipelines.bitbucket()):
        assert step.keys() <= known
        assert set(step["caches"]) == caches.keys()
    for cache in caches.values():
        assert all((ROOT / name).is_file() for name in cache["key"]["files"])


def test_the_pipe_is_described_as_pipes_are() -> None:
    """With the keys of published ones, and what Atlassian's toolkit reads as it reads it."""
    pipe = pipelines.pipe()
    texts = {"name", "description", "category", "image", "repository"}
    assert pipe.keys() == texts | {"maintainer", "vendor", "tags", "variables"}
    assert all(isinstance(pipe[key], str) for key in texts)
    assert re.fullmatch(r"[\w-]+/[\w-]+:(\d+\.\d+\.\d+)", pipe["image"])
    assert pipe["image"].endswith(f":{metadata('bitbucket-hooks')['Version']}")
    assert urlsplit(pipe["repository"]).scheme == "https"
    assert all(pipe[who].keys() == {"name", "website"} for who in ("maintainer", "vendor"))
    assert all(isinstance(tag, str) for tag in pipe["tags"])
    for variable in pipe["variables"]:
        assert {"name"} <= variable.keys() <= {"name", "default"}
        assert isinstance(variable.get("default", ""), str)


def test_both_run_the_same() -> None:
    """The same scripts with the same arguments, and all that there are."""
    ours = [
        line for step in pipelines.bitbucket_steps(pipelines.bitbucket()) for line in step["script"]
    ]
    theirs = [
        line
        for name, job in pipelines.github_jobs()
        if name in ("everything", "preview", "staging", "review-prod", "prod", "drift")
        for stack in job.get("strategy", {}).get("matrix", {}).get("stack", [""])
        for line, _ in pipelines.commands(job, {"matrix.stack": stack})
    ]
    assert set(ours) == set(theirs)
    scripts = {line.split()[0] for line in ours}
    assert scripts == {".ci/run", "ci/preview.sh", "ci/deploy.sh", "ci/drift.sh"}
    assert {path.name for path in (ROOT / "ci").iterdir()} == {
        *(Path(script).name for script in scripts - {".ci/run"}),
        "begin.sh",
        "run.sh",
    }


def test_what_the_image_copies() -> None:
    """Is here, and is what the build is shown."""
    shown = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    copied = {
        source
        for line in (ROOT / "deploy" / "Containerfile").read_text("utf-8").splitlines()
        if line.startswith("COPY ") and "--from=" not in line
        for source in line.split()[1:-1]
    }
    assert copied == shown
    assert all((ROOT / source).exists() for source in copied)


def test_prod_waits_for_a_person() -> None:
    """It is deployed by hand, from a tag, as it was reviewed; staging from main."""
    (staging,) = pipelines.bitbucket_steps(pipelines.bitbucket()["branches"]["main"])
    assert (staging["deployment"], "trigger" in staging) == ("staging", False)
    for made in (
        pipelines.bitbucket()["tags"]["v*"],
        pipelines.bitbucket()["custom"]["deploy-prod"],
    ):
        review, deploy = pipelines.bitbucket_steps(made)
        assert (deploy["deployment"], deploy["trigger"]) == ("production", "manual")
        assert review["artifacts"] == ["reviewed-prod.json", "webhooks-prod.html"]
        assert "--reviewed reviewed-prod.json" in deploy["script"][0]
    workflow = pipelines.github("deploy")
    assert workflow["on"]["push"] == {"branches": ["main"], "tags": ["v*"]}
    jobs = workflow["jobs"]
    assert jobs["prod"]["environment"] == "production"
    assert jobs["prod"]["needs"] == "review-prod"
    assert jobs["staging"]["if"] == "github.ref == 'refs/heads/main'"
    assert workflow["concurrency"]["cancel-in-progress"] is False


@pytest.mark.parametrize("path", pipelines.WORKFLOWS, ids=lambda path: path.stem)
def test_little_is_allowed(path: Path) -> None:
    """Rights to read alone, an end to every job, secrets for commands only."""
    workflow = pipelines.github(path.stem)
    assert workflow["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in workflow["on"]
    assert not SECRET.search(yaml.safe_dump(workflow.get("env", {})))
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 120
        assert not SECRET.search(yaml.safe_dump(job.get("env", {})))
        assert not any(SECRET.search(text) for text in step_texts(job))


@pytest.mark.parametrize("path", [*pipelines.WORKFLOWS, *ACTIONS], ids=lambda path: path.stem)
def test_actions_are_pinned(path: Path) -> None:
    """By a commit, which nobody can move, with the version that it is for people."""
    used = re.findall(r"\buses: (.*)", path.read_text("utf-8"))
    pinned = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./\.github/actions/\w+")
    assert [line for line in used if not pinned.fullmatch(line)] == []


def test_actionlint() -> None:
    """It finds nothing wrong with the workflows, their expressions and the actions here."""
    linter = str(built("actionlint", "github.com/rhysd/actionlint/cmd/actionlint"))
    command = [linter, "-no-color", *map(str, pipelines.WORKFLOWS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_version_that_is_claimed() -> None:
    """Is in the matrix: each Python, and the oldest of all with the oldest engine."""
    matrix = pipelines.github("test")["jobs"]["versions"]["strategy"]["matrix"]
    assert matrix["version"] == supported()
    assert supported()[0] == metadata("bitbucket-hooks")["Requires-Python"].removeprefix(">=")
    (oldest,) = (added for added in matrix["include"] if added["version"] == OLDEST)
    assert oldest["engine"] == "{}.{}.0".format(*versions.MINIMUM)


def test_strangers_see_no_secret() -> None:
    """What a fork's pull request runs has none."""
    assert not SECRET.search(yaml.safe_dump(pipelines.github("test")))
    jobs = pipelines.github("preview")["jobs"]
    ours = "github.event.pull_request.head.repo.full_name == github.repository"
    assert all(ours in job["if"] for job in jobs.values() if SECRET.search(yaml.safe_dump(job)))
