"""The hooks of a stack's configuration: typed, and all mistakes at once with path and remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitbucket_hooks.errors import ConfigError
from bitbucket_hooks.events import KEYS
from bitbucket_hooks.model.rules import Context
from bitbucket_hooks.stack.entries import Entry, structure

CI = {"name": "ci", "url": "https://ci.example.com/", "repositories": ["web"]}


def _unknown(events: Iterable[str]) -> Mapping[str, str]:
    return {event: f'unknown event "{event}"' for event in events if event not in KEYS}


def _read(*entries: Any) -> tuple[Entry, ...]:
    return structure(list(entries), lambda _: Context(False, _unknown))  # noqa: FBT003


def _mistakes(*entries: Any) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        _read(*entries)
    return [line.removeprefix("bitbucket-hooks:hooks") for line in str(refused.value).splitlines()]


def test_the_least() -> None:
    """What isn't given stays so: the provider knows the defaults."""
    assert _read(CI) == (Entry("ci", CI["url"], ("web",)),)  # type: ignore[arg-type]
    assert _read() == ()


def test_everything() -> None:
    """In canonical form, null counting as not given."""
    more = {
        "description": "CI",
        "events": ["repo:push", "issue:created", "repo:push"],
        "active": False,
        "secret": "canary",
        "skipCertVerification": True,
        "historyEnabled": False,
        "adopt": "never",
        "protect": True,
        "workspace": None,
    }
    (entry,) = _read({**CI, "repositories": ["Web", "api"], **more})
    assert entry == Entry(
        name="ci",
        url="https://ci.example.com/",
        repositories=("web", "api"),
        description="CI",
        events=("issue:created", "repo:push"),
        active=False,
        secret="canary",
        skip_cert_verification=True,
        history_enabled=False,
        adopt="never",
        protect=True,
    )
    (entry,) = _read({"name": "a", "url": CI["url"], "workspace": True, "secretFrom": "env:X"})
    assert (entry.workspace, entry.secret_from) == (True, "env:X")


MISTAKES: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": None}, ["[0].name: is required"]),
    ({"name": "no name"}, ["[0].name: must be a short name of letters, digits, . _ and -"]),
    ({"url": None}, ["[0].url: is required"]),
    ({"url": "ftp://x"}, ["[0].url: must start with https:// (or http://)"]),
    (
        {"events": ["repo:push", "pullrequest:merge"]},
        ['[0].events[1]: unknown event "pullrequest:merge"'],
    ),
    ({"events": "repo:push"}, ["[0].events: must be a list of event keys, not text"]),
    ({"repositories": []}, ["[0].repositories: must be a list with at least one repository"]),
    ({"repositories": "web"}, ["[0].repositories: must be a list with at least one repository"]),
    ({"repositories": ["web", "", 7]}, ["[0].repositories[1]: must not be empty"]),
    ({"repositories": ["web", "WEB"]}, ["[0].repositories: names web twice; remove one"]),
    (
        {"repositories": None},
        ["[0].repositories: is required; list the repositories, or set workspace: true"],
    ),
    (
        {"workspace": True},
        ["[0].repositories: is given together with workspace: true; keep one of the two"],
    ),
    ({"workspace": "yes"}, ["[0].workspace: must be true or false, not text"]),
    ({"protect": 1}, ["[0].protect: must be true or false, not a number"]),
    (
        {"secret": "canary", "secretFrom": "env:X"},
        ["[0].secret: is given together with secretFrom; keep one of the two"],
    ),
    ({"colour\x1b": 1}, ["[0].colour\\x1b: is no key of a hook; there are name, repositories"]),
]


@pytest.mark.parametrize(("wrong", "told"), MISTAKES)
def test_a_mistake(wrong: dict[str, Any], told: list[str]) -> None:
    """Its path, what is wrong, and the remedy."""
    mistakes = _mistakes({**CI, **wrong})
    assert mistakes[0].startswith(told[0])
    assert "canary" not in "".join(mistakes)


def test_all_mistakes_at_once() -> None:
    """Of all entries."""
    wrong = {"url": "https://canary:pw@x.example.com", "name": "-", "events": [], "x": 1, "y": 2}
    mistakes = _mistakes(CI, wrong, "text", {**CI, "url": ""}, CI)
    assert [mistake.partition(":")[0] for mistake in mistakes] == [
        "[1].x",
        "[1].y",
        "[1].repositories",
        "[1].name",
        "[1].url",
        "[1].events",
        "[2]",
        "[3].url",
        "[3].name",
        "[4].name",
    ]
    assert mistakes[-1] == '[4].name: "ci" is the name of [0] too; rename one'
    assert "canary" not in "".join(mistakes)


@pytest.mark.parametrize("value", ["text", {"name": "ci"}, 7])
def test_no_list(value: Any) -> None:
    """Is one mistake."""
    with pytest.raises(ConfigError, match="bitbucket-hooks:hooks: must be a list of hooks"):
        structure(value, lambda _: Context(False, _unknown))  # noqa: FBT003


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    st.lists(
        JSON
        | st.fixed_dictionaries({}, optional=dict.fromkeys([*CI, "events", "workspace"], JSON)),
        max_size=3,
    )
)
def test_no_configuration_breaks_it(entries: list[Any]) -> None:
    """Entries, or an error of ours."""
    try:
        read = _read(*entries)
    except ConfigError as error:
        assert str(error).startswith("bitbucket-hooks:hooks")  # noqa: PT017  # either may happen
    else:
        assert len(read) == len(entries)
