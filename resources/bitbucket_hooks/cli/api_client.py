"""The client of a command that only reads, and what is said while an answer takes long."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.sandbox_target import missing_sandbox
from bitbucket_hooks.model.settings import environment, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from bitbucket_hooks.api.client import Client
    from bitbucket_hooks.api.clock import Clock
    from bitbucket_hooks.model.settings import Settings

_SOON: Final = 1.0  # seconds


def open_to_read(
    settings: Settings, clock: Clock | None = None, notify: Callable[[str], None] = output.note
) -> Client:
    """Make the client of a command that changes nothing, and so makes no sandbox.

    `notify` hears of long waits. Raises ConfigError when the account's sandbox isn't there.
    """
    from bitbucket_hooks.connect import open_client

    if settings.sandbox is not None and not settings.sandbox.exists():
        raise missing_sandbox(settings.sandbox)
    return open_client(settings, notify, clock=clock)


@contextmanager
def client() -> Iterator[Client]:
    """Give the client of the account in `BITBUCKET_*`. Raises ConfigError."""
    opened = open_to_read(resolve(environment()))
    with closing(opened), patient():
        yield opened


def patient() -> AbstractContextManager[None]:
    """Say beside the output that there is something to wait for, when it takes a while."""
    from bitbucket_hooks.api.clock import unless_done_in

    return unless_done_in(_SOON, lambda: output.note("waiting for an answer"))
