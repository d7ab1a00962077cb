"""The command `bitbucket-hooks`; each command is a module that is imported when it is called."""

from __future__ import annotations

import click

from bitbucket_hooks.cli.group import LazyGroup
from bitbucket_hooks.cli.version import print_version

_COMMANDS = {
    "new": ("new:new", "Make a Pulumi project in FOLDER, to be filled by hand or by `import`."),
    "check": ("check:check", "Validate stack configs offline, and print what they declare."),
    "preview": ("running:preview", "Say what an update would do to the webhooks."),
    "up": ("running:up", "Preview, show what would happen to the webhooks, and update."),
    "drift": ("running:drift", "Look whether the live webhooks are as declared."),
    "report": ("running:report", "Say what a run of the engine means for the webhooks."),
    "history": (
        "history:history",
        "Show the runs of stacks, and how many hooks had drifted or were unmanaged.",
    ),
    "doctor": ("doctor:doctor", "Say what stands between a stack and its webhooks."),
    "stacks": ("stacks:stacks", "List the project's stacks, or run several of them."),
    "inventory": (
        "inventory:inventory",
        "List all webhooks there are, and what is worth knowing of each.",
    ),
    "import": ("importing:import_", "Declare live webhooks in a stack's file, as they are."),
    "events": ("catalogues:events", "List the events that a webhook can listen to."),
    "ip-ranges": ("catalogues:ip_ranges", "Print the address ranges that webhooks come from."),
    "send": ("send:send", "Make a test delivery to a receiver, and say what it answers."),
    "verify": ("verify:verify", "Tell whether a delivery was signed with one of the secrets."),
    "completion": (
        "completion:completion",
        "Print what makes a shell complete words of this command.",
    ),
    "plugin": ("plugin:plugin", "Provide for Pulumi programs in other languages."),
    "sandbox": ("sandbox:sandbox", "Play Bitbucket on this machine."),
}
"""Where each command is, and the first sentence of its help."""


@click.group(
    cls=LazyGroup,
    lazy={name: (f"{__name__}.{place}", text) for name, (place, text) in _COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_version,
    help="Print the versions of this package, Python, and Pulumi's SDK and engine.",
)
def main() -> None:
    """Bitbucket Cloud webhooks as infrastructure: look at them, check them, play with them."""
