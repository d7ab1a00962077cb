"""Runs of the engine as it prints them, made up: small ones for tables, and a great one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from io import StringIO
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
    """The properties of a fleet; a repository may be `slug=how it stands`."""
    pairs = (one.partition("=")[::2] for one in repositories)
    standing = {slug: how or "as declared" for slug, how in pairs}
    return hook(repository=None, repositories=standing, **changes)


def state(inputs: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A resource's state, with its outputs after a deployment."""
    outputs = dict(inputs)
    standing = inputs.get("repositories")
    if isinstance(standing, dict):
        lacking = ("gone", "missing")
        outputs["hooks"] = {
            slug: uuid(number)
            for number, (slug, how) in enumerate(standing.items())
            if how not in lacking
        }
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
    names = {"oldState": "old", "newState": "new", "detailedDiff": "detailedDiff"}
    told = {names.get(key, key): value for key, value in metadata.items()}
    if "detailedDiff" in told:
        details = told["detailedDiff"].items()
        told["detailedDiff"] = {path: {"diffKind": one["kind"]} for path, one in details}
    told["type"] = told["urn"].split("::")[2]
    return {kind: {"metadata": told, "planning": planning}}


def events(*steps: Mapping[str, Any], preview: bool = False, result: str = "succeeded") -> str:
    """What an update prints: each step begun and done."""
    found: list[Mapping[str, Any]] = [{"preludeEvent": {"config": {}}}]
    for one in steps:
        if "op" in one:
            found.append(event("resourcePreEvent", planning=preview, **one))
            found.append(event("resOutputsEvent", planning=preview, **one))
        else:
            found.append(one)
    summary = {"isPreview": preview, "result": result, "durationSeconds": 3}
    return lines([*found, {"summaryEvent": summary}, {"cancelEvent": {}}])


def lines(values: Iterable[Any]) -> str:
    """JSON values, one a line."""
    return "".join(f"{json.dumps(one)}\n" for one in values)


def reported(text: str | bytes, *args: str) -> Result:
    """What the command says of a run that is piped into it."""
    return CliRunner().invoke(main, ["report", *args], input=text)


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
    legacy = [f"legacy-{number:02}" for number in range(40)]
    ci = fleet(*services, url="https://ci.example.com/bitbucket?token=t", description="CI")
    ci = {**ci, "events": ["repo:push", "pullrequest:created"], "secretFrom": "env:CI_HOOK_SECRET"}
    before = fleet(*audited, url="https://audit.example.com/v1", events=["repo:push"])
    after = fleet(
        *audited,
        url="https://audit.example.com/v2",
        events=["repo:deleted", "repo:push"],
        skipCertVerification=True,
    )
    seen = fleet(
        "web=active false", "docs=gone", url="https://chat.example.com/", events=["repo:push"]
    )
    chat = fleet("web", "docs", url="https://chat.example.com/", events=["repo:push"])
    found = preview(
        step("create", "HookFleet", "ci", None, ci),
        step(
            "update", "HookFleet", "audit", before, after, **changed("url", "skipCertVerification")
        ),
        step("update", "HookFleet", "chat", seen, chat, **changed("repositories.web")),
        step("delete", "HookFleet", "legacy", fleet(*legacy, url="http://old.example.com/")),
        refreshed=True,
    )
    key = urn("HookFleet", "ci")
    differs = ("active false => true", "secret set")
    findings = {(key, f"acme/{slug}"): AdoptionFinding() for slug in services[5:]}
    for number, slug in enumerate(services[:5]):
        told = Match(uuid(900 + number), differs if number else ("secret set",))
        findings[key, f"acme/{slug}"] = AdoptionFinding((told,))
    return found, findings
