"""Secrets in text from outside, however it spells them."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitbucket_hooks.model.masking import Mask

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": json.dumps,
    "JSON in Unicode": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON in JSON": lambda text: json.dumps(json.dumps({"secret": text})),
    "a dictionary": lambda text: repr({"secret": text}),
    "ASCII": ascii,
    "a dictionary in JSON": lambda text: json.dumps(repr({"it's": text})),
    "HTML": html.escape,
    "HTML, twice": lambda text: html.escape(html.escape(text)),
    "numbers of HTML": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "hexadecimal numbers of HTML": lambda text: "".join(f"&#X{ord(char):04X};" for char in text),
    "a url": quote,
    "a url, all of it": lambda text: quote(text, safe=""),
    "a url in lower case": lambda text: quote(text).lower() if text.islower() else quote(text),
    "a url in a url": lambda text: quote(quote(text)),
    "a form": quote_plus,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for urls": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
}
SECRETS = st.text(st.characters(codec="utf-8"), min_size=6, max_size=30)


@pytest.mark.parametrize("name", SPELLINGS)
@given(secret=SECRETS)
def test_every_spelling_is_masked(name: str, secret: str) -> None:
    """Nothing is left of it, but for what every text in that spelling has around it."""
    spelled = SPELLINGS[name](secret)
    masked = Mask({secret: "[secret]"}).over(f"got <{spelled}> here")
    assert masked.startswith("got <")
    assert masked.endswith("> here")
    assert "[secret]" in masked
    assert len(masked) <= len('got <{\\\\\\"it\'s\\\\\\": \\\\\\"[secret]\\\\\\"===}> here')


@pytest.mark.parametrize("name", SPELLINGS)
def test_what_spellings_escape_is_masked(name: str) -> None:
    """A quote, a slash, a line's end, a blank, and letters that have names in HTML."""
    secret = "\"a/\nb 'é<&"
    masked = Mask({secret: "[secret]"}).over(f"got <{SPELLINGS[name](secret)}> here")
    assert masked.startswith("got <")
    assert "[secret]" in masked
    assert masked.endswith("> here")


def test_the_longest_of_several_is_masked() -> None:
    """A url may hold another secret; each has what is shown in its place."""
    mask = Mask({"token-1": "[secret]", "https://h.example/?t=token-1": "https://h.example/…"})
    assert mask.over("no https://h.example/?t=token-1 or token-1") == (
        "no https://h.example/… or [secret]"
    )
    assert "token-1" not in repr(mask)


def test_nothing_is_hidden_where_there_is_no_secret() -> None:
    """An empty one is none."""
    assert Mask({}).over("text") == "text"
    assert Mask({"": "[secret]"}).over("text") == "text"


@pytest.mark.parametrize("char", ["\\", "&", "%", "\\u005c", "a\\"])
def test_no_text_takes_long(char: str) -> None:
    """Whoever writes the text may know the secret's form."""
    text = ("\\" * 3000 + "&amp;" * 1000 + "%25" * 1000) * 2
    assert Mask({char * 40 + "x": "[secret]"}).over(text) == text
