"""Whatever JSON the service answers: one of our errors or a right result, never anything else."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.model.errors import HooksError
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Desired, Observed, SecretChange
from support.rooms import Canned, canned_client

WEB = Subject("acme", "web")
DESIRED = Desired(WEB, "https://ci.example.com/", secret="canary-2")
UUID = "{00000000-0000-4000-8000-00000000000a}"

HALVES = st.text(st.characters(codec=None, categories=["Cs", "L", "Cc"]), max_size=5)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | HALVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "uuid": st.just(UUID) | st.just(UUID.strip("{}").upper()),
    "url": st.just("https://ci.example.com/") | st.text(max_size=9) | HALVES,
    "description": st.none() | st.text(max_size=9) | HALVES,
    "active": st.booleans(),
    "events": st.lists(st.sampled_from(["repo:push", "x"]) | HALVES),
    "secret_set": st.booleans(),
    "skip_cert_verification": st.none() | st.booleans(),
    "history_enabled": st.none() | st.booleans(),
    "created_at": st.none() | st.text(max_size=9),
    "read_only": st.none() | st.booleans(),
}


@st.composite
def hooks(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a hook that lacks some properties, has junk in some, and is mostly right."""
    spoilt = draw(st.sets(st.sampled_from([*GOOD]), max_size=2))
    hook = {name: draw(JUNK if name in spoilt else good) for name, good in GOOD.items()}
    for name in draw(st.sets(st.sampled_from([*GOOD]), max_size=1)):
        del hook[name]
    return hook


BODIES = st.one_of(
    hooks(),
    JUNK,
    st.lists(hooks(), max_size=3).map(lambda values: {"values": values}),
    st.fixed_dictionaries({"values": st.lists(JUNK | hooks()), "next": JUNK}),
)
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32", "latin-1"])


def _checked(found: object) -> None:
    for hook in found if isinstance(found, list) else [found]:
        if isinstance(hook, Observed):
            assert hook.uuid == UUID
            assert isinstance(hook.active, bool)
            f"{hook.url}{hook.description}{hook.events}".encode()


@given(
    status=st.sampled_from([200, 201, 204, 299, 301, 400, 403, 404]),
    body=BODIES.map(json.dumps),
    encoding=ENCODINGS,
    cut=st.integers(0, 400),
)
def test_an_error_of_ours_or_a_right_result(
    status: int, body: str, encoding: str, cut: int
) -> None:
    """For every call of the API."""
    content = body.encode(encoding)
    content = content[: -cut or None] if cut < 20 else content
    client, _ = canned_client(lambda _: Canned(status, content))
    api = HookApi(lambda: client)
    calls = (
        lambda: api.listing(WEB).hooks,
        lambda: api.create(DESIRED),
        lambda: api.update(UUID, DESIRED, SecretChange.SET),
        lambda: api.can_read_workspace("acme"),
        lambda: api.events("repository"),
        lambda: api.delete(WEB, UUID),
    )
    for call in calls:
        try:
            _checked(call())
        except HooksError as error:
            message = str(error)
        else:
            message = ""
        message.encode()
        assert len(message) < 3000
        assert "canary" not in message
