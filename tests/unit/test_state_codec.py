"""A property of a hook is named where people read and write it; the rest goes by the model."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from attrs import fields

import bitbucket_hooks as bitbucket
from bitbucket_hooks.model.rules import HOOK_RULES
from bitbucket_hooks.model.webhook import PROPERTIES
from bitbucket_hooks.program.args import COMMON, DeclaredHook
from bitbucket_hooks.sandbox import models, validation
from bitbucket_hooks.stack.entries import HookEntry
from support import handbook

OURS = ("secret_from", "adopt")
"""Arguments that say how a hook is managed: Bitbucket doesn't know them."""
RESOURCES = (bitbucket.Hook, bitbucket.WorkspaceHook, bitbucket.HookFleet)


def _names(kind: type[Any]) -> set[str]:
    return {one.name for one in fields(kind)}


def test_arguments() -> None:
    """Those of an args object are the model's properties and ours."""
    assert set(COMMON) == {*PROPERTIES, *OURS}


@pytest.mark.parametrize("kind", RESOURCES)
def test_keywords(kind: type[Any]) -> None:
    """Each class takes every argument by keyword, and a look-up what Bitbucket may tell."""
    assert set(COMMON) <= set(inspect.signature(kind).parameters)
    if kind is not bitbucket.HookFleet:
        assert set(PROPERTIES) <= set(inspect.signature(kind.get).parameters)


def test_outputs() -> None:
    """Each property is one."""
    assert set(PROPERTIES) <= set(DeclaredHook.__annotations__)


def test_stack_config() -> None:
    """An entry may have each, and each has a rule."""
    assert set(COMMON) <= _names(HookEntry)
    assert set(PROPERTIES.values()) <= set(HOOK_RULES)


def test_the_sandbox() -> None:
    """It takes and keeps each."""
    assert set(validation.PROPERTIES) == set(PROPERTIES)
    assert set(PROPERTIES) <= _names(models.StoredHook)


def test_the_page() -> None:
    """docs/configuration.md has a row for each."""
    page = handbook.page("configuration.md")
    assert [one for one in (*PROPERTIES, *OURS) if f"| `{one}` | `" not in page] == []
