"""What the real engine prints, as small fixtures: `python -m support.report_samples` remakes them.

It runs in `tests/`, with the engine first on PATH.

One stack goes through its life: made, with one hook adopted; changed by hand; declared otherwise;
deployed with a failure; refreshed; destroyed. Then the runs that stop early.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from support.engine import Project, Run, Templates, own_program
from support.engine import project as new_project

SAMPLES: Final = Path(__file__).parents[1] / "report" / "samples"
CANARY: Final = "c4n4ry-0f-4-s3cr3t"

_DROPPED: Final = (
    "stackTrace",
    "sourcePosition",
    "propertyDependencies",
    "additionalSecretOutputs",
    "__provider",
    "created",
    "modified",
)

_MADE: Final = f"""
secret = pulumi.Output.secret("{CANARY}")
bitbucket.HookFleet(
    "ci",
    repositories=["api", "web", "worker", "docs"],
    url="https://ci.example.com/hook?token=1",
    description="CI",
    secret=secret,
)
bitbucket.HookFleet("old", repositories=["api", "web"], url="https://old.example.com/")
bitbucket.Hook("chat", repository="api", url="https://chat.example.com/", secret=secret)
bitbucket.Hook("steady", repository="web", url="https://steady.example.com/")
bitbucket.Hook("named", repository="docs", url="https://named.example.com/")
bitbucket.Hook("lost", repository="mobile", url="https://lost.example.com/")
bitbucket.WorkspaceHook("audit", url="https://audit.example.com/", events=["repo:created"])
bitbucket.HookFleet(
    "hidden", repositories=["web"], url=pulumi.Output.secret("https://hidden.example.com/{CANARY}")
)
"""
_CHANGED: Final = f"""
secret = pulumi.Output.secret("{CANARY}-2")
ci = bitbucket.HookFleet(
    "ci",
    repositories=["api", "web", "worker", "mobile"],
    url="https://ci.example.com/hook?token=2",
    description="CI",
    events=["repo:push", "pullrequest:created"],
    secret=secret,
    skip_cert_verification=True,
)
new = bitbucket.HookFleet("new", repositories=["api", "web"], url="http://new.example.com/")
bitbucket.Hook("chat", repository="api", url="https://chat.example.com/")
bitbucket.Hook("steady", repository="web", url="https://steady.example.com/")
bitbucket.Hook("renamed", repository="docs", url="https://named.example.com/")
bitbucket.Hook("lost", repository="mobile", url="https://lost.example.com/")
bitbucket.WorkspaceHook("audit", url="https://audit.example.com/", events=["repo:deleted"])
bitbucket.HookFleet(
    "hidden",
    repositories=["web"],
    url=pulumi.Output.secret("https://hidden.example.com/{CANARY}-2"),
)
bitbucket.Hook(
    "later",
    repository="worker",
    url=new.hooks.apply(lambda hooks: "https://later.example.com/" + hooks["api"][1:9]),
)
"""
_MISTAKE: Final = """
bitbucket.Hook("bad", repository="web", url="ftp://ci.example.com/", events=["repo:psuh"])
"""


def main() -> None:
    """Run the engine and write every sample."""
    SAMPLES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        templates = Templates(Path(folder) / "templates")
        templates.folder.mkdir()
        for project in new_project(templates, Path(folder) / "project", own_program):
            project.env["PULUMI_DEBUG_COMMANDS"] = "true"
            _life(project)


def _life(project: Project) -> None:
    project.estate.plant_hook(
        "acme/worker", "https://ci.example.com/hook?token=1", description="CI"
    )
    project.program(_MADE)
    _keep(project, "create.preview.json", project.preview("--json"))
    _keep(project, "create.up.jsonl", project.up("--json"))
    _keep(project, "same.preview.json", project.preview("--json", "--refresh"))
    _drift(project)
    _keep(project, "drift.refresh-only.json", project.run("refresh", "--preview-only", "--json"))
    _keep(project, "drift.refresh-preview.json", project.preview("--json", "--refresh"))
    project.program(_CHANGED)
    _keep(project, "change.plain.json", project.preview("--json"))
    _keep(project, "change.refreshed.json", project.preview("--json", "--refresh"))
    log = project.folder / "events.jsonl"
    project.preview("--refresh", "--event-log", str(log)).succeeded()
    _write(project, "change.refreshed.jsonl", log.read_text())
    project.estate.plan_fault("500", "POST", "*/acme/mobile/hooks", times=50)
    _keep(project, "change.up.jsonl", project.run("up", "--yes", "--json", "--refresh"))
    project.estate.clear_faults()
    _drift(project)
    _keep(project, "drift.refresh.jsonl", project.run("refresh", "--yes", "--json"))
    _keep(project, "destroy.jsonl", project.run("destroy", "--yes", "--json"))
    project.program(_MISTAKE)
    _keep(project, "mistake.preview.json", project.preview("--json"))
    _keep(project, "mistake.up.jsonl", project.up("--json"))
    project.program("raise pulumi.RunError('hooks[0].url: is required')")
    _keep(project, "mistake.program.json", project.preview("--json"))


def _drift(project: Project) -> None:
    """Change by hand what somebody changes by hand."""
    estate = project.estate
    repositories = {found.uuid: found.full_name for found in estate.repositories()}
    for hook in project.hooks():
        match hook.url.partition("?")[0], repositories.get(hook.subject):
            case "https://ci.example.com/hook", "acme/api":
                url = f"https://else.example.com/?{CANARY}"
                estate.change_hook(hook.uuid, url=url, active=False)
            case ("https://ci.example.com/hook", "acme/web") | ("https://lost.example.com/", _):
                estate.delete_hook(hook.uuid)
            case "https://audit.example.com/", _:
                estate.change_hook(hook.uuid, events=["repo:created", "repo:fork"], active=False)
            case "https://chat.example.com/", _:
                estate.change_hook(hook.uuid, secret=None)


def _keep(project: Project, name: str, run: Run) -> None:
    sys.stderr.write(f"{name}: {run.code} {run.stderr[:200]}\n")
    _write(project, name, run.stdout)


def _write(project: Project, name: str, text: str) -> None:
    """Write a sample without what is long or of this machine."""
    values = _values(text.replace(str(project.folder), "/project"))
    kept = (v for v in values if v.get("diagnosticEvent", {}).get("severity") != "debug")
    lines = (json.dumps(value, separators=(",", ":")) for value in kept)
    (SAMPLES / name).write_text("\n".join(lines) + "\n")


def _values(text: str) -> Iterator[Any]:
    """JSON values one after the other, with any space between them."""
    decoder, rest = json.JSONDecoder(object_hook=_without_dropped), text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        yield value
        rest = rest[end:].lstrip()


def _without_dropped(value: dict[str, Any]) -> dict[str, Any]:
    return {key: part for key, part in value.items() if key not in _DROPPED}


if __name__ == "__main__":
    main()
