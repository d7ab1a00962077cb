"""The command `bitbucket-hooks`: each command imports what it needs only when it runs."""

from __future__ import annotations

import click

from bitbucket_hooks.cli.check import check
from bitbucket_hooks.cli.doctor import doctor
from bitbucket_hooks.cli.events import events
from bitbucket_hooks.cli.group import Commands
from bitbucket_hooks.cli.importing import import_
from bitbucket_hooks.cli.inventory import inventory
from bitbucket_hooks.cli.ip_ranges import ip_ranges
from bitbucket_hooks.cli.report import report
from bitbucket_hooks.cli.running import drift, preview, up
from bitbucket_hooks.cli.sandbox import sandbox
from bitbucket_hooks.cli.send import send
from bitbucket_hooks.cli.stacks import stacks
from bitbucket_hooks.cli.verify import verify


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bitbucket-hooks", prog_name="bitbucket-hooks")
def main() -> None:
    """Bitbucket Cloud webhooks as infrastructure: look at them, check them, play with them."""


_COMMANDS = (
    *(check, preview, up, drift, report, doctor, stacks),
    *(inventory, import_, events, ip_ranges, send, verify, sandbox),
)

for _command in _COMMANDS:
    main.add_command(_command)
