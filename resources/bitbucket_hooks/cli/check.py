"""`bitbucket-hooks check`: validate stack configs offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.command import command
from bitbucket_hooks.cli.completing import stack_names
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.exit_codes import USERS_MISTAKE
from bitbucket_hooks.model.urls import shown
from bitbucket_hooks.model.webhook import DEFAULT_EVENTS
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.stack import files, offline
from bitbucket_hooks.stack.offline import NO_HOOKS
from bitbucket_hooks.stack.schema import schema
from bitbucket_hooks.stack.source_lines import Positions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bitbucket_hooks.stack.entries import Draft
    from bitbucket_hooks.stack.offline import Checked

_HEADINGS: Final = ("hook", "on", "url", "events", "secret", "notes")
_WIDE: Final = ("secret", "events", "notes")
_FLAGS: Final = {
    "protect": "protected",
    "strict": "strict",
    "skipCertVerification": "no certificate check",
}


@command("bitbucket-hooks check", "bitbucket-hooks check prod --json")
@click.argument("stacks", metavar="[STACK]…", nargs=-1, shell_complete=stack_names)
@output.json_option
@output.wide_option
@click.option(
    "--schema", "schema_", is_flag=True, help="Print the JSON schema for editors instead."
)
def check(stacks: tuple[str, ...], *, schema_: bool) -> int:
    """Validate stack configs offline, and print what they declare.

    Of each STACK; of all, if none is named. Which repositories a glob means, and which new events
    there are, only a preview tells. Exits with 0 when all is well, and 1 when something is wrong.
    """
    if schema_:
        output.as_json(schema())
        return 0
    names = stacks or tuple(files.stacks())
    if not names:
        raise ConfigError(
            "this project has no stack: there is no Pulumi.STACK.yaml",
            files.MAKE_STACK,
        )
    found = [offline.check(name) for name in names]
    if output.wants_json():
        output.as_json([_as_json(checked) for checked in found])
    else:
        for checked in found:
            _print(checked)
    return USERS_MISTAKE if any(checked.problems for checked in found) else 0


def _print(checked: Checked) -> None:
    counts = {"mistake": len(checked.problems), "warning": len(checked.warnings)}
    state = ", ".join(counted(count, what) for what, count in counts.items() if count)
    click.echo(f"Stack {output.text(checked.stack)}: {state or 'fine'}")
    _print_messages(checked)
    if not checked.problems:
        empty = f"{NO_HOOKS[0].upper()}{NO_HOOKS[1:]}."
        rows = [_row(_declared(draft)) for draft in checked.drafts]
        output.table(_HEADINGS, rows, empty, wide=_WIDE)
        if checked.unmanaged != "ignore":
            click.echo(f"Hooks that nothing declares there: {checked.unmanaged}")
    click.echo()


def _print_messages(checked: Checked) -> None:
    """Print mistakes and warnings, with the line of the stack's file."""
    if not (checked.problems or checked.warnings):
        return
    positions = Positions.of_stack(checked.stack)
    for kind, messages in (("Error", checked.problems), ("Warning", checked.warnings)):
        for message in messages:
            line = positions.find(message)
            where = f"{line.path}:{line.number}: " if line else ""
            click.echo(f"  {kind}: {output.text(where + message)}", err=True)


def _as_json(checked: Checked) -> dict[str, Any]:
    return {
        "stack": checked.stack,
        "problems": list(checked.problems),
        "warnings": list(checked.warnings),
        "unmanaged": checked.unmanaged,
        "hooks": [] if checked.problems else [_declared(draft) for draft in checked.drafts],
    }


def _declared(draft: Draft) -> dict[str, Any]:
    """An entry's values; a url without its query, a secret as where it comes from."""
    values = {"events": list(DEFAULT_EVENTS), **draft.values}
    values["url"] = shown(values["url"]) if "://" in values["url"] else values["url"]
    values["secret"] = _secret(values)
    values.pop("secretFrom", None)
    return values


def _secret(values: Mapping[str, Any]) -> str:
    given = values.get("secret")
    if given is None:
        return str(values.get("secretFrom", "not managed"))
    return "in the configuration" if given else "none"


def _row(values: Mapping[str, Any]) -> list[object]:
    where = [f"in {values['project']}"] if "project" in values else []
    out = [f"not {glob}" for glob in values.get("exclude", ())]
    on = [*values.get("repositories", ()), *where, *out]
    notes = [text for key, text in _FLAGS.items() if values.get(key)]
    notes += ["inactive"] if values.get("active") is False else []
    notes += [f"account {values['account']}"] if "account" in values else []
    return [
        values["name"],
        f"workspace {values['owner']}"
        if values.get("workspace")
        else f"{values['owner']}: {', '.join(on)}",
        values["url"],
        values["events"],
        values["secret"],
        ", ".join(notes) or None,
    ]
