"""A report to all its targets: each on its own, with whatever credentials there are."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bitbucket_hooks.api.client import Client
from bitbucket_hooks.model.credentials import AccessToken, ApiToken
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.publish import clients
from bitbucket_hooks.publish.place import PublishContext, Target, find_place
from bitbucket_hooks.publish.publishing import MAX_SUMMARY, TargetResult, publish
from bitbucket_hooks.publish.report import Annotation, Published, Render
from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN, OWNER_EMAIL, OWNER_TOKEN
from support.clocks import FakeClock
from support.rooms import Canned, canned_client
from support.sandbox import Sandbox, serve
from support.signing_proxy import SigningProxy, signing_proxy

HASH = "0123456789" * 4
NAME = "bitbucket-hooks~infra~prod"
CANARY = "canary-b5b1c0"


def report(text: str = "# Preview\n", **more: Any) -> Published:
    """Make a report that fits."""
    return long_report(lambda _: text, **more)


def long_report(render: Render, **more: Any) -> Published:
    """Make a report that folds."""
    given = {"title": "Preview of prod", "summary": "fine", "passed": True, **more}
    return Published("infra", "prod", render=render, summarise=render, **given)


@pytest.fixture
def place(sandbox: Sandbox, tmp_path: Path) -> PublishContext:
    """Give a place that offers everything."""
    number = sandbox.plant_pull_request("acme/web", HASH)
    return find_place(
        repository="acme/web",
        pull_request=number,
        commit=HASH,
        variables={"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")},
    )


@pytest.fixture
def pipeline(sandbox: Sandbox) -> PublishContext:
    """Give the place of a pull request's pipeline."""
    number = sandbox.plant_pull_request("acme/web", HASH)
    return find_place(
        variables={
            "BITBUCKET_BUILD_NUMBER": "12",
            "BITBUCKET_REPO_FULL_NAME": "acme/web",
            "BITBUCKET_COMMIT": HASH,
            "BITBUCKET_PR_ID": str(number),
        }
    )


@pytest.fixture
def proxy(sandbox_path: Path, sandbox: Sandbox) -> Iterator[SigningProxy]:
    """Give Pipelines' proxy: it signs for a sandbox that is served over real HTTP."""
    assert sandbox.path == sandbox_path
    with (
        serve(sandbox_path) as base,
        signing_proxy("http://api.bitbucket.org/2.0", base, (OWNER_EMAIL, OWNER_TOKEN)) as opened,
    ):
        yield opened


def bring(
    place: PublishContext, settings: Settings, what: Published | None = None, **more: Any
) -> tuple[list[TargetResult], list[str]]:
    """Publish, and give what became of it and the notes."""
    notes: list[str] = []
    outcome = publish(what or report(), place, settings, notes.append, clock=FakeClock(), **more)
    return outcome, notes


def texts(outcome: list[TargetResult]) -> str:
    """Give everything that a person may see of an outcome."""
    return "\n".join(str(step) for step in outcome) + repr(outcome)


def failed(outcome: list[TargetResult]) -> list[TargetResult]:
    """Give what was not done."""
    return [step for step in outcome if not step.done]


def test_everything_over_http(sandbox: Sandbox, place: PublishContext) -> None:
    """Each target is served, twice alike; ten pushes leave one of each."""
    with serve(sandbox.path) as base:
        settings = Settings(api_url=base, credentials=ApiToken(OWNER_EMAIL, OWNER_TOKEN))
        for number in range(10):
            what = report(f"# Preview {number}\n", findings=[Annotation("look")])
            outcome, notes = bring(place, settings, what)
    assert [step.target for step in outcome] == list(Target)
    assert [str(step) for step in outcome] == [
        "comment: comment 1 updated",
        f"Code Insights report: report {NAME}, 1 annotation",
        "build status: SUCCESSFUL",
        "job summary: 12 bytes",
    ]
    assert (failed(outcome), notes) == ([], [])
    assert len(sandbox.comments("acme/web", 1)) == 1
    assert len(sandbox.annotations("acme/web", HASH, NAME)) == 1
    status = sandbox.statuses("acme/web", HASH)[NAME]
    assert status["url"] == f"https://bitbucket.org/acme/web/commits/{HASH}"
    assert place.summary
    assert place.summary.read_text() == "".join(f"# Preview {n}\n" for n in range(10))


def test_a_link(sandbox: Sandbox, pipeline: PublishContext) -> None:
    """Leads to the run."""
    bring(pipeline, Settings(api_url=f"sandbox:{sandbox.path}"))
    run = "https://bitbucket.org/acme/web/pipelines/results/12"
    assert sandbox.statuses("acme/web", HASH)[NAME]["url"] == run


def test_only_what_is_wanted(sandbox: Sandbox, place: PublishContext) -> None:
    """Targets can be chosen."""
    settings = Settings(api_url=f"sandbox:{sandbox.path}")
    outcome, _ = bring(place, settings, targets={Target.COMMENT})
    assert [step.target for step in outcome] == [Target.COMMENT]
    outcome, _ = bring(place, settings, targets={Target.SUMMARY, Target.COMMENT})
    assert [step.target for step in outcome] == [Target.COMMENT, Target.SUMMARY]
    assert sandbox.reports("acme/web", HASH) == {}


def test_nowhere_to_go() -> None:
    """Is the user's mistake, and so is a target that the place lacks."""
    with pytest.raises(ConfigError, match="nowhere to bring the report"):
        bring(PublishContext(), Settings())
    with pytest.raises(ConfigError, match="Give --repository"):
        bring(PublishContext(), Settings(), targets=[Target.COMMENT])


def test_a_token_without_scope(sandbox: Sandbox, place: PublishContext) -> None:
    """What it can do is done; what it lacks is named with the remedy, and never the token."""
    token = sandbox.issue_access_token("acme/web", ["webhook", "repository:write"])
    settings = Settings(api_url=f"sandbox:{sandbox.path}", credentials=AccessToken(token))
    outcome, _ = bring(place, settings)
    (comment,) = failed(outcome)
    assert (comment.target, comment.exit_code) == (Target.COMMENT, 1)
    assert "lacks the scope pullrequest" in comment.what
    assert "pullrequest:write" in comment.remedy
    assert "not done" in str(comment)
    assert token not in texts(outcome)
    assert NAME in sandbox.reports("acme/web", HASH)


def test_a_role_that_is_too_small(sandbox: Sandbox, place: PublishContext) -> None:
    """A member comments, but sets no status; the remedy isn't the hooks' one."""
    settings = Settings(
        api_url=f"sandbox:{sandbox.path}", credentials=ApiToken(MEMBER_EMAIL, MEMBER_TOKEN)
    )
    outcome, _ = bring(place, settings)
    assert [step.target for step in failed(outcome)] == [Target.INSIGHTS, Target.STATUS]
    assert all("write access to the repository" in step.remedy for step in failed(outcome))
    assert "Webhooks" not in texts(outcome)


def test_what_is_not_there(sandbox: Sandbox) -> None:
    """A wrong number or hash: what to check."""
    place = find_place(repository="acme/web", pull_request=9, commit="f" * 40, variables={})
    outcome, _ = bring(place, Settings(api_url=f"sandbox:{sandbox.path}"))
    assert len(failed(outcome)) == 3
    assert all(
        "Check repository, commit and pull request" in step.remedy for step in failed(outcome)
    )


def test_a_service_that_is_down(sandbox: Sandbox, place: PublishContext) -> None:
    """Is the remote side's failure, and keeps nothing else from being done."""
    sandbox.plan_fault("503", "PUT", times=1000)
    outcome, _ = bring(place, Settings(api_url=f"sandbox:{sandbox.path}"))
    assert [(step.target, step.exit_code) for step in failed(outcome)] == [(Target.INSIGHTS, 2)]
    assert sandbox.comments("acme/web", 1)


def test_an_interrupt_ends_waits(sandbox: Sandbox, place: PublishContext) -> None:
    """What needs none is still done, and of the rest it is said that it was not."""
    sandbox.plan_fault("503", "GET", times=1000)
    clock = FakeClock()
    clock.stop()
    settings = Settings(api_url=f"sandbox:{sandbox.path}")
    outcome = publish(report(), place, settings, print, clock=clock)
    done = {step.target: step.done for step in outcome}
    assert done == {target: target is not Target.COMMENT for target in Target}
    assert "stopped while waiting, as asked" in texts(outcome)
    assert [step.exit_code for step in outcome if not step.done] == [2]


def test_no_credentials(place: PublishContext) -> None:
    """Outside of a pipeline nothing is asked of anybody, and the summary is written."""
    outcome, notes = bring(place, Settings(api_url="http://127.0.0.1:1/2.0"))
    assert [step.done for step in outcome] == [False, False, False, True]
    assert "no credentials are configured" in texts(outcome)
    assert notes == []


def test_pipelines_without_credentials(
    sandbox: Sandbox, pipeline: PublishContext, proxy: SigningProxy
) -> None:
    """Its proxy signs reports and statuses; a comment needs a token, and says which."""
    what = report(findings=[Annotation(f"{n}") for n in range(150)])
    outcome, notes = bring(pipeline, Settings(), what, proxies=["http://127.0.0.1:1", proxy.url])
    assert [step.done for step in outcome] == [False, True, True]
    assert failed(outcome)[0].what == "no credentials are configured for it"
    assert "pullrequest:write" in failed(outcome)[0].remedy
    assert len(sandbox.annotations("acme/web", HASH, NAME)) == 150
    assert sandbox.statuses("acme/web", HASH)[NAME]["state"] == "SUCCESSFUL"
    assert notes == []
    assert len(proxy.asked) == 5
    assert all(url.startswith("http://api.bitbucket.org/2.0/") for _, url, _ in proxy.asked)


def test_nothing_of_ours_goes_through_the_proxy(
    pipeline: PublishContext,
    proxy: SigningProxy,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A token for hooks alone is refused; the proxy is asked next, and never sees the token."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine api.bitbucket.org login me password {CANARY}\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "api.bitbucket.org")
    scopes = {"required": ["repository:write"], "granted": ["webhook"]}
    refusal = Canned(403, {"type": "error", "error": {"message": CANARY, "detail": scopes}})
    opened: list[Client] = []

    def open_canned(settings: Settings, *_: Any, **__: Any) -> Client:
        client, _adapter = canned_client(refusal, credentials=settings.credentials)
        opened.append(client)
        return client

    # the public API itself must not be asked by a test
    monkeypatch.setattr(clients, "open_client", open_canned)
    settings = Settings(credentials=AccessToken(CANARY))
    outcome, notes = bring(pipeline, settings, proxies=[proxy.url])
    assert [step.done for step in outcome] == [False, True, True]
    assert "lacks the scope repository:write" in failed(outcome)[0].what
    assert len(opened) == 1
    assert proxy.asked
    assert all("Authorization" not in headers for _, _, headers in proxy.asked)
    assert CANARY not in texts(outcome) + "".join(notes) + repr(settings)


@pytest.mark.parametrize("answers", [True, False])
def test_a_proxy_that_is_no_help(pipeline: PublishContext, answers: bool) -> None:
    """The account's own refusal is the error; that the proxy was asked is told."""
    with (
        signing_proxy("http://nothing.example.com", "", ("", "")) as other,
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):
        free = silent.getsockname()[1]
        silent.close()
        proxies = [other.url] if answers else [f"http://127.0.0.1:{free}"]
        outcome, notes = bring(pipeline, Settings(), proxies=proxies)
    assert [step.what for step in outcome] == ["no credentials are configured for it"] * 3
    assert len([note for note in notes if "own proxy is no help" in note]) == 2


def test_no_proxy_but_for_the_public_api(pipeline: PublishContext, proxy: SigningProxy) -> None:
    """Another server is not what the proxy signs for, and another machine has none."""
    outcome, _ = bring(pipeline, Settings(api_url="http://127.0.0.1:1/2.0"), proxies=[proxy.url])
    assert len(failed(outcome)) == 3
    place = find_place(repository="acme/web", commit=HASH, variables={})
    outcome, _ = bring(place, Settings(), proxies=[proxy.url])
    assert len(failed(outcome)) == 2
    assert proxy.asked == []


def summarise(path: Path, render: Render) -> list[TargetResult]:
    """Report in a step of GitHub Actions."""
    place = find_place(variables={"GITHUB_STEP_SUMMARY": str(path)})
    return bring(place, Settings(), long_report(render))[0]


@pytest.mark.parametrize(
    "text",
    ["a line\n" * 200_000, "täglich 東京\n" * 100_000, "東京\n" * 100_000 + "ab\n" * 200_000],
)
def test_the_summarys_limit(text: str, tmp_path: Path) -> None:
    """In bytes, all of a step together, wherever the wide characters are."""
    path = tmp_path / "summary.md"
    path.write_text("what the step told before\n")
    assert not failed(summarise(path, lambda limit: text[:limit]))
    assert MAX_SUMMARY / 2 < path.stat().st_size <= MAX_SUMMARY
    written = path.read_text(encoding="utf-8")
    assert written.startswith(f"what the step told before\n{text[:6]}")
    path.write_bytes(b"x" * (MAX_SUMMARY - 100))
    assert "the job summary is full" in texts(summarise(path, lambda limit: text[:limit]))


def test_a_summary_that_can_not_be_written(tmp_path: Path) -> None:
    """Is reported with the remedy."""
    said = texts(summarise(tmp_path / "nowhere" / "x", lambda _: "text"))
    assert "can't be written (No such file or directory)" in said
    assert "GITHUB_STEP_SUMMARY" in said
