"""What in a url lets anybody in who reads it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, unquote

from hook_policies.tokens import looks_like_a_token, named_like_a_credential


def credentials_in(url: SplitResult) -> Iterator[str]:
    """Say of each part of a url that is like a credential what it is, in words that show none."""
    if "@" in url.netloc:
        yield "a user name or password before its host"
    for number, part in enumerate(url.path.strip("/").split("/"), 1):
        if looks_like_a_token(unquote(part)):
            yield f"what looks like a token in part {number} of its path"
    for text, where in ((url.query, "query"), (url.fragment, "fragment")):
        for name, value in parse_qsl(text, keep_blank_values=True):
            if word := value and named_like_a_credential(name):
                yield f'a parameter named like a credential ("{word}") in its {where}'
            elif looks_like_a_token(value) or looks_like_a_token(name):
                yield f"what looks like a token in its {where}"
