"""`docs/migrating.md` does what it says, as far as that needs none of the old tools."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from bitbucket_hooks.sandbox.webhook import StoredHook
from support import handbook, old_state
from support.engine import STACK, Project
from support.transcript import canonical, misses, session, steps

GUIDE = handbook.page("migrating.md")
CI = "https://ci.example.com/bitbucket"
EVENTS = ["repo:push", "pullrequest:created"]
SECRET = "s3cret-of-ci"

pytestmark = pytest.mark.engine


def planted(project: Project, repository: str, **properties: Any) -> StoredHook:
    """Plant a hook as the old tools make it: certificates go unchecked."""
    given = {"events": EVENTS, "secret": SECRET, "skip_cert_verification": True, **properties}
    return project.estate.plant_hook(f"acme/{repository}", CI, **given)


def secrets(project: Project) -> set[str | None]:
    """Give the secrets of all live hooks."""
    return {project.estate.secret_of(hook.uuid) for hook in project.hooks()}


def verbs(project: Project) -> list[str]:
    """Give what the requests since the start did, but for reading."""
    return sorted(request.method for request in project.writes())


def moving(project: Project) -> list[StoredHook]:
    """Lay out a stack whose program has its new import, and whose state has the old resources."""
    hooks = [planted(project, slug, description="CI") for slug in ("api", "web")]
    (program,) = handbook.blocks(handbook.section(GUIDE, "From `pulumi-bitbucket`"), "python")
    (project.folder / "__main__.py").write_text(program)
    project.secret("ciSecret", SECRET)
    old_state.leave_behind(project, zip(("api", "web"), hooks, strict=True), SECRET)
    return project.hooks()


def test_from_pulumi_bitbucket(project: Project) -> None:
    """The old resources are forgotten, the live hooks adopted as they are; there is a way back.

    The commands are the guide's, and they print what stands below them.
    """
    before = moving(project)
    shown = list(steps(handbook.section(GUIDE, "From `pulumi-bitbucket`")))
    printed = session(
        [step.command for step in shown], project.folder, {**project.env, "PULUMI_STACK": STACK}
    )
    named = [text.replace(f":{STACK}::e2e::", ":prod::web::") for text in printed]
    assert len(shown) == 7
    assert not misses(shown, named)
    assert project.hooks() == before
    assert secrets(project) == {SECRET}
    assert verbs(project) == ["PUT", "PUT"]  # the secrets, which can't be compared
    assert "bitbucket:index" not in project.run("stack", "export").stdout
    assert SECRET not in project.state_files()

    project.run("stack", "import", "--file", "before.json").succeeded()
    state = project.state().values()
    assert {(resource["type"], resource["id"]) for resource in state} == {
        (old_state.KIND, hook.uuid) for hook in before
    }


def test_from_terraform(stacks: Project) -> None:
    """The stack config adopts what Terraform made; verification is switched on later."""
    made = [planted(stacks, slug, description="CI") for slug in ("api", "web")]
    (config,) = handbook.blocks(handbook.section(GUIDE, "From Terraform"), "yaml")
    stacks.env["CI_HOOK_SECRET"] = SECRET
    up = stacks.config(yaml.safe_load(config)["config"]).preview_and_up().succeeded()
    assert all(f"adopted the existing hook {hook.uuid}: secret set" in up.flat for hook in made)
    kept = stacks.state()["ci"]["outputs"]["hooks"]
    assert kept == {"api": made[0].uuid, "web": made[1].uuid}
    stacks.preview("--refresh", "--expect-no-changes").succeeded()
    assert set(stacks.hooks()) == set(made)
    assert secrets(stacks) == {SECRET}
    assert verbs(stacks) == ["PUT", "PUT"]

    later = yaml.safe_load(config.replace("skipCertVerification: true", ""))["config"]
    (change,) = re.findall(
        r"`(~ skipCert.*?)`", handbook.section(GUIDE, "Certificate verification")
    )
    assert change in stacks.config(later).preview("--diff").succeeded().flat
    stacks.up().succeeded()
    assert not any(hook.skip_cert_verification for hook in stacks.hooks())
    assert secrets(stacks) == {SECRET}


def test_from_the_web_page(stacks: Project) -> None:
    """Hooks made by hand are brought in line, and keep secrets that nobody knows; none is guessed.

    What the guide shows of the terminal is there.
    """
    other = planted(stacks, "api", description="CI server", events=["repo:fork"])
    kept, spare = (planted(stacks, "web", description="CI") for _ in "12")
    (config,) = handbook.blocks(handbook.section(GUIDE, "From the web page"), "yaml")
    adopted, refused = map(
        canonical, handbook.blocks(handbook.section(GUIDE, "From the web page"), "text")
    )
    first = stacks.config(yaml.safe_load(config)["config"]).up().failed().flat
    assert refused.strip() in canonical(first)
    assert kept.uuid in first
    assert spare.uuid in first

    stacks.estate.delete_hook(spare.uuid)
    second = stacks.up().succeeded().flat
    assert f"adopted the existing hook {kept.uuid}" in second
    assert adopted.strip() in canonical(first + second)  # an engine that meets a failure may stop
    assert {hook.uuid for hook in stacks.hooks()} == {other.uuid, kept.uuid}
    assert stacks.estate.hook(other.uuid).description == "CI server"
    assert secrets(stacks) == {SECRET}
    assert set(verbs(stacks)) == {"PUT"}
