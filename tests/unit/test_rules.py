"""The rules of properties, on whatever a program or a config may hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitbucket_hooks.model.errors import HooksError, printable
from bitbucket_hooks.model.events import KEYS
from bitbucket_hooks.model.rules import Context, Problem, Rule, slug
from bitbucket_hooks.model.webhook import HOOK_RULES


def _unknown(events: Iterable[str]) -> Mapping[str, str]:
    return {event: "unknown" for event in events if event not in KEYS}


CONTEXT = Context(allow_private_urls=False, unknown_events=_unknown)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.sampled_from([*KEYS]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@pytest.mark.parametrize("name", [*HOOK_RULES, "owner"])
@given(value=ANYTHING)
def test_a_rule_answers_or_explains(name: str, value: Any) -> None:
    """Never anything but a canonical value or a `Problem`, and a canonical value stays one."""
    rule: Rule = HOOK_RULES.get(name, slug)
    try:
        canonical = rule(value, CONTEXT)
    except Problem as error:
        texts = [text for _, text in error.parts]
    else:
        texts = ["fine"]
        assert rule(canonical, CONTEXT) == canonical
    assert texts
    assert all(texts)


@pytest.mark.parametrize("name", ["url", "secret", "secretFrom"])
@given(text=st.text(min_size=150).map(lambda text: f"canary{text}"))
def test_no_problem_shows_a_secret(name: str, text: str) -> None:
    """Of a url, a secret or what was written in place of its source."""
    with pytest.raises(Problem) as refused:
        HOOK_RULES[name](text, CONTEXT)
    assert "canary" not in str(refused.value)


def test_events_may_come_as_any_collection() -> None:
    """Each wrong one is named with its place."""
    assert HOOK_RULES["events"]({"repo:push"}, CONTEXT) == ["repo:push"]
    with pytest.raises(Problem) as refused:
        HOOK_RULES["events"](("repo:push", "x:y", None), CONTEXT)
    assert refused.value.parts == (("[2]", "must be text, not nothing"),)
    with pytest.raises(Problem) as refused:
        HOOK_RULES["events"](["a", "repo:push", "b"], CONTEXT)
    assert refused.value.parts == (("[0]", "unknown"), ("[2]", "unknown"))


@given(st.text())
def test_text_from_outside_is_printable(text: str) -> None:
    """No control character and no half character reaches a terminal; the length is bounded."""
    shown = printable(text, 50)
    assert len(shown) <= 51
    shown.encode()
    assert not any(category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in shown)


@pytest.mark.parametrize("code", [0xFEFF, 0x61C, 0xAD, 0x2063, 0x3164, 0xE0041, 0xE0100])
def test_what_nobody_sees_is_escaped(code: int) -> None:
    """A text that is shown says what is in it; letters of any script stay as they are."""
    assert printable(f"a{chr(code)}b") == f"a{ascii(chr(code))[1:-1]}b"
    assert printable("Grüße, 部署 \u0645\u0631\u062d\u0628\u0627 🚀") == (
        "Grüße, 部署 \u0645\u0631\u062d\u0628\u0627 🚀"
    )


def test_an_error_shows_message_and_remedy() -> None:
    """On two lines; one without a remedy on one."""
    assert str(HooksError("what", "do")) == "what\ndo"
    assert str(HooksError("what")) == "what"
