"""`verify_signature` and `bitbucket-hooks verify`: what is taken for a delivery of ours."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import bitbucket_hooks
from bitbucket_hooks.cli import main
from bitbucket_hooks.deliveries.signing import sign, verify_signature

BODY = '{"push": {"changes": []}, "by": "Zoë"}'.encode()
SECRET = "canary-secret"


def by_hand(key: bytes, body: bytes) -> str:
    """HMAC as RFC 2104 writes it down, of hashlib's SHA-256 alone."""
    key = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + body).digest()
    return "sha256=" + hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).hexdigest()


@pytest.mark.parametrize("secret", [SECRET, "x", "Schlüssel", "k" * 128, b"\xff\x00"])
@pytest.mark.parametrize("body", [BODY, b"", b"\xff\xfe\n"])
def test_others_sign_alike(secret: str | bytes, body: bytes) -> None:
    """In both directions."""
    key = secret.encode() if isinstance(secret, str) else secret
    assert by_hand(key, body) == sign(secret, body)
    assert verify_signature(secret, body, by_hand(key, body))


@pytest.mark.parametrize(
    ("body", "digest"),
    [
        ("Hello World!", "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"),
        ("Hello, World!", "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
    ],
)
def test_published_values(body: str, digest: str) -> None:
    """The ones that the vendor's page of webhook security and GitHub's show."""
    assert verify_signature("It's a Secret to Everybody", body, f"sha256={digest}")


@pytest.mark.parametrize(
    "secrets",
    [SECRET, SECRET.encode(), [SECRET], ("old", SECRET), [SECRET, "new"], {b"old", SECRET}],
)
@pytest.mark.parametrize("body", [BODY, BODY.decode(), bytearray(BODY), memoryview(BODY)])
@pytest.mark.parametrize(
    "change", [str, str.encode, lambda header: header.upper().replace("SHA", "sha")]
)
def test_what_is_valid(secrets: Any, body: Any, change: Any) -> None:
    """One of the secrets is enough, text or bytes; digits of either case."""
    assert bitbucket_hooks.verify_signature(secrets, body, change(by_hand(SECRET.encode(), BODY)))


def test_an_iterator_of_secrets() -> None:
    """Is read once."""
    assert verify_signature(iter(("old", SECRET)), BODY, sign(SECRET, BODY))


RIGHT = by_hand(SECRET.encode(), BODY)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        b"",
        RIGHT.removeprefix("sha256="),
        RIGHT.replace("sha256", "sha1"),
        f"{RIGHT} ",
        f"{RIGHT}\n",
        f" {RIGHT}",
        f"{RIGHT}, {RIGHT}",
        RIGHT[:-1],
        f"{RIGHT}0",
        "sha256=",
        "sha256=" + "g" * 64,
        "sha256=" + "é" * 64,
        "sha256=" + "\u0663" * 64,
        RIGHT.replace("s", "\u017f"),
        b"\xff" * 71,
        RIGHT[:-1] + ("0" if RIGHT[-1] != "0" else "1"),
    ],
)
def test_headers_that_are_not_valid(header: str | bytes | None) -> None:
    """Missing, malformed, or one digit off."""
    assert not verify_signature([SECRET, "other"], BODY, header)


@pytest.mark.parametrize(
    ("secrets", "body"),
    [(SECRET, body) for body in (BODY + b"\n", BODY[:-1], b"", BODY.replace(b" ", b""))]
    + [(wrong, BODY) for wrong in ("wrong", ["old", "new"], SECRET.upper(), f"{SECRET}\n")],
)
def test_another_body_or_secret(secrets: Any, body: bytes) -> None:
    """Isn't valid, whatever changed."""
    assert not verify_signature(secrets, body, RIGHT)


@pytest.mark.parametrize("secrets", ["", b"", None, [], (), [""], [SECRET, ""], [SECRET, None]])
@pytest.mark.parametrize("header", [RIGHT, None])
def test_no_secret(secrets: Any, header: str | None) -> None:
    """Is an error, also where another one would do: a lost variable is to be noticed."""
    with pytest.raises(ValueError, match="there is no secret"):
        verify_signature(secrets, BODY, header)


@pytest.mark.parametrize(
    ("secrets", "body"), [(5, BODY), ([5], BODY), (SECRET, 5), (SECRET, None), (SECRET, {})]
)
def test_the_wrong_type(secrets: Any, body: Any) -> None:
    """Is never taken for bytes: a number would be so many zeros."""
    with pytest.raises(TypeError):
        verify_signature(secrets, body, RIGHT)


def test_a_secret_that_is_no_text() -> None:
    """From the environment it is bytes; else an error that doesn't hold it."""
    assert verify_signature("a\udcff", BODY, by_hand(b"a\xff", BODY))
    with pytest.raises(ValueError, match="no text in UTF-8") as caught:
        verify_signature("canary\ud800", BODY, RIGHT)
    assert "canary" not in repr(caught.value)
    assert caught.value.__suppress_context__


def test_every_secret_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether an earlier one matched or not: the time doesn't tell which it was."""
    import hmac

    compare = hmac.compare_digest
    compared: list[bool] = []

    def spy(given: bytes, other: bytes) -> bool:
        compared.append(compare(given, other))
        return compared[-1]

    monkeypatch.setattr(hmac, "compare_digest", spy)
    assert verify_signature([SECRET, "b", "c"], BODY, RIGHT)
    assert compared == [True, False, False]


def test_a_receiver_loads_little() -> None:
    """Nothing beyond the standard library."""
    script = (
        "import sys\nfrom bitbucket_hooks import verify_signature\n"
        "print(*{'pulumi', 'requests', 'attrs', 'attr', 'click'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "\n"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEW", SECRET)
    monkeypatch.setenv("OLD", "old-canary")
    (tmp_path / "key").write_text(f"{SECRET}\n")


def verify(
    *arguments: str,
    signature: str = RIGHT,
    secrets: Iterable[str] = ("env:NEW",),
    body: bytes = BODY,
) -> Result:
    """Run the command on standard input."""
    sources = [f"--secret-from={source}" for source in secrets]
    command = ["verify", *sources, f"--signature={signature}", *arguments]
    result = CliRunner().invoke(main, command, input=body)
    assert "canary" not in result.output
    return result


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ({}, "env:NEW"),
        ({"secrets": ["env:OLD", "env:NEW"]}, "env:NEW"),
        ({"secrets": ["file:key"]}, "file:key"),
        ({"signature": f"X-Hub-Signature: {RIGHT}"}, "env:NEW"),
        ({"signature": sign("old-canary", BODY), "secrets": ["env:NEW", "env:OLD"]}, "env:OLD"),
    ],
)
def test_the_command_says_which_secret(given: dict[str, Any], source: str) -> None:
    """Signed a valid delivery."""
    result = verify(**given)
    assert (result.exit_code, result.output) == (
        0,
        f"valid: signed with the secret of {source}\n",
    )
    document = json.loads(verify("-", "--json", **given).stdout)
    assert document == {"valid": True, "secretFrom": source, "problem": None}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"signature": ""}, "there is no signature"),
        ({"signature": "X-Hub-Signature:"}, "there is no signature"),
        ({"signature": "sha1=1234"}, "64 hexadecimal digits"),
        ({"secrets": ["env:OLD"]}, "another secret, or the body was changed"),
        ({"body": BODY + b" "}, "another secret, or the body was changed"),
        ({"body": BODY + b"\n"}, "without the line break at the end"),
        ({"body": BODY + b"\r\n"}, "without the line break at the end"),
        ({"body": BODY + b"\n", "secrets": ["env:OLD"]}, "another secret"),
    ],
)
def test_the_command_says_why_not(given: dict[str, Any], why: str) -> None:
    """With a code of its own."""
    result = verify(**given)
    assert result.exit_code == 3
    assert result.stdout.startswith("not valid: ")
    assert why in result.stdout
    document = json.loads(verify("--json", **given).stdout)
    assert (document["valid"], document["secretFrom"]) == (False, None)
    assert why in document["problem"]


def test_the_command_reads_a_file(tmp_path: Path) -> None:
    """Byte by byte."""
    body = b"\xef\xbb\xbf{}\r\n\x00\xff"
    (tmp_path / "body").write_bytes(body)
    assert verify("body", signature=sign(SECRET, body)).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "secrets", "says"),
    [
        (["nowhere"], ["env:NEW"], "nowhere can't be read: No such file"),
        ([], [], "Missing option '--secret-from'"),
        ([], ["env:NOT_SET"], "--secret-from: env:NOT_SET: the variable is not set"),
        ([], ["file:nope"], "--secret-from: file:nope: the file can't be read or is empty"),
        ([], ["canary"], "--secret-from names no place of a secret"),
        ([], ["env:"], "--secret-from names no place of a secret"),
    ],
)
def test_mistakes(arguments: list[str], secrets: list[str], says: str) -> None:
    """Are told without what was given for a secret."""
    result = verify(*arguments, secrets=secrets)
    assert result.exit_code == 1
    assert says in result.stderr


def test_nobody_types_a_body(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the command asks for a file instead of waiting."""
    import click.testing

    monkeypatch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda _: True)
    result = verify()
    assert result.exit_code == 1
    assert "name the FILE" in result.stderr
