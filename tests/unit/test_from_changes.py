"""What goes to a pull request: each finding stands on the line that a reviewer has to look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_hooks.publish.from_changes import published
from bitbucket_hooks.pulumi_cli.read import read
from bitbucket_hooks.report.build import changes_of
from support.report_runs import events, fleet, preview, root, step, urn

TEXT = """config:
  bitbucket-hooks:hooks:
    - name: ci
      url: http://ci.example.com/hook
      events:
        - repo:push
        - repo:fork
      repositories: [api, web]
    - name: chat
      url: https://chat.example.com/
      repositories: [api]
"""
FILE = "stacks/Pulumi.prod.yaml"


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a checkout with the stack's file."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: x\nstackConfigDir: stacks\n")
    (tmp_path / FILE).write_text(TEXT)
    monkeypatch.chdir(tmp_path)


def findings(text: str) -> list[tuple[str, str | None, int | None]]:
    """The findings of a run: the beginning of what each says, and where."""
    found = published(changes_of(read(text, "it")), passed=True).findings
    return [(note.summary.partition(" ")[0], note.path, note.line) for note in found]


def test_a_change_stands_on_its_property() -> None:
    """What only gains repositories, on those; what is new or gone, on the entry or nowhere."""
    url = "https://ci.example.com/hook"
    more = step("update", "HookFleet", "chat", fleet("api", url=url), fleet("api", "web", url=url))
    other = step("update", "HookFleet", "ci", fleet("a"), fleet("a", events=["repo:fork"]))
    old = step("delete", "HookFleet", "old", fleet("a"))
    text = preview(more, other, old)
    assert findings(text) == [("chat:", FILE, 11), ("ci:", FILE, 5), ("old:", None, None)]
    assert findings(preview(step("create", "HookFleet", "ci", None, fleet("a")))) == [
        ("ci:", FILE, 3)
    ]


def test_a_preview_that_was_stopped() -> None:
    """Says so in the comment, the summary of the job, the report on the commit and its status."""
    old = step("delete", "HookFleet", "ci", fleet("a"))
    text = events(root(), old, preview=True, result="canceled")
    report = published(changes_of(read(text, "it")), passed=False)
    said = "The preview was stopped; nothing is known."
    assert report.render(32_000).startswith(f"## Webhooks of prod\n\n**{said}**\n")
    assert said in report.summarise(32_000)
    assert (report.summary, report.findings, report.figures) == (said, [], ())
    assert report.stopped
    assert not published(changes_of(read(preview(), "it")), passed=True).stopped


def test_a_violation_stands_on_what_the_policy_looks_at() -> None:
    """Where the entry says nothing of that, on the entry; of a pack unknown to us, too."""
    violations = [
        {
            "policyEvent": {
                "resourceUrn": urn("HookFleet", "ci"),
                "message": "no",
                "policyName": policy,
                "enforcementLevel": "mandatory",
            }
        }
        for policy in ("https-only", "secret-required", "of-somebody-else")
    ]
    assert findings(events(root(), *violations, preview=True)) == [
        ("ci:", FILE, 4),
        ("ci:", FILE, 3),
        ("ci:", FILE, 3),
    ]


def test_a_mistake_stands_on_its_value() -> None:
    """By the path in its message."""
    said = 'bitbucket-hooks:hooks[0].events[1]: unknown event "repo:frok"'
    more = "bitbucket-hooks:hooks[1]: secretFrom and secret are both given"
    none = "bitbucket-hooks:hooks[7].url: is required"
    text = preview(diagnostics=[{"severity": "error", "message": f"{said}\n{more}\n{none}"}])
    assert [line for _, path, line in findings(text) if path == FILE] == [7, 9, 2]


def test_a_comment_says_what_it_is_of() -> None:
    """The commit and the run, should another push's report have come in between."""
    changes = changes_of(read(preview(step("delete", "Hook", "old", fleet("a"))), "it"))
    link = "https://bitbucket.org/acme/infra/pipelines/results/7"
    made = published(changes, passed=True, link=link, commit="0123456789ab" + 28 * "f")
    said = made.render(32_000)
    assert said.endswith(f"*Of the commit `0123456789ab`.*\n\n[The run that found this]({link})\n")


def test_a_comment_says_why_it_is_not_allowed() -> None:
    """First, with the remedy; else only the build status would tell."""
    changes = changes_of(read(preview(step("delete", "Hook", "old", fleet("a"))), "it"))
    made = published(changes, passed=False, refused="so many. Give --force.")
    said = made.render(32_000)
    assert "- \u274c **Not allowed**: so many. Give --force.\n" in said
    assert said.index("Not allowed") < said.index("will be deleted")
    assert made.summary == "so many. Give --force."
