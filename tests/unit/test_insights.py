"""Code Insights reports and build statuses: what is too much is folded, never refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bitbucket_hooks.api.commits import Commit, CommitApi
from bitbucket_hooks.api.errors import Refused, UnexpectedAnswer
from bitbucket_hooks.connect import open_client
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.publish.insights import key_of, put_report, put_status
from bitbucket_hooks.publish.report import Annotation, Published, Severity
from bitbucket_hooks.report.document import Figure, Mark
from support.clocks import FakeClock
from support.rooms import Canned, canned_client
from support.sandbox import Sandbox

HASH = "0123456789" * 4
WHERE = Commit(Subject("acme", "web"), HASH)
LINK = "https://ci.example.com/run/1"
NAME = "bitbucket-hooks~infra~prod"


def report(project: str = "infra", stack: str = "prod", **more: Any) -> Published:
    """Make a report with little in it."""
    little = {"title": "Preview of prod", "summary": "3 hooks change", "passed": True}
    return Published(
        project, stack, render=lambda _: "", summarise=lambda _: "", **{**little, **more}
    )


@pytest.fixture
def api(sandbox: Sandbox, clock: FakeClock) -> Iterator[CommitApi]:
    """Give the API, and a commit."""
    sandbox.plant_commit("acme/web", HASH)
    settings = Settings(api_url=f"sandbox:{sandbox.path}")
    client = open_client(settings, print, clock=clock)
    yield CommitApi(client)
    client.close()


def shown(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Give what hangs on the report."""
    return sandbox.annotations("acme/web", HASH, NAME)


def test_a_report(api: CommitApi, sandbox: Sandbox) -> None:
    """Every field arrives."""
    figures = [Figure(Mark.ADD, 3, "to create"), Figure(Mark.DELETE, 5, "to delete")]
    finding = Annotation(
        "certificate checks are off", "for ci", Severity.HIGH, path="stacks/a.yaml", line=7
    )
    put_report(
        api, WHERE, report(details="more", figures=figures, findings=[finding], passed=False), LINK
    )
    found = sandbox.reports("acme/web", HASH)[NAME]
    assert (found["title"], found["result"], found["link"]) == ("Preview of prod", "FAILED", LINK)
    assert (found["details"], found["reporter"]) == ("3 hooks change\nmore", "bitbucket-hooks")
    assert found["data"] == [
        {"title": "to create", "type": "NUMBER", "value": 3},
        {"title": "to delete", "type": "NUMBER", "value": 5},
    ]
    (annotation,) = shown(sandbox)
    assert (
        annotation.items()
        >= {
            "external_id": f"{NAME}-0001",
            "path": "stacks/a.yaml",
            "line": 7,
            "severity": "HIGH",
            "summary": "certificate checks are off",
            "details": "for ci",
            "result": "FAILED",
            "annotation_type": "BUG",
        }.items()
    )


def test_the_second_run_replaces_the_first(api: CommitApi, sandbox: Sandbox) -> None:
    """Annotations of the earlier run don't stay, and another stack's are left alone."""
    other = report(stack="staging", findings=[Annotation("theirs")])
    put_report(api, WHERE, other, LINK)
    put_report(api, WHERE, report(findings=[Annotation(f"old {n}") for n in range(3)]), LINK)
    put_report(api, WHERE, report(findings=[Annotation("new", failed=False)]), LINK)
    assert [finding["summary"] for finding in shown(sandbox)] == ["new"]
    assert shown(sandbox)[0]["result"] == "PASSED"
    assert sandbox.reports("acme/web", HASH)[NAME]["result"] == "PASSED"
    theirs = sandbox.annotations("acme/web", HASH, "bitbucket-hooks~infra~staging")
    assert [finding["summary"] for finding in theirs] == ["theirs"]


def test_too_many_findings(api: CommitApi, sandbox: Sandbox) -> None:
    """1,500 become 1,000 in calls of 100: the gravest, and one for the rest; 1,000 stay 1,000."""
    whole = [f"{n}" for n in range(1000)]
    put_report(api, WHERE, report(findings=[Annotation(text) for text in whole]), LINK)
    assert [finding["summary"] for finding in shown(sandbox)] == whole
    sandbox.clear_requests()
    findings = [Annotation(f"low {n}", severity=Severity.LOW) for n in range(1450)]
    findings += [Annotation(f"grave {n}", severity=Severity.CRITICAL) for n in range(50)]
    assert put_report(api, WHERE, report(findings=findings), LINK).endswith("1,000 annotations")
    found = shown(sandbox)
    assert [finding["summary"] for finding in found[:50]] == [f"grave {n}" for n in range(50)]
    assert len(found) == 1000
    assert found[-1]["summary"] == "and 501 more findings"
    assert found[-1]["details"].startswith("low 949\nlow 950\n")
    assert found[-1]["details"].endswith("\n(more is left out)")
    assert [request.method for request in sandbox.requests()].count("POST") == 10


def test_long_texts(api: CommitApi, sandbox: Sandbox) -> None:
    """Lines end in an ellipsis, details at the end of a line; what has no words gets some."""
    findings = [Annotation("x\n" * 500, "a line\n" * 500), Annotation(" ", "\ud800", path="a.yaml")]
    figures = [Figure(Mark.ADD, 7, label) for label in (*(f"f{n}" for n in range(10)), "late")]
    made = report(title="t" * 900, details="words\n" * 30, figures=figures, findings=findings)
    put_report(api, WHERE, made, "https://ci.example.com/" + "x" * 900)
    found = sandbox.reports("acme/web", HASH)[NAME]
    assert found["title"] == "t" * 449 + "…"
    assert found["details"].endswith("words\n\nlate: 7")
    assert len(found["data"]) == 10
    assert "link" not in found
    long, empty = shown(sandbox)
    assert len(long["summary"]) == 450
    assert long["details"].endswith("a line\n(more is left out)")
    assert len(long["details"]) <= 2000
    assert (empty["summary"], empty["details"]) == ("(no words)", "?")
    assert (empty["path"], "line" in empty) == ("a.yaml", False)


@pytest.mark.parametrize("fault", ["drop-after", "502-after", "drop-before", "truncated"])
def test_lost_answers(api: CommitApi, sandbox: Sandbox, fault: Any) -> None:
    """Everything may be said twice: nothing is doubled, and nothing lost."""
    for method in ("DELETE", "PUT", "POST"):
        sandbox.plan_fault(fault, method)
    put_report(api, WHERE, report(findings=[Annotation("one"), Annotation("two")]), LINK)
    assert [finding["summary"] for finding in shown(sandbox)] == ["one", "two"]
    sandbox.plan_fault(fault, "POST")
    put_status(api, WHERE, report(), LINK)
    assert len(sandbox.statuses("acme/web", HASH)) == 1


@pytest.mark.parametrize("say", [put_status, put_report])
def test_a_page_in_between(api: CommitApi, sandbox: Sandbox, say: Callable[..., str]) -> None:
    """Did nothing, and isn't taken for success."""
    sandbox.plan_fault("html", "POST")
    with pytest.raises(UnexpectedAnswer, match="an HTML page"):
        say(api, WHERE, report(findings=[Annotation("one")]), LINK)


def test_a_refusal_tells_the_services_words(clock: FakeClock) -> None:
    """Code Insights has a form of its own for them."""
    body = {"code": 400, "message": "Bulk upload supports a maximum of /100 annotations."}
    client, _ = canned_client(Canned(400, body), clock)
    with pytest.raises(Refused, match=r"400 .Bulk upload supports a maximum"):
        CommitApi(client).put_status(WHERE, {})


@pytest.mark.parametrize(("passed", "state"), [(True, "SUCCESSFUL"), (False, "FAILED")])
def test_a_status(api: CommitApi, sandbox: Sandbox, passed: bool, state: str) -> None:
    """One per stack, overwritten by each run."""
    put_status(api, WHERE, report(passed=not passed, summary="x" * 400), LINK)
    assert put_status(api, WHERE, report(passed=passed), LINK) == state
    ((key, found),) = sandbox.statuses("acme/web", HASH).items()
    assert key == NAME
    assert (found["state"], found["name"], found["url"]) == (state, "Preview of prod", LINK)
    assert found["description"] == "3 hooks change"
    assert put_status(api, WHERE, report(passed=False, stopped=True), LINK) == "STOPPED"


@pytest.mark.parametrize(
    ("project", "stack"),
    [("infra", "a-stack-with-a-very-long-name-indeed"), ("infra", "org/prod"), ("infra", "prod é")],
)
@pytest.mark.parametrize("say", [put_status, put_report])
def test_names_that_do_not_fit(
    api: CommitApi, sandbox: Sandbox, project: str, stack: str, say: Callable[..., str]
) -> None:
    """Too long, or of characters that an address can't hold: hashed, and taken."""
    say(api, WHERE, report(project, stack), LINK)
    there = {**sandbox.statuses("acme/web", HASH), **sandbox.reports("acme/web", HASH)}
    (name,) = there
    assert name == key_of(project, stack)
    assert len(name) == 40


def test_names_are_told_apart() -> None:
    """Wherever the line between project and stack runs."""
    pairs = [("a", "b-c"), ("a-b", "c"), ("a" * 40, "b"), ("a" * 40, "c"), ("a" * 39, "ab")]
    assert len({key_of(*pair) for pair in pairs}) == len(pairs)
