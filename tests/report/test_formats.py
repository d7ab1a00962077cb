"""Each format: what it shows, how it folds, and that text from outside stays text."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from attrs import evolve
from markdown_it import MarkdownIt
from rich.console import Console

from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Desired, Observed
from bitbucket_hooks.pulumi_cli.read import read
from bitbucket_hooks.report import as_json, html, markdown, terminal
from bitbucket_hooks.report.build import changes_of
from bitbucket_hooks.report.document import Document
from bitbucket_hooks.report.findings import AdoptionFinding, Findings, Match, Near, finding
from bitbucket_hooks.report.to_document import to_document
from support.report_runs import (
    changed,
    events,
    fleet,
    great_change,
    hook,
    preview,
    reported,
    state,
    step,
    urn,
    uuid,
)

HOSTILE = (
    "<script>alert(1)</script>",
    "</details></code><img src=x onerror=alert(1)>",
    "1. one",
    "[x](javascript:alert(1)) ![x](http://evil.example.com/p.png)",
    "``` `` ` **bold** # heading | cell",
    "line\n\n# heading\n- list\n<h1>x</h1>",
    "\x1b[31mred\x1b[0m \x07\x9b2J \u202egnp\u202c \ufeff\u061c\xad\u2063\U000e0041",
    "@everyone http://evil.example.com www.evil.example.com",
    "&lt;b&gt; \\` $x$ ~~y~~",
    "`",
)


def _document(text: str, findings: Findings | None = None) -> Document:
    return to_document(changes_of(read(text, "it"), findings))


def _great() -> Document:
    return _document(*great_change())


def _hostile() -> Document:
    """A report in which everything that is shown from outside is hostile."""
    found: list[Mapping[str, Any]] = []
    for number, evil in enumerate(HOSTILE):
        props = hook(description=evil, url=f"https://e.example.com/{evil}", repository=evil)
        unmanaged = {"unmanaged": {uuid(1): evil}, "onUnmanaged": "report"}
        watched = {"inputs": unmanaged, "outputs": unmanaged}
        policy = {"message": evil, "policyName": evil, "enforcementLevel": evil}
        warning = {"severity": "warning", "message": evil, "urn": f"a::b::{evil}"}
        found += [
            step("create", "Hook", f"{evil}-{number}", None, props),
            step("update", "Hook", f"{evil}+{number}", {**props, "description": "a"}, props),
            step("create", f"{evil}:x:Y".replace("::", ":"), f"o-{number}", None, {}),
            step("same", "RepositoryHooksExclusive", f"{evil}{number}", watched, watched),
            {"diagnosticEvent": warning},
            {"policyEvent": policy},
        ]
    changes = changes_of(read(events(*found, preview=True), "it"))
    return to_document(changes, HOSTILE[0] + HOSTILE[3] + HOSTILE[7])


def _rendered(text: str) -> str:
    """What a page shows of Markdown that lets HTML through, as GitHub's does before it cleans."""
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))


@pytest.mark.parametrize("flavour", markdown.Flavour)
def test_markdown_keeps_text_text(flavour: markdown.Flavour) -> None:
    """Nothing from outside becomes a tag, a link, a picture, a heading or a mention."""
    text = markdown.render(_hostile(), flavour, limit=10**6)
    page = _Tags(_rendered(text))
    ours = {"h2", "h3", "p", "ul", "li", "strong", "code", "em"}
    assert page.names <= ours | ({"details", "summary"} if flavour.value == "github" else set())
    assert not page.attributes
    assert len(re.findall("<h3>", _rendered(text))) == len(re.findall("^### ", text, re.MULTILINE))
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    assert "@e" not in outside
    assert "http://" not in outside
    assert not _controls(text)


def test_html_keeps_text_text() -> None:
    """A page has no tag or attribute but its own, and asks for nothing from anywhere."""
    text = html.render(_hostile())
    page = _Tags(text)
    assert not page.names & {"img", "h4", "iframe", "a", "link", "object"}
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "src"]
    assert text.count("<script>") == 1
    assert "&lt;script&gt;" in text
    assert not re.search(r"(src|href|url\()\s*=?\s*[\"']?(https?:)?//", text)
    assert "default-src 'none'" in text
    assert not _controls(text)


@pytest.mark.parametrize("width", [None, 20, 60, 200])
def test_terminals_are_not_played_with(
    width: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """No control character gets through, and a terminal of any width shows the whole."""
    if width is None:
        terminal.show(_hostile())
        shown = capsys.readouterr().out
    else:
        out = io.StringIO()
        terminal.show(_hostile(), Console(file=out, width=width, highlight=False))
        shown = out.getvalue()
        assert max(map(len, shown.splitlines())) <= width
    assert "alert(1)" in "".join(shown.split())
    assert not _controls(shown)


def test_a_terminal_has_colours() -> None:
    """Deletions stand out in red, on a terminal alone."""
    out = io.StringIO()
    console = Console(
        file=out, width=80, highlight=False, force_terminal=True, color_system="standard"
    )
    terminal.show(_great(), console)
    assert "\x1b[1;31m-\x1b[0m" in out.getvalue()
    assert "\x1b" not in reported(great_change()[0]).stdout


@pytest.mark.parametrize(
    "words", ["gone", "url https://other-{}.example.com/", "as declared (not checked: x{} is down)"]
)
def test_a_terminal_shows_few_of_many(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whether the same is wrong everywhere, or something else in each place; --wide shows all."""
    odd = (f"svc-{number:03}={words.format(number)}" for number in range(500))
    drifted = step("same", "HookFleet", "ci", state(fleet(*odd)), state(fleet(*odd)))
    document = _document(preview(drifted, refreshed=True))
    terminal.show(document)
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) < 40
    assert re.search(r"… and 4\d\d more", shown)
    terminal.show(document, wide=True)
    everything = capsys.readouterr().out
    assert all(f"svc-{number:03}" in everything for number in range(500))


def test_a_terminal_shows_few_of_many_declarations(capsys: pytest.CaptureFixture[str]) -> None:
    """Single hooks, each with something else that is wrong."""
    terminal.show(
        _document(
            preview(
                *(
                    step(
                        "create", "Hook", f"ci-{number}", None, hook(url=f"https://x{number}.com/")
                    )
                    for number in range(500)
                )
            )
        )
    )
    shown = capsys.readouterr().out
    assert "… and 400 more declarations" in shown
    assert len(shown.splitlines()) < 300


def test_a_great_change_is_a_comment() -> None:
    """1,200 creations, 300 updates, 40 deletions and 5 adoptions fit; what counts is first."""
    for flavour in markdown.Flavour:
        text = markdown.render(_great(), flavour)
        assert len(text) < 32_000
        head = text[:500]
        assert "40 hooks to delete, 300 to change, 1,200 to create, 5 to adopt" in head
        assert "**40 hooks will be deleted**: **`legacy`**" in head
        assert "**Certificate check switched off**: **`audit`**" in head
        assert "**1,200 repositories** of `acme`" in text
        assert "- gains `repo:deleted`" in text
    assert "… and 1,190 more" in text
    assert "`acme/legacy-39`" in text, "of what is deleted, every name is there"
    assert len(text) < 3_000, "in Bitbucket nothing unfolds, so it is short"


def test_github_unfolds_names() -> None:
    """Every one of the names is in the comment, folded."""
    text = markdown.render(_great())
    assert "<details><summary>1,200 repositories</summary>" in text
    assert "acme/svc-1204</details>" in text
    assert "<p>" not in _rendered(text).partition("<h3>")[2], "the lists are tight"


def test_a_link_to_the_run() -> None:
    """Where it comes from is said; the address can't break out of its link."""
    text = markdown.render(
        _great(), markdown.Flavour.BITBUCKET, more="https://r.example.com/a b)(x"
    )
    assert text.endswith("\n\n[The run that found this](https://r.example.com/a%20b%29%28x)\n")


@cache
def _many() -> Document:
    """300 hooks that go and 300 fleets that change, each in its own way."""
    old = {n: hook(url=f"https://{n}.example.com/") for n in range(300)}
    pair = fleet("a", "b")
    new = {n: fleet("a", "b", active=False, url=f"https://{n}/") for n in range(300)}
    return _document(
        preview(
            *(step("delete", "Hook", f"old-{n}", old[n]) for n in old),
            *(step("update", "HookFleet", f"ci-{n}", pair, new[n]) for n in new),
        )
    )


@pytest.mark.parametrize("limit", [120, 900, 2_000, 40_000, 10**7])
@pytest.mark.parametrize("flavour", markdown.Flavour)
def test_markdown_folds_to_fit(flavour: markdown.Flavour, limit: int) -> None:
    """Whatever the limit, the report keeps to it, and what counts most is still there."""
    text = markdown.render(_many(), flavour, limit=limit)
    assert len(text) <= limit
    assert "300 hooks to delete, 600 to change" in text
    if 900 <= limit < 10**6:
        assert "**300 hooks will be deleted**" in text
        assert re.search(r"… and [\d,]+ more", text)
    assert text.count("<details>") == text.count("</details>")


def test_html_shows_and_folds() -> None:
    """All is in the page: figures, warnings first, every name in a fold, and a filter."""
    text = html.render(_great())
    page = _Tags(text)
    assert text.index("Look at this first") < text.index(">Deleted ")
    assert page.texts["summary"] == ["40 repositories", "300 repositories", "1,200 repositories"]
    assert "acme/svc-1204" in page.texts["code"]
    assert ("dd", "1,200") in page.flow
    assert ("lang", "en") in page.attributes
    assert ("type", "search") in page.attributes
    labelled = [value for name, value in page.attributes if name == "aria-labelledby"]
    assert set(labelled) <= {value for name, value in page.attributes if name == "id"}


def test_json_has_its_shape() -> None:
    """Programs get the numbers, and every hook with its places."""
    shown = json.loads(reported(great_change()[0], "--format", "json").stdout)
    assert (shown["version"], shown["stack"], shown["exitCode"]) == (1, "prod", 3)
    assert shown["run"] == {
        "kind": "update",
        "preview": True,
        "refreshed": True,
        "ended": True,
        "failed": False,
        "seconds": None,
        "turn": None,
    }
    counts = shown["counts"]
    assert (counts["created"], counts["updated"], counts["deleted"]) == (1205, 300, 40)
    assert (counts["known"], counts["lost"], counts["unmanagedDeleted"]) == (341, 40, 0)
    by_name = {found["name"]: found for found in shown["hooks"]}
    assert by_name["ci"]["secret"] == "env:CI_HOOK_SECRET"
    assert by_name["audit"]["cautions"] == ["certificate"]
    assert by_name["audit"]["properties"][0] == {
        "name": "url",
        "old": "https://audit.example.com/v1",
        "new": "https://audit.example.com/v2",
    }
    assert by_name["audit"]["properties"][-1] == {
        "name": "events",
        "gained": ["repo:deleted"],
        "lost": [],
    }
    assert by_name["chat"]["drift"] == [
        {"what": "active false", "places": ["acme/web"], "fate": "repaired"},
        {"what": "gone", "places": ["acme/docs"], "fate": "repaired"},
    ]
    assert len(by_name["legacy"]["deleted"]) == 40


def test_json_of_everything() -> None:
    """Adoptions, doubts, moves and unmanaged hooks are in it too."""
    watch = {"inputs": {}, "outputs": {"unmanaged": {uuid(1): "acme/api x"}, "existing": 3}}
    text = preview(
        step("create", "HookFleet", "ci", None, fleet("a", "b")),
        step("create", "Hook", "new", None, hook(url="https://n.example.com/")),
        step("delete", "Hook", "old", hook(url="https://n.example.com/")),
        step("same", "RepositoryHooksExclusive", "only", watch, watch),
        step("create", "x:y:Z", "other", None, {}),
    )
    key = urn("HookFleet", "ci")
    findings = {
        (key, "acme/a"): AdoptionFinding((Match(uuid(1), ("active false => true",)),)),
        (key, "acme/b"): AdoptionFinding((Match(uuid(2)), Match(uuid(3)))),
    }
    shown = json.loads(json.dumps(as_json.render(changes_of(read(text, "it"), findings))))
    ci, new, _ = shown["hooks"]
    assert ci["adopted"] == {"acme/a": {"uuid": uuid(1), "changes": ["active false => true"]}}
    assert [match["uuid"] for match in ci["ambiguous"]["acme/b"]] == [uuid(2), uuid(3)]
    assert new["moves"] == [{"from": "old", "places": ["acme/web"], "whole": True}]
    assert shown["exclusives"][0]["unmanaged"][0]["told"] == "acme/api x"
    assert shown["others"] == [{"type": "x:y:Z", "op": "create", "names": ["other"]}]


def test_what_adoption_changes_is_told_without_secrets() -> None:
    """A live hook's differences from a declaration, its urls as far as they may be shown."""
    desired = Desired(Subject("acme", "web"), "https://ci.example.com/?t=canary", secret="canary")
    live = Observed(
        uuid=uuid(1),
        url="https://ci.example.com/p?t=canary",
        description="CI",
        active=False,
        events=("repo:push",),
    )
    (match,) = finding(desired, [live]).matches
    assert match == Match(
        uuid(1),
        (
            'url "https://ci.example.com/p?…" => "https://ci.example.com/?…"',
            "active false => true",
            "secret set",
        ),
    )
    (hidden,) = finding(desired, [live], hide_url=True).matches
    assert hidden.changes[0] == "url changed behind https://ci.example.com/…"
    bare = Desired(Subject("acme", "web"), "https://ci.example.com/", active=False, secret="")
    signed = evolve(live, url=bare.url, description=None, secret_set=True)
    assert finding(bare, [signed]).matches[0].changes == ("secret removed",)
    assert finding(bare, []) == AdoptionFinding()
    unmanaged = Desired(Subject("acme", "web"), "https://ci.example.com/", active=False)
    assert finding(unmanaged, [signed]).matches[0].changes == ()


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (
            AdoptionFinding(),
            (
                "1 hook to create, 1 to adopt",
                f"will be adopted on `acme/a` `{uuid(1)}`; nothing changes on it",
                "to be created on `acme/b`",
            ),
        ),
        (
            None,
            (
                "1 hook to create or adopt, 1 to adopt",
                "Not looked for: 1 new hook (of a secret url, or more than `--look` says)",
            ),
        ),
        (
            AdoptionFinding((Match(uuid(2)), Match(uuid(3)))),
            (
                "Several live hooks match a new one, so the update will be refused",
                f"`acme/b` has 2 live hooks that match, so the update will be refused: `{uuid(2)}`",
            ),
        ),
        (
            AdoptionFinding(near=(Near(uuid(2), "the same host"),)),
            (
                "**Live hooks may be the same as new ones**: **`ci`**; if they are, declare",
                f"`acme/b` has `{uuid(2)}`, which may be the same: the same host",
            ),
        ),
    ],
)
def test_new_hooks_that_somebody_looked_for(
    found: AdoptionFinding | None, lines: tuple[str, ...]
) -> None:
    """A preview says which of them are adopted, and no longer that it can't tell."""
    text = preview(step("create", "HookFleet", "ci", None, fleet("a", "b")), refreshed=True)
    key = urn("HookFleet", "ci")
    findings = {(key, "acme/a"): AdoptionFinding((Match(uuid(1)),))}
    if found:
        findings[key, "acme/b"] = found
    said = markdown.render(_document(text, findings))
    assert [line for line in lines if line not in said] == [], said
    assert "can't tell" not in said


def test_a_resource_of_a_long_name_and_value() -> None:
    """What is endless is cut, so that it can't push the rest out of a comment."""
    endless = "x" * 40_000
    text = preview(
        step("update", "Hook", "ci", hook(), hook(description=endless), **changed("description")),
        step("delete", "Hook", "old", state(hook(repository="old"))),
    )
    said = markdown.render(_document(text))
    assert len(said) < 2_000
    assert "1 hook will be deleted" in said


def _controls(text: str) -> list[str]:
    ours = "\n\u200b"  # the second keeps Markdown from linking
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in ours]


class _Tags(HTMLParser):
    """The elements of a page, their attributes and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str, list[str]] = {}
        self.flow: list[tuple[str, str]] = []
        self._tag = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs
        self._tag = tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._tag, []).append(data)
        self.flow.append((self._tag, data))
        self._tag = ""
