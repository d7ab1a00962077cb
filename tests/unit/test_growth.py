"""Work on twice as many hooks is twice the work: reads of what is listed are counted, no time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import define

from bitbucket_hooks.model.notes import NoteKind
from bitbucket_hooks.pulumi_cli.run import Kind, Run
from bitbucket_hooks.stack.entries import Draft
from bitbucket_hooks.stack.selection import Selection


@define
class Counted:
    """Attributes of something, with how often any of them was read."""

    answers: dict[str, Any]
    reads: list[str]

    def __getattr__(self, name: str) -> Any:
        """Count, and answer."""
        self.reads.append(name)
        return self.answers[name]


def _named_one_by_one(size: int) -> int:
    """An entry that names every repository, and every tenth to leave out."""
    reads: list[str] = []
    slugs = [f"svc-{number}" for number in range(size)]
    listed: list[Any] = [
        Counted({"slug": slug, "uuid": f"{{{slug}}}", "project": "SVC"}, reads) for slug in slugs
    ]
    keys = ("repositories", "exclude")
    values = {"owner": "acme", "repositories": slugs, "exclude": [f"{{{s}}}" for s in slugs[::10]]}
    draft = Draft("hooks[0]", values, {key: f"hooks[0].{key}" for key in keys})
    assert len(Selection(draft).choose(listed).slugs) == size - len(slugs[::10])
    return len(reads)


def _adopted_one_by_one(size: int) -> int:
    """A report that asks of each hook what was noted about it."""
    reads: list[str] = []
    notes: list[Any] = [
        Counted({"kind": NoteKind.ADOPTED, "urn": f"urn-{n}", "values": {"key": n}}, reads)
        for n in range(size)
    ]
    run = Run(Kind.UPDATE, planned=False, notes=tuple(notes))
    found = [run.notes_about(NoteKind.ADOPTED, f"urn-{n}") for n in range(size)]
    assert found == [[{"key": n}] for n in range(size)]
    assert run.notes_about(NoteKind.ADOPTED, "another") == []
    return len(reads)


@pytest.mark.parametrize("work", [_named_one_by_one, _adopted_one_by_one])
def test_work_grows_as_the_hooks_do(work: Callable[[int], int]) -> None:
    """It doesn't look at all of them for each of them."""
    assert work(200) <= 2 * work(100) + 100
