"""`bitbucket-hooks --version`: this package, and what it runs with."""

from __future__ import annotations

import platform
import shutil
from importlib.metadata import version

import click


def print_version(context: click.Context, _: click.Parameter, given: bool) -> None:
    """Print the versions that a bug report needs, and end."""
    if not given or context.resilient_parsing:
        return
    from bitbucket_hooks.doctor.engine import engine_version

    path = shutil.which("pulumi")
    engine = "not on the PATH" if path is None else f"{engine_version(path) or 'unknown'}, {path}"
    click.echo(f"bitbucket-hooks {version('bitbucket-hooks')}")
    click.echo(f"Python {platform.python_version()}")
    click.echo(f"Pulumi's SDK {version('pulumi')}")
    click.echo(f"Pulumi's engine: {engine}")
    context.exit()
