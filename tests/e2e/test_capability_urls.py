"""Urls that let in whoever knows them are shown nowhere: no output, no report, no plain state."""

from __future__ import annotations

import pytest

from support.engine import STACK, Project, Run

pytestmark = pytest.mark.engine

CANARY = "CANARY"
CAPABILITIES = (
    f"https://hooks.slack.com/services/T0/B0/{CANARY}",
    f"https://collector.example.com/receiver/v1/http/{CANARY}9f8e7d6c==",
    f"https://hooks.zapier.com/hooks/catch/1234567/{CANARY}",
    f"https://ci.example.com/hook?token={CANARY}",
)
PROGRAM = """
import os
ci = bitbucket.Hook("ci", repository="api", url="https://ci.example.com/hook", description="CI")
chat = bitbucket.Hook("chat", repository="web", url=pulumi.Output.secret(os.environ["CHAT_URL"]))
audit = bitbucket.WorkspaceHook("audit", url="https://audit.example.com/hook")
many = bitbucket.HookFleet("many", repositories=["docs"], url="https://many.example.com/hook")
declared = [ci, chat, audit, many]
bitbucket.RepositoryHooksExclusive("only", repositories=["api", "docs", "web"], hooks=declared)
bitbucket.WorkspaceHooksExclusive("whole", hooks=declared)
"""
HOSTS = ("hooks.slack.com", "collector.example.com", "hooks.zapier.com")
OURS = ("__main__.py", "sandbox.db", "sandbox.db-wal")
"""Files with urls in them that the test itself wrote."""
ON_STACK = ("--stack", STACK)


def _report(project: Project, command: str, *args: str) -> Run:
    """Run a command with every file that it can write."""
    files = [f"--{kind}={command}.{kind}" for kind in ("markdown", "html", "json-file")]
    return project.command(command, *ON_STACK, *files, *args)


def _inventory(project: Project, *form: str) -> Run:
    (project.folder / "state.json").write_text(project.run("stack", "export").stdout)
    account = {"BITBUCKET_API_URL": f"sandbox:{project.database}"}
    return project.command("inventory", "acme", "--state", "state.json", *form, **account)


def _leaks(project: Project, runs: list[Run]) -> list[str]:
    """The lines of outputs and files that show a planted word."""
    texts = {" ".join(run.args): run.text for run in runs}
    for file in project.folder.rglob("*"):
        if file.is_file() and file.name not in OURS:
            texts[str(file)] = file.read_text(errors="replace")
    return [
        f"{where}: {line[:300]}"
        for where, text in texts.items()
        for line in text.splitlines()
        if CANARY in line
    ]


def _change_by_hand(project: Project, targets: dict[str, str]) -> None:
    for target, url in targets.items():
        project.estate.change_hook(project.only_hook(target).uuid, url=url)


def test_nowhere(project: Project) -> None:
    """Of hooks that nobody declares, of declared ones that were changed by hand, of secret ones."""
    project.env["CHAT_URL"] = f"https://hooks.slack.com/services/T0/B0/{CANARY}/declared"
    runs = [project.program(PROGRAM).preview_and_up("--diff").succeeded()]
    _change_by_hand(
        project,
        {
            "acme/api": CAPABILITIES[0],
            "acme/web": CAPABILITIES[2],
            "acme": CAPABILITIES[1],
            "acme/docs": CAPABILITIES[3],
        },
    )
    for target in ("acme/api", "acme"):
        for url in CAPABILITIES:
            project.estate.plant_hook(target, f"{url}x", description=f"See {url}")
    runs.append(project.preview("--refresh", "--diff", "--save-plan=plan.json").succeeded())
    runs.append(project.preview("--refresh", "--json").succeeded())
    assert "was changed by hand and leads to https://hooks.slack.com/…" in runs[1].flat
    runs.append(_report(project, "preview", "--refresh", "--save", "reviewed.json"))
    runs.append(project.command("drift", *ON_STACK, "--format", "bitbucket"))
    runs.append(_report(project, "drift"))
    assert all(host in runs[-1].text for host in HOSTS), runs[-1].text
    runs.append(project.refresh("--diff").succeeded())
    runs.append(project.refresh("--diff").succeeded())  # what is known already
    forms: tuple[list[str], ...] = (
        ["--json"],
        ["--csv", "-"],
        ["--csv", "all.csv", "--html", "all.html"],
        [],
    )
    runs += [_inventory(project, *form) for form in forms]
    assert all(host in runs[-1].text for host in HOSTS), runs[-1].text
    runs.append(project.preview("--diff").succeeded())
    runs.append(project.run("stack", "export"))
    state = project.state()
    assert "ciphertext" in state["ci"]["outputs"]["url"]
    assert "ciphertext" in state["ci"]["inputs"]["url"]
    runs.append(_report(project, "up", "--yes"))
    assert project.only_hook("acme/web").url == project.env["CHAT_URL"]
    assert project.state()["ci"]["outputs"]["url"] == "https://ci.example.com/hook"
    runs.append(project.preview("--refresh", "--expect-no-changes").succeeded())
    runs.append(project.destroy("--diff").succeeded())
    assert not _leaks(project, runs)
