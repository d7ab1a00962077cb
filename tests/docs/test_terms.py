"""One word for each thing: nothing that a user reads has a word that the table rules out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from docs._collected import messages
from docs._terms import TERMS, prose, terms, uses

import bitbucket_hooks
from bitbucket_hooks.cli import main
from bitbucket_hooks.model.events import KEYS
from bitbucket_hooks.model.sync_status import Sync
from bitbucket_hooks.stack.config import STACK_KEYS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "resources" / "bitbucket_hooks"
PAGES = sorted(
    {*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("template/*.md")} - {TERMS}
)
PULUMIS = ("pulumi", "pulumi up", "id")


def said_of(where: str, text: str) -> list[str]:
    """What is wrong with the words of a text."""
    return [f"{where}:{line}: {word!r}; say {term.name}" for line, word, term in uses(text)]


def commands(command: click.Command, way: str = "bitbucket-hooks") -> Iterator[tuple[str, str]]:
    """Give what each command's help says, options included."""
    options = [one.help or "" for one in command.params if isinstance(one, click.Option)]
    yield way, "\n".join([command.help or "", command.short_help or "", *options])
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from commands(each, f"{way} {name}")


def docstrings() -> Iterator[tuple[str, str]]:
    """Give what the package says of itself."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for one in ast.walk(ast.parse(path.read_text("utf-8"))):
            match one:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    yield f"{path.relative_to(ROOT)}:{one.lineno}", text


def test_the_table_is_whole() -> None:
    """Each term once, with a meaning; none is ruled out by another."""
    names = [name.strip() for term in terms() for name in term.name.split(",")]
    assert len(names) > 60
    assert len(names) == len(set(names))
    assert [one.name for one in terms() if not one.meaning] == ["repository"]
    ruled_out = {word for term in terms() for word in term.ruled_out}
    assert len(ruled_out) > 60
    assert ruled_out & set(names) == set()


def test_the_table_names_what_there_is() -> None:
    """Events, keys, names, files and sync statuses."""
    shown = set(re.findall(r"`([^`]+)`", TERMS.read_text("utf-8")))
    files = {one for one in shown if "/" in one and (ROOT / one).is_file()}
    rooms = {path.stem for path in PACKAGE.iterdir()}
    keys = {f"bitbucket-hooks:{key}" for key in STACK_KEYS}
    known = {
        *KEYS,
        *bitbucket_hooks.__all__,
        *rooms,
        *keys,
        *(sync.value for sync in Sync),
        *PULUMIS,
    }
    assert len(shown) > 8
    assert shown - known - files - {"Pulumi.STACK.yaml"} == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It takes over the hook.", ["takes over"]),
        ("Hooks are taken\nover.", ["taken\nover"]),
        ("A Callback, two subscriptions", ["Callback", "subscriptions"]),
        ("an event `repo:push`, with repo:push too, of [x](https://repo/quota)", []),
        ("```\nquota\n```\n", []),
    ],
)
def test_words_are_found(text: str, found: list[str]) -> None:
    """In any case and number, over the ends of lines; not in code and addresses."""
    assert [word for _, word, _ in uses(prose(text))] == found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages(page: Path) -> None:
    """The handbook, and what stands beside it."""
    assert said_of(page.name, prose(page.read_text("utf-8"))) == []


def test_help_of_commands() -> None:
    """What `--help` says."""
    told = dict(commands(main))
    assert len(told) > 20
    assert [one for way, text in told.items() for one in said_of(way, prose(text))] == []


def test_messages() -> None:
    """Errors, warnings and notes, with their remedies."""
    told = [(one.place, prose(f"{one.text}\n{one.remedy}")) for one in messages()]
    assert [one for place, text in told for one in said_of(place, text)] == []


def test_docstrings() -> None:
    """Of every module, class, function and attribute: the public ones are the reference."""
    told = list(docstrings())
    assert len(told) > 1000
    assert [one for place, text in told for one in said_of(place, prose(text))] == []
