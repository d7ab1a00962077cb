"""Runs of the engine as it prints them, made up: small ones for tables, and a great one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, Final

from attrs import evolve
from click.testing import CliRunner, Result

from bitbucket_hooks.cli import main
from bitbucket_hooks.model.notes import Note
from bitbucket_hooks.pulumi_cli.read import read
from bitbucket_hooks.report import terminal
from bitbucket_hooks.report.build import changes_of
from bitbucket_hooks.report.findings import AdoptionFinding, Findings, Match
from bitbucket_hooks.report.to_document import to_document

STACK: Final = "prod"
PROJECT: Final = "hooks"
TYPE: Final = "pulumi-python:dynamic/bitbucket:"
ROOT: Final = f"urn:pulumi:{STACK}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{STACK}"
HOOK: Final[Mapping[str, Any]] = {
    "owner": "acme",
    "repository": "web",
    "url": "https://ci.example.com/hook",
    "events": ["repo:push"],
    "active": True,
    "skipCertVerification": False,
}
FLEET: Final[Mapping[str, Any]] = {key: HOOK[key] for key in HOOK if key != "repository"}


def urn(kind: str, name: str) -> str:
    """The URN of a resource of ours, or of a type of its own."""
    type_ = kind if ":" in kind else TYPE + kind
    return f"urn:pulumi:{STACK}::{PROJECT}::{type_}::{name}"


def uuid(number: int) -> str:
    """A hook's uuid."""
    return f"{{{number:08x}-0000-4000-8000-{number:012x}}}"


def hook(**changes: Any) -> dict[str, Any]:
    """The properties of a hook on `acme/web`; None takes one away."""
    return {key: value for key, value in {**HOOK, **changes}.items() if value is not None}


def fleet(*repositories: str, **changes: Any) -> dict[str, Any]:
    """The properties of a fleet; a repository may be `slug=sync status`."""
    pairs = (repository.partition("=")[::2] for repository in repositories)
    statuses = {slug: status or "as declared" for slug, status in pairs}
    return hook(repository=None, repositories=statuses, **changes)


def state(inputs: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A resource's state, with its outputs after a deployment."""
    outputs, statuses = dict(inputs), inputs.get("repositories")
    if isinstance(statuses, dict):
        uuids = {slug: uuid(number) for number, slug in enumerate(statuses)}
        absent = [slug for slug in statuses if statuses[slug] in ("gone", "missing")]
        outputs["hooks"] = {slug: uuids[slug] for slug in statuses if slug not in absent}
    return {"id": uuid(7), "inputs": inputs, "outputs": {**outputs, **more}}


def step(
    op: str,
    kind: str,
    name: str,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A step of a preview's document, from properties or whole states."""
    found: dict[str, Any] = {"op": op, "urn": urn(kind, name), **more}
    if old is not None:
        found["oldState"] = old if "inputs" in old else state(old)
    if new is not None:
        found["newState"] = new if "inputs" in new else {"inputs": new}
    return found


def root(op: str = "same") -> dict[str, Any]:
    """The step of the stack itself."""
    return {"op": op, "urn": ROOT}


def preview(*steps: Mapping[str, Any], refreshed: bool = False, **more: Any) -> str:
    """The document that a preview prints."""
    looks = [root("refresh")] if refreshed else []
    return json.dumps({"steps": [*looks, *steps, root()], **more})


def changed(*paths: str, kind: str = "update") -> dict[str, Any]:
    """The detailed diff of a step: paths, each `name` or `name=delete`."""
    pairs = (path.rpartition("=") if "=" in path else (path, "", kind) for path in paths)
    return {"detailedDiff": {path: {"kind": what} for path, _, what in pairs}}


def event(kind: str, *, planning: bool = False, **metadata: Any) -> dict[str, Any]:
    """An event about a resource, from a step of a document."""
    names = {"oldState": "old", "newState": "new"}
    values = {names.get(key, key): value for key, value in metadata.items()}
    if "detailedDiff" in values:
        paths = values["detailedDiff"].items()
        values["detailedDiff"] = {path: {"diffKind": diff["kind"]} for path, diff in paths}
    values["type"] = values["urn"].split("::")[2]
    return {kind: {"metadata": values, "planning": planning}}


def events(*steps: Mapping[str, Any], preview: bool = False, result: str = "succeeded") -> str:
    """What an update prints: each step begun and done."""
    found: list[Mapping[str, Any]] = [{"preludeEvent": {"config": {}}}]
    for value in steps:
        kinds = ("resourcePreEvent", "resOutputsEvent") if "op" in value else ()
        found += [event(kind, planning=preview, **value) for kind in kinds] or [value]
    summary = {"isPreview": preview, "result": result, "durationSeconds": 3}
    return lines([*found, {"summaryEvent": summary}, {"cancelEvent": {}}])


def lines(values: Iterable[Any]) -> str:
    """JSON values, one a line."""
    return "".join(f"{json.dumps(value)}\n" for value in values)


def reported(text: str | bytes, *args: str) -> Result:
    """What the command says of a run that is piped into it."""
    return CliRunner().invoke(main, ["report", *args], input=text)


def in_every_format(text: str, folder: Path) -> tuple[Result, dict[str, str]]:
    """What the command says of a run, and each format that it prints or writes."""
    options = {"markdown": "--markdown", "html": "--html", "json": "--json-file"}
    files = {kind: folder / f"report.{kind}" for kind in options}
    words = (str(word) for kind in options for word in (options[kind], files[kind]))
    result = reported(text, *words)
    written = {kind: path.read_text("utf-8") for kind, path in files.items()}
    written["bitbucket"] = reported(text, "--format", "bitbucket").stdout
    return result, {"terminal": result.stdout, **written}


def reported_with_notes(text: str, *notes: Note) -> str:
    """What a command that started the run says of it, on a terminal that nobody watches."""
    changes = changes_of(evolve(read(text, "the log"), notes=notes))
    with redirect_stdout(StringIO()) as said:
        terminal.show(to_document(changes))
    return said.getvalue()


def great_change() -> tuple[str, Findings]:
    """A preview with 1,200 creations, 300 updates, 40 deletions, 5 adoptions; and the findings."""
    services = [f"svc-{number:04}" for number in range(1205)]
    audited = [f"app-{number:03}" for number in range(300)]
    legacy = fleet(*(f"legacy-{number:02}" for number in range(40)), url="http://old.example.com/")
    ci = fleet(
        *services,
        url="https://ci.example.com/bitbucket?token=t",
        description="CI",
        events=["repo:push", "pullrequest:created"],
        secretFrom="env:CI_HOOK_SECRET",
    )
    before = fleet(*audited, url="https://audit.example.com/v1")
    after = fleet(
        *audited,
        url="https://audit.example.com/v2",
        events=["repo:deleted", "repo:push"],
        skipCertVerification=True,
    )
    paths = changed("url", "skipCertVerification")
    url = "https://chat.example.com/"
    drifted, chat = fleet("web=active false", "docs=gone", url=url), fleet("web", "docs", url=url)
    text = preview(
        step("create", "HookFleet", "ci", None, ci),
        step("update", "HookFleet", "audit", before, after, **paths),
        step("update", "HookFleet", "chat", drifted, chat, **changed("repositories.web")),
        step("delete", "HookFleet", "legacy", legacy),
        refreshed=True,
    )
    key = urn("HookFleet", "ci")
    findings = {(key, f"acme/{slug}"): AdoptionFinding() for slug in services[5:]}
    for number, slug in enumerate(services[:5]):
        differs = ("active false => true", "secret set") if number else ("secret set",)
        findings[key, f"acme/{slug}"] = AdoptionFinding((Match(uuid(900 + number), differs),))
    return text, findings
