"""`bitbucket-hooks plugin`: the provider as a plugin, for programs in every Pulumi language."""

from __future__ import annotations

import sys

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.command import CommandGroup, examples


@click.group(cls=CommandGroup, epilog=examples("bitbucket-hooks plugin install"))
def plugin() -> None:
    """Provide for Pulumi programs in other languages.

    They have the resources by a plugin of the engine. Programs in Python, and stacks of this
    project's own program, need none.
    """


@plugin.command(epilog=examples("bitbucket-hooks plugin install"))
@output.json_option
def install() -> None:
    """Install the provider plugin for the engine.

    For this user (below PULUMI_HOME). It runs in the Python environment of this command: install it
    again when that has moved or is another one. `pulumi plugin rm resource bitbucket-hooks` takes
    it away.
    """
    from bitbucket_hooks.model.resources import PACKAGE
    from bitbucket_hooks.plugin.distribution import EXECUTABLE, VERSION, executable
    from bitbucket_hooks.pulumi_cli.engine import install_plugin

    install_plugin(PACKAGE, VERSION, EXECUTABLE, executable())
    output.said(
        f"installed the plugin {PACKAGE} {VERSION}, which runs with {sys.executable}",
        {"plugin": PACKAGE, "version": VERSION, "python": sys.executable},
    )
    output.note(
        "programs in YAML have it now; in a project of another language, run "
        f"`pulumi package add {PACKAGE}`"
    )
