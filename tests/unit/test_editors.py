"""What an editor tells of a stack's file: the YAML language server finds the schema by itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from support.engine import ROOT
from support.language_server import LanguageServer, language_server

_FIRST_LINE: Final = (ROOT / "stacks" / "dev.yaml").read_text().splitlines()[0]
_FILE: Final = f"""{_FIRST_LINE}
config:
  bitbucket-hooks:hooks:
    - name: ci
      url: https://ci.example.com/
      events: [repo:push]
"""


@pytest.fixture(scope="module")
def server() -> Iterator[LanguageServer]:
    """A language server."""
    with language_server() as started:
        yield started


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A stack's file beside the schema."""
    shutil.copy(ROOT / "stacks" / "stack.schema.json", tmp_path)
    return tmp_path / "Pulumi.dev.yaml"


def test_a_key_is_completed(server: LanguageServer, stack: Path) -> None:
    """With what it is for."""
    server.diagnostics(stack, f"{_FILE}      hist\n")
    found = server.at("textDocument/completion", stack, 6, 10)["items"]
    (item,) = (item for item in found if item["label"] == "historyEnabled")
    assert "Whether Bitbucket keeps a history" in json.dumps(item)


def test_an_event_is_completed(server: LanguageServer, stack: Path) -> None:
    """By the bundled list."""
    server.diagnostics(stack, _FILE.replace("[repo:push]", "[repo:pu]"))
    found = server.at("textDocument/completion", stack, 5, 22)["items"]
    assert "repo:push" in [item["label"] for item in found]


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        (4, ["receives deliveries", "https://ci.example.com/bitbucket"]),
        (5, ["globs over them", "pullrequest:*"]),
    ],
)
def test_a_key_is_explained(
    server: LanguageServer, stack: Path, line: int, texts: list[str]
) -> None:
    """What it is, and examples."""
    assert server.diagnostics(stack, _FILE) == []
    shown = server.at("textDocument/hover", stack, line, 8)["contents"]["value"].replace("\\", "")
    assert [text for text in texts if text not in shown] == [], shown


def test_a_wrong_event(server: LanguageServer, stack: Path) -> None:
    """Is an error, where it is written, with the events that there are."""
    (problem,) = server.diagnostics(stack, _FILE.replace("repo:push", "push"))
    assert (problem["severity"], problem["range"]["start"]["line"]) == (1, 5)
    assert "repo:push" in problem["message"]


@pytest.mark.parametrize("event", ["repo:a_new_one", "repo:*"])
def test_an_event_that_may_be_new(server: LanguageServer, stack: Path, event: str) -> None:
    """Is none, and a glob is none."""
    assert server.diagnostics(stack, _FILE.replace("repo:push", f'"{event}"')) == []


@pytest.mark.parametrize("name", ["dev.yaml", "Pulumi.prod.yaml", "Pulumi.staging.yaml"])
def test_the_living_examples(server: LanguageServer, name: str) -> None:
    """Are fine."""
    file = ROOT / "stacks" / name
    assert server.diagnostics(file, file.read_text()) == []


def test_where_editors_get_the_schema() -> None:
    """By the catalogue of schemas, and by the first line of the template's stack."""
    entry = json.loads((ROOT / "stacks" / "schema-store.json").read_text())
    assert entry["url"].endswith("/stacks/stack.schema.json")
    assert entry["url"] in (ROOT / "template" / "Pulumi.dev.yaml").read_text()
