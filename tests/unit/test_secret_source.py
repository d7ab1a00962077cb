"""A secret that stays out of the state: where it is read from, and its fingerprint."""

from __future__ import annotations

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
    ("content", "told"),
    [
        (None, "can't be read or is empty"),
        (b"", "can't be read or is empty"),
        (b"\n", "can't be read or is empty"),
        (b"canary\xff", "can't be read or is empty"),
        (b"canary" * 40, "the value has 240 characters"),
    ],
)
def test_what_a_file_may_not_be(tmp_path: Path, content: bytes | None, told: str) -> None:
    """Missing, empty, no text or too long: an error that shows nothing of it."""
    place = tmp_path / "secret"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        read_secret(f"file:{place}")
    assert told in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "told"), [("", "the variable is not set"), ("canary\udcff", "no text in UTF-8")]
)
def test_what_a_variable_may_not_be(monkeypatch: pytest.MonkeyPatch, value: str, told: str) -> None:
    """Empty counts as not set: an unset variable must never disarm a hook."""
    monkeypatch.setenv("SECRET_HERE", value)
    with pytest.raises(ConfigError, match=told) as refused:
        read_secret("env:SECRET_HERE")
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
