"""What `bitbucket-hooks sandbox serve` does."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import click

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN
from bitbucket_hooks.sandbox.server import serving
from bitbucket_hooks.sandbox.web.guard import is_loopback

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def run(path: Path, host: str, port: int, names: Sequence[str], *, verbose: bool) -> None:
    """Serve until interrupted or terminated."""
    if not is_loopback(host):
        click.echo(
            f"Warning: everybody who reaches {host} can read and change this sandbox, "
            "with tokens that are public, and the page for people is left out; leave --host out to "
            "serve this machine alone",
            err=True,
        )
    signal.signal(signal.SIGTERM, _stop)
    try:
        with serving(path, host, port, names=names, verbose=verbose) as server:
            click.echo(_introduction(path, f"{server.origin}/2.0"))
            if server.pages:
                click.echo(f"To change webhooks by hand, open {server.origin}/\n")
            server.serve_forever()
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"the sandbox can't listen on {host}, port {port}: {error}",
            "Give another --port, or 0 for a free one.",
        ) from error


def _stop(*_: Any) -> None:
    raise KeyboardInterrupt


def _introduction(path: Path, url: str) -> str:
    return f"""\
The sandbox {path} is at {url} (Ctrl-C ends it). For a stack:

  pulumi config set bitbucket:apiUrl {url}
  pulumi config set bitbucket:username {OWNER_EMAIL}
  pulumi config set --secret bitbucket:password {OWNER_TOKEN}
"""
