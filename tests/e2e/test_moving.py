"""Resources move between `pulumi-bitbucket`, the dynamic providers and the plugin by aliases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from support import languages, old_state
from support.engine import Project
from support.plugged import in_yaml, plugged
from support.transcript import session

CI = "https://ci.example.com/bitbucket"
ROOM = "https://chat.example.com/canary-of-room"
SECRET = "canary-of-ci"
KEYS = ("receiver", "ciSecret", "room")
RIVAL = {"Hook": old_state.KIND, "WorkspaceHook": old_state.WORKSPACE_KIND}
IN_PYTHON = """
config = pulumi.Config()
ci = bitbucket.Hook(
    "ci", repository="api", url=config.require("receiver"),
    secret=config.require_secret("ciSecret"),
)
other = bitbucket.Hook(
    "other", repository="worker", url=config.require("receiver"),
    secret_from="env:OTHER",
)
audit = bitbucket.WorkspaceHook("audit", url=config.require("receiver"))
chat = bitbucket.HookFleet(
    "chat", repositories=["api", "web"], url=config.require_secret("room"),
    secret=config.require_secret("ciSecret"),
)
bitbucket.RepositoryHooksExclusive(
    "only", repositories=["api", "web"],
    hooks=[ci.uuid, chat.hooks],
)
bitbucket.WorkspaceHooksExclusive(
    "alone", hooks=[audit.uuid]
)
"""
IN_YAML: Mapping[str, tuple[str, dict[str, Any]]] = {
    "ci": ("Hook", {"repository": "api", "url": "${receiver}", "secret": "${ciSecret}"}),
    "other": ("Hook", {"repository": "worker", "url": "${receiver}", "secretFrom": "env:OTHER"}),
    "audit": ("WorkspaceHook", {"url": "${receiver}"}),
    "chat": (
        "HookFleet",
        {"repositories": ["api", "web"], "url": "${room}", "secret": "${ciSecret}"},
    ),
    "only": (
        "RepositoryHooksExclusive",
        {"repositories": ["api", "web"], "hooks": ["${ci.uuid}", "${chat.hooks}"]},
    ),
    "alone": ("WorkspaceHooksExclusive", {"hooks": ["${audit.uuid}"]}),
}

_THEIRS: Final = {
    "url": "${receiver}",
    "description": "CI",
    "secret": "${ciSecret}",
    "skipCertVerification": True,
}
HOOKS_IN_YAML: Final = {
    "ci-api": ("Hook", {"repository": "api", **_THEIRS}),
    "audit": ("WorkspaceHook", _THEIRS),
}
HOOKS_IN_TYPESCRIPT: Final = """
import * as pulumi from "@pulumi/pulumi";
import * as bitbucket from "pulumi-bitbucket-hooks";

const config = new pulumi.Config();
const theirs = {
    url: config.require("receiver"),
    description: "CI",
    secret: config.requireSecret("ciSecret"),
    skipCertVerification: true,
};
new bitbucket.Hook("ci-api", { repository: "api", ...theirs });
new bitbucket.WorkspaceHook("audit", theirs);
"""

pytestmark = pytest.mark.engine


@pytest.fixture
def both(project: Project) -> Project:
    """Give a project of an engine that has the plugin, with the account for both providers."""
    plugged(project).config({"bitbucket-hooks:workspace": "acme", "receiver": CI})
    project.secret("ciSecret", SECRET).secret("room", ROOM)
    project.env["OTHER"] = "canary-of-other"
    return project


def in_typescript(project: Project, program: str) -> None:
    """Replace the program by one in TypeScript, with the plugin's SDK."""
    languages.ensure("nodejs")
    project.env |= languages.npm()
    languages.typescript_project(project.folder, program, adds_packages=True)
    session(["pulumi package add bitbucket-hooks"], project.folder, project.env)


def kinds(project: Project) -> set[str]:
    """Whose the resources in the state are."""
    return {record["type"].rpartition(":")[0] for record in project.state().values()}


@pytest.mark.parametrize("language", ["yaml", "typescript"])
def test_from_the_rival(both: Project, language: str) -> None:
    """Nothing is replaced or written; the first refresh completes what the old state lacks."""
    like_theirs = {"description": "CI", "skip_cert_verification": True, "secret": SECRET}
    made = {
        repository: both.estate.plant_hook(target, CI, **like_theirs)
        for repository, target in {"api": "acme/api", "": "acme"}.items()
    }
    old_state.leave_behind(both, made.items(), SECRET, provider="member")
    if language == "yaml":
        in_yaml(both, HOOKS_IN_YAML, KEYS)
    else:
        in_typescript(both, HOOKS_IN_TYPESCRIPT)
    assert "replace" not in both.preview_and_up().succeeded().text
    assert kinds(both) == {"bitbucket-hooks:index"}
    both.up("--refresh").succeeded()
    both.preview("--expect-no-changes").succeeded()
    assert all(record["outputs"]["createdAt"] for record in both.state().values())
    assert not both.writes()
    assert SECRET not in both.state_files()


def test_there_and_back(both: Project) -> None:
    """Every kind of resource goes from the dynamic providers to the plugin, and back again."""
    both.program(IN_PYTHON).up().succeeded()
    live, in_python = both.hooks(), (both.folder / "Pulumi.yaml").read_text()
    both.estate.clear_requests()

    in_yaml(both, IN_YAML, KEYS)
    both.up("--expect-no-changes").succeeded()
    assert kinds(both) == {"bitbucket-hooks:index"}
    both.up("--refresh").succeeded()
    both.preview("--expect-no-changes").succeeded()
    assert "__provider" not in str(both.state())

    (both.folder / "Pulumi.yaml").write_text(in_python)
    assert "replace" not in both.preview_and_up().succeeded().text
    assert kinds(both) == {"pulumi-python:dynamic/bitbucket"}
    both.preview("--refresh", "--expect-no-changes").succeeded()
    assert both.hooks() == live
    assert not both.writes()
    assert "canary" not in both.state_files()
    both.destroy().succeeded()
    assert not both.hooks()


def test_under_another_name(both: Project) -> None:
    """Without an alias the plugin adopts the hook, and the dynamic provider lets it go."""
    both.program(f'bitbucket.Hook("ci", repository="api", url="{CI}")').up().succeeded()
    live = both.only_hook()
    both.estate.clear_requests()
    in_yaml(both, {"builds": ("Hook", {"repository": "api", "url": "${receiver}"})})
    assert "kept the hook" in both.up().succeeded().text
    assert both.state()["builds"]["id"] == live.uuid
    assert both.only_hook() == live
    assert not both.writes()
