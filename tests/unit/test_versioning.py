"""What users' state pins: docs/versioning.md says it, and the code has it."""

from __future__ import annotations

import importlib
import json
import pickle
import re
from pathlib import Path

import pytest

import bitbucket_hooks

ROOT = Path(__file__).parents[2]
PINNED = re.findall(
    r"`([\w.:/-]+)`",
    "".join(
        line
        for line in (ROOT / "docs" / "versioning.md").read_text("utf-8").splitlines()
        if line.startswith(("| type tokens", "| the paths"))
    ),
)
RESOURCES = [name for name in PINNED if "." not in name and ":" not in name]
PROVIDERS = [name for name in PINNED if name.startswith("bitbucket_hooks.")]


def test_every_resource_is_pinned() -> None:
    """None is missing on the page, and each has a provider."""
    types = {
        name
        for name in bitbucket_hooks.__all__
        if hasattr(getattr(bitbucket_hooks, name), "_resource_type_name")
    }
    assert types == set(RESOURCES)
    assert {path.rpartition(".")[2] for path in PROVIDERS} == {f"{name}Provider" for name in types}


@pytest.mark.parametrize("name", RESOURCES)
def test_type_tokens(name: str) -> None:
    """As the engine keeps them."""
    assert PINNED[0] == "pulumi-python:dynamic/bitbucket:"
    kind = getattr(bitbucket_hooks, name)
    assert f"pulumi-python:{kind._resource_type_name}" == f"{PINNED[0]}{name}"


def test_type_tokens_of_the_plugin() -> None:
    """As its schema has them."""
    schema = json.loads((Path(bitbucket_hooks.__file__).parent / "plugin/schema.json").read_text())
    assert schema["resources"].keys() == {f"{PINNED[1]}{name}" for name in RESOURCES}


@pytest.mark.parametrize("path", PROVIDERS)
def test_providers_are_found_where_a_state_looks_for_them(path: str) -> None:
    """It has nothing of them but the path."""
    module, _, name = path.rpartition(".")
    provider = getattr(importlib.import_module(module), name)()
    pickled = pickle.dumps(provider)
    assert module.encode() in pickled
    assert name.encode() in pickled
    assert len(pickled) < 120
