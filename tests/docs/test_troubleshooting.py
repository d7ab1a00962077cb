"""docs/troubleshooting.md: what it says that runs say, they say."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from support import handbook

PACKAGE: Final = Path(__file__).parents[2] / "resources" / "bitbucket_hooks"
PAGE: Final = handbook.page("troubleshooting.md")
# what the engine, Python or the other plugin says, and commands that stand among the symptoms
THEIRS: Final = (
    "the stack is currently locked",
    "looks like a secret; rerun with --secret",
    "failed to load checkpoint: EOF",
    "KeyError: '__provider'",
    "Invalid or unknown key",
    "No module named 'bitbucket_hooks'",
    "No module named 'pulumi'",
    "incorrect passphrase",
    "no language plugin 'pulumi-language-yaml' found",
    "exited prematurely",
    "no resource plugin 'pulumi-resource-bitbucket-hooks' found",
)
WORDS: Final = ("pulumi refresh", "destroy", "adopt", "never", "Hook")
_DIFFERS: Final = re.compile(r"…|\b[A-Z]{4,}\b")


def _symptoms() -> list[str]:
    """What stands as code in the first column."""
    rows = re.findall(r"^\| (.*?) \|", PAGE, re.MULTILINE)
    quoted = [text for row in rows for _, text in re.findall(r"(`+)(.+?)\1(?!`)", row)]
    return [text for text in quoted if text not in (*THEIRS, *WORDS)]


def _said() -> str:
    """Every text in the code, one a line; what differs from case to case is a `{…}`."""
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))]
    texts = [_text(item) for tree in trees for item in ast.walk(tree) if isinstance(item, ast.expr)]
    return "\n".join(" ".join(text.split()) for text in texts if text)


def _text(value: ast.expr) -> str:
    if isinstance(value, ast.JoinedStr):
        return "".join(_text(part) or "{…}" for part in value.values)
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


SAID: Final = _said()


@pytest.mark.parametrize("symptom", _symptoms())
def test_what_it_says_is_said(symptom: str) -> None:
    """In these words, by some message of ours."""
    pattern = ".*".join(re.escape(part) for part in _DIFFERS.split(symptom.replace("``", "`")))
    assert re.search(pattern, SAID)


def test_the_table_is_read() -> None:
    """Most of its rows quote a message."""
    assert len(_symptoms()) > 25
    assert [item for item in (*THEIRS, *WORDS[:3]) if f"`{item}`" not in PAGE] == []
