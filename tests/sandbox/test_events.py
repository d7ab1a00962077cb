"""The bundled catalogue and its suggestions."""

from __future__ import annotations

import pytest

from bitbucket_hooks.model.events import (
    CATALOGUE,
    KEYS,
    catalogue,
    suggest,
)


def test_catalogue() -> None:
    """The 29 keys of the public description, each once."""
    assert len(CATALOGUE) == len(KEYS) == 29
    assert {"repo:push", "pullrequest:push", "pipeline:span_created", "project:updated"} < KEYS
    assert catalogue("workspace") == catalogue("repository") == CATALOGUE
    assert all(event.category and event.label and event.description for event in CATALOGUE)


def test_subject_types() -> None:
    """Users and teams are gone."""
    assert catalogue("team") == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("unknown", "meant"),
    [
        ("pullrequest:merge", "pullrequest:fulfilled"),
        ("pullrequest:merged", "pullrequest:fulfilled"),
        ("pullrequest:declined", "pullrequest:rejected"),
        ("pullrequest:comment", "pullrequest:comment_created"),
        ("issue:comment", "issue:comment_created"),
        ("push", "repo:push"),
        ("repo:pushed", "repo:push"),
        ("repository:push", "repo:push"),
        ("Pull Request/Merged", "pullrequest:fulfilled"),
        ("pr.opened", "pullrequest:created"),
        ("pullrequest:changes-request-created", "pullrequest:changes_request_created"),
        ("merge", "pullrequest:fulfilled"),
    ],
)
def test_suggestions(unknown: str, meant: str) -> None:
    """The likeliest comes first."""
    found = suggest(unknown)
    assert found[0] == meant
    assert len(found) <= 3


def test_nothing_to_suggest() -> None:
    """Nonsense gets no answer, and only known keys are suggested."""
    assert suggest("xyzzy") == []
    assert suggest("pullrequest:merge", ["repo:push"]) == []
