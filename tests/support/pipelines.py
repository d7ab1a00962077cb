"""Reads the files of Bitbucket Pipelines and GitHub Actions as far as running their steps takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from support.checkout import ROOT

BITBUCKET: Final = ROOT / "bitbucket-pipelines.yml"
WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
_EXPRESSION: Final = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")


def bitbucket() -> dict[str, Any]:
    """The pipelines by their start condition."""
    pipelines: dict[str, Any] = yaml.safe_load(BITBUCKET.read_text("utf-8"))["pipelines"]
    return pipelines


def bitbucket_steps(part: Any) -> Iterator[dict[str, Any]]:
    """The steps of a part of the file, in their order."""
    if isinstance(part, dict) and "script" in part:
        yield part
    for inner in (
        part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    ):
        yield from bitbucket_steps(inner)


def action() -> dict[str, Any]:
    """What other repositories use on GitHub."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    return found


def pipe() -> dict[str, Any]:
    """What other repositories use on Bitbucket."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "pipe.yml").read_text("utf-8"))
    return found


def github(name: str) -> dict[str, Any]:
    """One workflow; its `on` is the key True, as YAML 1.1 has it."""
    path = next(path for path in WORKFLOWS if path.stem == name)
    workflow: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    return {"on" if key is True else key: value for key, value in workflow.items()}


def github_jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    """The jobs of all workflows."""
    for path in WORKFLOWS:
        yield from github(path.stem)["jobs"].items()


def commands(job: Mapping[str, Any], known: Mapping[str, str]) -> list[tuple[str, dict[str, str]]]:
    """What the steps of a job run, each with its variables; `known` are values of expressions."""
    return [
        (
            filled(step["run"], known),
            {name: filled(text, known) for name, text in step.get("env", {}).items()},
        )
        for step in job["steps"]
        if "run" in step
    ]


def filled(text: str, known: Mapping[str, str]) -> str:
    """The text with its expressions' values; a secret that nobody set is empty, as on GitHub."""
    return _EXPRESSION.sub(lambda found: known.get(found[1], ""), text)
