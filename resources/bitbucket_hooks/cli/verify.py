"""`bitbucket-hooks verify`: tells whether a delivery was signed with a secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.command import command, input_argument, read_input
from bitbucket_hooks.deliveries.signing import is_signature, verify_signature
from bitbucket_hooks.model.exit_codes import DIFFERENCE
from bitbucket_hooks.stack.delivery_target import secret_of

_HEADER: Final = "x-hub-signature:"


@command(
    "bitbucket-hooks verify body.json --secret-from env:HOOK_SECRET \\", "    --signature sha256=…"
)
@input_argument
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
@output.json_option
def verify(file: str | None, sources: tuple[str, ...], signature: str) -> int:
    """Tell whether a delivery was signed with one of the secrets.

    FILE, or standard input, is the request's body, byte by byte as it came. Exits with 0 when the
    signature is valid, 3 when it isn't, 1 for a mistake.
    """
    secrets = {source: secret_of(source) for source in sources}
    body = read_input(
        file, "nothing to verify; name the FILE that holds the delivery's body, or pipe it in"
    )
    header = signature.strip()
    if header.lower().startswith(_HEADER):  # a line that was copied with its name
        header = header[len(_HEADER) :].strip()
    signers = (name for name, secret in secrets.items() if verify_signature(secret, body, header))
    signer = next(signers, None)
    why = None if signer else _why(list(secrets.values()), body, header)
    output.said(
        f"valid: signed with the secret of {output.text(signer)}"
        if signer
        else f"not valid: {why}",
        {"valid": signer is not None, "secretFrom": signer, "problem": why},
    )
    return 0 if signer else DIFFERENCE


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
