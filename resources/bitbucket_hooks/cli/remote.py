"""The account of a command: that of the environment's variables."""

from __future__ import annotations

from contextlib import closing, contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Final

import click

from bitbucket_hooks.errors import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bitbucket_hooks.api.client import Client

_SOON: Final = 1.0  # seconds


def note(text: str) -> None:
    """Tell something beside the output, which a program may read."""
    click.echo(f"Note: {printable(text, limit=2000)}", err=True)


@contextmanager
def client() -> Iterator[Client]:
    """Give the client of the account in `BITBUCKET_*`. Raises ConfigError."""
    from bitbucket_hooks.api.client import open_client  # noqa: PLC0415 - it brings requests along
    from bitbucket_hooks.settings import environment, resolve  # noqa: PLC0415

    opened = open_client(resolve(environment()), note)
    with closing(opened.caller.wire.session), patient():
        yield opened


@contextmanager
def patient() -> Iterator[None]:
    """Say beside the output that there is something to wait for, when it takes a while."""
    timer = Timer(_SOON, note, ["waiting for an answer"])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
