"""docs/languages.md, followed, and what comes after: drift, repair, import, destruction."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import pytest
import yaml

from bitbucket_hooks.sandbox.seed import OWNER_EMAIL
from support import handbook, languages
from support.engine import STACK, Project
from support.transcript import session

pytestmark = pytest.mark.engine

PAGE: Final = handbook.page("languages.md")
SHOWN_UUID: Final = "{c5423f6c-5d8f-43ad-83ff-3b76926da9f8}"
CI: Final = "https://ci.example.com/bitbucket"
CHAT: Final = "https://chat.example.com/hooks"
AUDIT: Final = "https://audit.example.com/"
SECRET: Final = "what your CI server checks signatures with"
LIVE_SECRET: Final = "canary-of-an-imported-hook"
LOG_IN: Final = (
    'pulumi config set bitbucket-hooks:username "$OWNER" && '
    'pulumi config set --secret bitbucket-hooks:password "$TOKEN"'
)
NOT_KEPT: Final = re.compile(r"/(node_modules|sandbox\.db)")
"""Below a project's folder: packages, and the sandbox, which has the secrets of its hooks."""


def _follow(project: Project, *titles: str, **instead: str) -> str:
    """Play sections of the page with the project's stack and sandbox; gives what is printed."""
    texts = {
        "stack init dev": f"stack select --create {STACK}",
        "Pulumi.dev.yaml": f"Pulumi.{STACK}.yaml",
        "sandbox:.sandbox.db": project.env["SERVED"],
        "pulumi config set --secret ciSecret": f"{LOG_IN} && pulumi config set --secret ciSecret",
        "sandbox hooks": f"sandbox hooks --db {project.database}",
        **instead,
    }
    text = "".join(handbook.section(PAGE, title) for title in titles)
    return handbook.play(text, project.folder, project.env, **texts)


def _live(project: Project, program: str, add: Callable[[str], None]) -> None:
    """Go through all that a program's hooks meet; `add` puts a generated declaration into it."""
    project.env |= languages.npm()
    config = yaml.safe_load(project.config_file.read_text())["config"]
    project.env["SERVED"] = config["bitbucket:apiUrl"]
    token = project.estate.issue_api_token(OWNER_EMAIL)
    project.env |= {"OWNER": OWNER_EMAIL, "TOKEN": token}
    printed = [_follow(project, "Install the plugin", program, "Deploy it")]

    (builds,) = (hook for hook in project.hooks("acme/web") if hook.url == CI)
    (audit,) = project.hooks("acme/worker")
    assert project.estate.secret_of(builds.uuid) == SECRET
    project.estate.change_hook(builds.uuid, url="https://by-hand.example.com/", secret="")
    project.estate.delete_hook(audit.uuid)
    repair = project.preview_and_up("--refresh", "--diff").succeeded()
    assert "2 updated" in repair.text
    assert {hook.url for hook in project.hooks("acme/worker")} == {AUDIT}
    (repaired,) = (hook for hook in project.hooks("acme/web") if hook.uuid == builds.uuid)
    assert (repaired.url, project.estate.secret_of(builds.uuid)) == (CI, SECRET)

    chat = project.estate.plant_hook("acme/api", CHAT, description="Chat", secret=LIVE_SECRET)
    writes = len(project.writes())
    printed.append(_follow(project, "Import a hook", **{SHOWN_UUID: chat.uuid}))
    add((project.folder / "chat").read_text())
    clean = project.preview("--refresh", "--expect-no-changes", "--diff").succeeded()
    assert len(project.writes()) == writes

    project.run("state", "unprotect", "--all", "--yes").succeeded()
    destroyed = project.destroy().succeeded()
    assert not project.hooks()
    _hold_no_secret(project, token, *printed, *(run.text for run in (repair, clean, destroyed)))


def _hold_no_secret(project: Project, token: str, *printed: str) -> None:
    files = (path for path in project.folder.rglob("*") if not NOT_KEPT.search(str(path)))
    kept = {str(path): path.read_text("latin-1") for path in files if path.is_file()}
    assert len(kept) > 10
    texts = kept | {f"output {number}": text for number, text in enumerate(printed)}
    for secret in (token, SECRET, LIVE_SECRET):
        assert [where for where, text in texts.items() if secret in text] == []


def test_a_program_in_yaml(served: Project) -> None:
    """As the page has it, with the declaration of an imported hook put into it."""
    languages.ensure("yaml")
    file = served.folder / "Pulumi.yaml"

    def add(declaration: str) -> None:
        program = yaml.safe_load(file.read_text())
        program["resources"] |= yaml.safe_load(declaration)["resources"]
        file.write_text(yaml.safe_dump(program))

    _live(served, "A program in YAML", add)


def test_a_program_in_typescript(served: Project) -> None:
    """With the SDK that the engine writes; types are checked before it runs."""
    languages.ensure("nodejs")
    languages.typescript_project(served.folder, "", adds_packages=True)

    def add(declaration: str) -> None:
        (second,) = handbook.blocks(handbook.section(PAGE, "Configuration"), "typescript")
        with (served.folder / "index.ts").open("a") as program:
            program.write(declaration.partition("\n")[2])  # without its import of @pulumi/pulumi
            program.write(f"\nfunction checkedAndNotCalled() {{ {second} }}\n")

    _live(served, "A program in TypeScript", add)


def test_a_program_in_go_compiles(served: Project) -> None:
    """With the SDK for Go that the engine writes."""
    languages.ensure("go")
    served.command("plugin", "install").succeeded()
    session(["pulumi package gen-sdk bitbucket-hooks --language go"], served.folder, served.env)
    folder = served.folder / "sdk" / "go"
    (program,) = handbook.blocks(PAGE, "go")
    (folder / "main.go").write_text(program)
    languages.go_build(folder, "github.com/bitbucket-hooks/bitbucket-hooks/sdk/go")
