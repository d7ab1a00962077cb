"""A secret that stays out of the state: where it is read from, and its fingerprint."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bitbucket_hooks.filesystem.secret_source import read_secret
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.fingerprint import fingerprint


def test_from_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is."""
    monkeypatch.setenv("CANARY", " value\n")
    assert read_secret("env:CANARY") == " value\n"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    """Without its last line break; a relative path starts at the project."""
    (tmp_path / "Pulumi.yaml").touch()
    (tmp_path / "stacks").mkdir()
    (tmp_path / "secret").write_bytes(b"one\ntwo" + ending.encode())
    monkeypatch.chdir(tmp_path / "stacks")
    assert read_secret("file:secret") == read_secret(f"file:{tmp_path}/secret") == "one\ntwo"


def test_from_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is it."""
    (tmp_path / "secret").write_text("x")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read_secret("file:~/secret") == "x"


@pytest.mark.parametrize(
    ("source", "content", "says"),
    [
        ("file", None, "can't be read or is empty"),
        ("file", b"", "can't be read or is empty"),
        ("file", b"\n", "can't be read or is empty"),
        ("file", b"canary\xff", "can't be read or is empty"),
        ("file", b"canary" * 40, "the value has 240 characters"),
        ("env", b"", "the variable is not set"),  # an unset variable must never disarm a hook
        ("env", b"canary\xff", "no text in UTF-8"),
    ],
)
def test_what_a_secret_may_not_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, content: bytes | None, says: str
) -> None:
    """Missing, empty, no text or too long: an error that shows nothing of it."""
    place = str(tmp_path / "secret") if source == "file" else "SECRET_HERE"
    if source == "env":
        monkeypatch.setenv(place, os.fsdecode(content or b""))
    elif content is not None:
        Path(place).write_bytes(content)
    with pytest.raises(ConfigError, match=says) as refused:
        read_secret(f"{source}:{place}")
    assert "canary" not in str(refused.value)


def test_equal_values_keep_their_fingerprint() -> None:
    """Also one that was made elsewhere, with another salt."""
    salted = "scrypt$AAAAAAAAAAAAAAAAAAAAAA==$"
    first = fingerprint("canary", None)
    assert fingerprint("canary", first) == first == fingerprint("canary", None)
    assert fingerprint("other", first) != first
    assert fingerprint("canary", salted) == first
    assert "canary" not in first


@pytest.mark.parametrize("known", ["", "x", "scrypt$", "scrypt$%%$x", "a$b$c", "scrypt$é$x"])
def test_an_unreadable_fingerprint_is_replaced(known: str) -> None:
    """Whatever stands in the state."""
    assert fingerprint("canary", known).startswith("scrypt$")
