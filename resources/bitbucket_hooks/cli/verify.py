"""`bitbucket-hooks verify`: tells whether a delivery was signed with a secret."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.command import Command, json_option
from bitbucket_hooks.deliveries.signing import is_signature, verify_signature
from bitbucket_hooks.model.errors import unreadable
from bitbucket_hooks.model.exit_codes import DIFFERENCE
from bitbucket_hooks.stack.delivery_target import secret_of

_HEADER: Final = "x-hub-signature:"


@click.command(cls=Command)
@click.argument("file", required=False, type=click.Path(dir_okay=False, allow_dash=True))
@click.option(
    "--secret-from",
    "sources",
    metavar="env:NAME|file:PATH",
    multiple=True,
    required=True,
    help="Where a secret is; may be given several times.",
)
@click.option(
    "--signature",
    required=True,
    metavar="HEADER",
    help="What X-Hub-Signature said, sha256=… and all.",
)
@json_option
@click.pass_context
def verify(
    context: click.Context,
    file: str | None,
    sources: tuple[str, ...],
    signature: str,
    *,
    json_: bool,
) -> None:
    """Tell whether a delivery was signed with one of the secrets.

    FILE, or standard input, is the request's body, byte by byte as it came. Exits with 0 when the
    signature is valid, 3 when it isn't, 1 for a mistake.
    """
    secrets = {source: secret_of(source) for source in sources}
    body = _body(file)
    header = _value(signature)
    signer = _signer(secrets, body, header)
    why = None if signer else _why(list(secrets.values()), body, header)
    if json_:
        output.as_json({"valid": signer is not None, "secretFrom": signer, "problem": why})
    elif signer:
        click.echo(f"valid: signed with the secret of {output.text(signer)}")
    else:
        click.echo(f"not valid: {why}")
    context.exit(0 if signer else DIFFERENCE)


def _value(signature: str) -> str:
    """The header's value, also of a line that was copied with its name."""
    text = signature.strip()
    return text[len(_HEADER) :].strip() if text.lower().startswith(_HEADER) else text


def _signer(secrets: dict[str, str], body: bytes, header: str) -> str | None:
    matching = (source for source, key in secrets.items() if verify_signature(key, body, header))
    return next(matching, None)


def _why(secrets: Sequence[str], body: bytes, header: str) -> str:
    if not header:
        return "there is no signature; Bitbucket sends none for a hook without a secret"
    if not is_signature(header):
        return "the signature must be sha256= and 64 hexadecimal digits"
    # what saving a body in an editor does to it
    shorter = (body.removesuffix(end) for end in (b"\n", b"\r\n") if body.endswith(end))
    if any(verify_signature(secrets, variant, header) for variant in shorter):
        return "it was signed without the line break at the end, which saving the body added"
    return "signed with another secret, or the body was changed"


def _body(file: str | None) -> bytes:
    if file in (None, "-"):
        if file is None and sys.stdin.isatty():
            raise click.UsageError(
                "nothing to verify; name the FILE that holds the delivery's body, or pipe it in"
            )
        return sys.stdin.buffer.read()
    try:
        return Path(str(file)).read_bytes()
    except OSError as error:
        raise unreadable(file, error) from None
