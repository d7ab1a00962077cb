"""Where a report goes: the variables of pipelines, and what the user says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.publish.place import PublishContext, Target, find_place

HASH = "0123456789" * 4
OTHER = "abcdefABCD" * 4
PIPELINE = {
    "BITBUCKET_BUILD_NUMBER": "12",
    "BITBUCKET_WORKSPACE": "acme",
    "BITBUCKET_REPO_SLUG": "infra",
    "BITBUCKET_REPO_FULL_NAME": "acme/infra",
    "BITBUCKET_COMMIT": HASH,
    "BITBUCKET_PR_ID": "7",
}
GITHUB = {
    "GITHUB_STEP_SUMMARY": "/tmp/summary.md",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/mirror",
    "GITHUB_RUN_ID": "99",
    "GITHUB_SHA": OTHER,
}


def where(place: PublishContext) -> tuple[str, str, str]:
    """Give a place in short."""
    return str(place.repository), str(place.commit), str(place.pull_request)


def test_a_pull_requests_pipeline() -> None:
    """Everything is known."""
    place = find_place(variables=PIPELINE)
    assert where(place) == (
        "acme/infra",
        "acme/infra, commit 012345678901",
        "acme/infra, pull request 7",
    )
    assert place.link == "https://bitbucket.org/acme/infra/pipelines/results/12"
    assert place.in_pipelines
    assert place.run == 12
    assert place.offers() == (Target.COMMENT, Target.INSIGHTS, Target.STATUS)


def test_a_branchs_pipeline() -> None:
    """Has no pull request, so that a comment has no place."""
    place = find_place(variables={**PIPELINE, "BITBUCKET_PR_ID": ""})
    assert place.offers() == (Target.INSIGHTS, Target.STATUS)


def test_our_own_setting_is_no_place() -> None:
    """BITBUCKET_WORKSPACE alone says where hooks are; in a pipeline it may say so as well."""
    outside = {name: value for name, value in PIPELINE.items() if "BUILD" not in name}
    assert find_place(variables=outside) == PublishContext()
    inside = {**PIPELINE, "BITBUCKET_WORKSPACE": "hooks-are-here"}
    assert str(find_place(variables=inside).repository) == "acme/infra"
    del inside["BITBUCKET_REPO_FULL_NAME"]
    assert str(find_place(variables=inside).repository) == "hooks-are-here/infra"


def test_given() -> None:
    """What the user says goes first; a hash in any case."""
    place = find_place(repository="Acme/Web", commit=OTHER, pull_request=3, variables={})
    assert place.commit
    assert place.commit.hash == OTHER.lower()
    assert place.commit.page == f"https://bitbucket.org/acme/web/commits/{OTHER.lower()}"
    assert str(place.pull_request) == "acme/web, pull request 3"
    assert (place.link, place.in_pipelines) == (None, False)
    assert str(find_place(pull_request="8", variables=PIPELINE).pull_request).endswith(" 8")


def test_another_repository_than_the_pipelines() -> None:
    """Has neither its commit nor its pull request; the same one has."""
    assert find_place(repository="acme/web", variables=PIPELINE).offers() == ()
    assert len(find_place(repository="ACME/infra", variables=PIPELINE).offers()) == 3


def test_github() -> None:
    """Offers a summary; its own commit isn't one of Bitbucket's."""
    place = find_place(variables=GITHUB)
    assert place.offers() == (Target.SUMMARY,)
    assert place.summary == Path("/tmp/summary.md")
    assert place.link == "https://github.com/acme/mirror/actions/runs/99"
    both = find_place(repository="acme/web", pull_request=3, commit=HASH, variables=GITHUB)
    assert both.offers() == tuple(Target)
    assert find_place(variables={**GITHUB, "GITHUB_RUN_ID": ""}).link is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pull_request": 3}, "not its repository\nGive --repository WORKSPACE/SLUG"),
        ({"repository": "acme"}, 'the repository "acme" isn\'t WORKSPACE/SLUG'),
        ({"repository": "a/b/c"}, "isn't WORKSPACE/SLUG\nWrite it as in its address"),
        ({"repository": "a/b", "commit": "abc123"}, 'a/b: the commit "abc123" is no whole hash'),
        ({"repository": "a/b", "commit": "main"}, "Give all 40 digits: git rev-parse HEAD"),
        ({"repository": "a/b", "pull_request": "x"}, 'a/b: the pull request "x" is no number'),
        ({"repository": "a/b", "pull_request": 0}, "Give the number that stands in its address"),
    ],
)
def test_mistakes(given: dict[str, Any], message: str) -> None:
    """Each says what is wrong and what to do."""
    with pytest.raises(ConfigError) as caught:
        find_place(**given, variables={})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("place", "target", "message"),
    [
        (PublishContext(), Target.SUMMARY, "GITHUB_STEP_SUMMARY isn't set"),
        (PublishContext(), Target.COMMENT, "a comment needs a repository"),
        (PublishContext(), Target.STATUS, "a build status needs a repository"),
        (
            find_place(repository="acme/web", variables={}),
            Target.COMMENT,
            "acme/web: a comment needs a pull request, and this run has none\nGive --pull-request",
        ),
        (
            find_place(repository="acme/web", variables={}),
            Target.INSIGHTS,
            "acme/web: a Code Insights report needs a commit, and none is known\nGive --commit",
        ),
    ],
)
def test_what_a_place_lacks(place: PublishContext, target: Target, message: str) -> None:
    """Is told before anything happens."""
    with pytest.raises(ConfigError) as caught:
        place.targets([target])
    assert message in str(caught.value)
