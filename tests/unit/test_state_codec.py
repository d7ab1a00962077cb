"""Every property of a hook passes through the state, and what must be written out names it."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from attrs import evolve

import bitbucket_hooks as bitbucket
from bitbucket_hooks.model.state_codec import (
    desired_of,
    differing,
    inputs_as_read,
    observed_of,
    outputs_as_read,
)
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import ARGUMENTS, PROPERTIES, differences
from bitbucket_hooks.sandbox import webhook

WEB = Subject("acme", "web")
VALUES: dict[type, tuple[Any, Any]] = {
    str: ("https://ci.example.com/1", "https://ci.example.com/2"),
    bool: (True, False),
    tuple: (["repo:push"], ["repo:fork", "repo:push"]),
}
DECLARED = {p.key: VALUES[p.kind][0] for p in PROPERTIES.values()}
PROPS = {"owner": "acme", "repository": "web", **DECLARED}
READABLE = [p for p in PROPERTIES.values() if p.name != "secret"]


def test_declared_and_read() -> None:
    """What the state has of a live hook is what was declared."""
    live = evolve(observed_of("{1}", PROPS), secret_set=True)
    assert differences(desired_of(PROPS, PROPS["secret"]), live) == ()
    assert inputs_as_read(WEB, PROPS, live) == PROPS


@pytest.mark.parametrize("known", READABLE, ids=lambda known: known.name)
def test_drift_of_each_property(known: Any) -> None:
    """Is found, and comes into the inputs that a refresh gives."""
    other = VALUES[known.kind][1]
    live = evolve(observed_of("{1}", PROPS), secret_set=True, **{known.name: other})
    assert differences(desired_of(PROPS, PROPS["secret"]), live) == (known.name,)
    inputs = inputs_as_read(WEB, PROPS, live)
    assert inputs == {**PROPS, known.key: other}
    assert differing(outputs_as_read(inputs, live, PROPS), PROPS) == [known.key]


@pytest.mark.parametrize(
    "known", [p for p in PROPERTIES.values() if p.managed_when_given], ids=lambda known: known.name
)
def test_what_is_not_managed(known: Any) -> None:
    """Is neither compared nor recorded."""
    props = {key: value for key, value in PROPS.items() if key != known.key}
    live = evolve(observed_of("{1}", PROPS), secret_set=True)
    assert differences(desired_of(props, props.get("secret")), live) == ()
    assert known.key not in inputs_as_read(WEB, props, live)


@pytest.mark.parametrize("kind", [bitbucket.Hook, bitbucket.WorkspaceHook, bitbucket.HookFleet])
def test_keywords(kind: type[Any]) -> None:
    """Each class takes every argument by keyword, and has each property as an output."""
    assert set(ARGUMENTS) <= set(inspect.signature(kind).parameters)
    assert set(PROPERTIES) <= set(kind.__mro__[1].__annotations__ | kind.__mro__[2].__annotations__)


def test_the_sandbox() -> None:
    """It takes each."""
    assert set(webhook.PROPERTIES) == set(PROPERTIES)
