"""A webhook as desired and as observed: what sets them apart, and what a write says."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bitbucket_hooks.model.rules import canonical_events
from bitbucket_hooks.model.subject import Subject, canonical_uuid, is_slug
from bitbucket_hooks.model.webhook import (
    Desired,
    Observed,
    differences,
)

UUID = "{00000000-0000-4000-8000-00000000000a}"
URL = "https://ci.example.com/"
DESIRED = Desired(Subject("acme", "web"), URL)
LIVE = Observed(
    uuid=UUID,
    url=URL,
    description="",
    active=True,
    events=("repo:push",),
    skip_cert_verification=False,
)


def test_equal_hooks_do_not_differ() -> None:
    """In spelling and order they may."""
    assert differences(evolve(DESIRED, url="https://CI.example.com:443"), LIVE) == ()
    live = evolve(LIVE, events=("repo:push", "issue:created"))
    assert differences(evolve(DESIRED, events=("issue:created", "repo:push") * 2), live) == ()


def test_what_is_not_managed_or_not_known_does_not_differ() -> None:
    """A title, a log switch and a secret that nobody declared, and what an answer lacks."""
    live = evolve(LIVE, description="x", history_enabled=True, secret_set=True)
    assert differences(DESIRED, live) == ()
    desired = evolve(DESIRED, history_enabled=True)
    assert differences(desired, evolve(LIVE, skip_cert_verification=None)) == ()


def test_a_match_has_the_url_and_the_title_if_any() -> None:
    """Without a declared title the url is enough."""
    titled = evolve(LIVE, description="CI")
    assert DESIRED.matches(titled)
    assert evolve(DESIRED, description="CI").matches(titled)
    assert not evolve(DESIRED, description="").matches(titled)
    assert not DESIRED.matches(evolve(LIVE, url=f"{URL}x"))


def test_what_an_answer_lacks_is_what_was_written() -> None:
    """Missing properties are no drift; those that it has count."""
    desired = evolve(DESIRED, skip_cert_verification=True, history_enabled=True)
    lacking = evolve(LIVE, skip_cert_verification=None, history_enabled=None)
    done = lacking.completed(desired)
    assert (done.skip_cert_verification, done.history_enabled) == (True, True)
    assert LIVE.completed(desired).skip_cert_verification is False


@given(st.lists(st.sampled_from("abc")))
def test_events_are_a_set(events: list[str]) -> None:
    """Sorted and unique, whatever the order."""
    assert canonical_events(events) == canonical_events([*reversed(events), *events])


def test_subjects_compare_without_case() -> None:
    """And say what they are."""
    assert Subject("Acme", "Web") == Subject("acme", "web")
    assert [str(Subject("Acme", "Web")), str(Subject("Acme"))] == ["acme/web", "workspace acme"]
    assert [Subject("a", "b").kind, Subject("a").kind] == ["repository", "workspace"]


def test_uuids_are_written_as_the_service_does() -> None:
    """Lower case, in braces; anything else is none."""
    assert canonical_uuid(f" {UUID[1:-1].upper()} ") == UUID
    with pytest.raises(ValueError, match="is no UUID"):
        canonical_uuid("x")


@given(st.text())
def test_a_slug_needs_no_escaping(text: str) -> None:
    """Whatever passes as one can't leave its place in a path."""
    if is_slug(text):
        assert not set(text) & set("/?#%\\ \n")
        assert text not in (".", "..")
