"""`bitbucket-hooks import`: from live hooks to entries of a stack config."""

from __future__ import annotations

from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.cli import api_client, listing, output
from bitbucket_hooks.cli.command import command
from bitbucket_hooks.cli.progress import progress
from bitbucket_hooks.importing.existing import open_stack
from bitbucket_hooks.importing.grouping import Urls
from bitbucket_hooks.importing.plan import plan
from bitbucket_hooks.importing.writing import File
from bitbucket_hooks.inventory import declared
from bitbucket_hooks.inventory.collect import RepositoryScope
from bitbucket_hooks.model.exit_codes import DIFFERENCE
from bitbucket_hooks.model.wording import counted, first_names
from bitbucket_hooks.pulumi_cli import engine
from bitbucket_hooks.stack.accounts import own_settings
from bitbucket_hooks.stack.files import stack_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bitbucket_hooks.importing.drafting import NewEntry
    from bitbucket_hooks.importing.plan import Import

_FEW: Final = 5
_MOST: Final = 20
_WAYS: Final = "--json tells"


@command("bitbucket-hooks import prod", "bitbucket-hooks import prod --write", name="import")
@listing.scope_options
@click.option("--write", is_flag=True, help="Write the entries into the stack's file.")
@click.option("--check", is_flag=True, help="Only print what would be written (the default).")
@listing.state_option
@click.option("--names", is_flag=True, help="Name every repository: no globs, no projects.")
@click.option("--plain-urls", is_flag=True, help="Don't encrypt urls that may hold a secret.")
@output.json_option
@output.wide_option
@listing.resume_option
def import_(
    *,
    stack: str | None,
    workspace: str | None,
    narrowed: dict[str, Any],
    write: bool,
    check: bool,
    states: tuple[Path, ...],
    names: bool,
    plain_urls: bool,
    resume: Path | None,
) -> int:
    """Declare live webhooks in a stack's file, as they are.

    That of STACK, else of the selected one. The webhooks are those of its workspace, unless another
    is named, and of its repositories, by its account. A name that none of the project's stacks has
    is a WORKSPACE's. The next `pulumi up` adopts them: it creates and
    changes nothing on Bitbucket. Nothing is written without --write. One request per repository
    and 100 hooks. Exits with 0 when all is declared, 3 when there is something to write, 1 for a
    mistake, and 2 when the remote side failed.
    """
    if write and check:
        raise click.UsageError("--check and --write exclude each other; give one of them")
    name = stack or engine.selected_stack()
    managed = frozenset(hook.uuid for path in states for hook in declared.read(path))
    stack_config = cache(engine.stack_config)
    opened = open_stack(name, stack_config, managed)
    file = File.read(stack_file(name))
    settings = own_settings(name, stack_config)
    where = listing.workspace_of(workspace, settings)
    scope = RepositoryScope(where, **narrowed, always_list=True)
    with closing(listing.begin(scope, settings, resume)) as kept:
        urls = Urls(kept.addresses)
        found = listing.collect("import of", scope, settings, kept, urls.add)
        listing.note_gaps(found, _WAYS)
        if found.unfinished:
            raise found.unfinished
        with api_client.patient(), closing(api_client.open_to_read(settings)) as client:
            api = HookApi(lambda: client)
            imported = plan(opened, found, urls, api, scope.project, names=names)
        is_due = bool(imported.entries)
        if write and is_due:
            _write(file, imported, name, plain=plain_urls)
        if output.wants_json():
            output.as_json(_as_json(file, imported, write=write, plain=plain_urls))
        else:
            _print(file, imported, write=write, plain=plain_urls)
        listing.note_first([*imported.reasons], _WAYS)
        listing.note_first([*imported.doubts], _WAYS)
        if opened.config.unmanaged == "delete" and imported.left_out:
            output.note(
                "the stack deletes hooks that nothing declares, and some were left out; look at "
                "the preview before `pulumi up`"
            )
        if write:
            kept.remove()
    return DIFFERENCE if is_due and not write else 0


def _write(file: File, imported: Import, stack: str, *, plain: bool) -> None:
    with progress("encrypting urls") as shown:

        def encrypt(values: Sequence[str]) -> list[str]:
            return engine.encrypted(
                stack, file.path, values, lambda done: shown.notify(f"{done:,} of {len(values):,}")
            )

        file.write(imported.entries, encrypt, plain=plain)


def _print(file: File, imported: Import, *, write: bool, plain: bool) -> None:
    if imported.entries and not write:
        click.echo(file.diff(imported.entries, plain=plain))
        click.echo()
    if imported.entries:
        headings = ("entry", "on", "url", "events", "hooks", "notes")
        rows = [_row(entry, plain=plain) for entry in imported.entries]
        output.table(headings, rows, "", wide=("events", "notes"))
    for line in _summary(imported):
        click.echo(line)
    if write and imported.entries:
        output.wrote(file.path.name)
    elif imported.entries:
        click.echo("nothing is written: that takes --write", err=True)


def _row(entry: NewEntry, *, plain: bool) -> list[object]:
    kind = entry.group.kind
    notes = {
        "secret set": kind.secret_set,
        "inactive": not kind.active,
        "no certificate check": kind.skip_cert_verification,
        "url encrypted": entry.url_is_secret and not plain,
        "a double": entry.group.adopt is not None,
    }
    applying = [text for text, applies in notes.items() if applies]
    return [
        entry.name,
        _on(entry),
        entry.shown_url,
        kind.events,
        len(entry.group.hooks),
        ", ".join(applying) or None,
    ]


def _on(entry: NewEntry) -> str:
    if entry.group.workspace:
        return "the workspace"
    values = entry.values
    named = values.get("repositories")
    some = [first_names(named, _FEW)] if named else []
    project = [f"in {values['project']}"] if values.get("project") else []
    return ", ".join([*some, *project, *(f"not {glob}" for glob in values.get("exclude") or ())])


def _summary(imported: Import) -> list[str]:
    """What there is to know at the end."""
    count = len(imported.entries)
    entries = f"{counted(count, 'new entry')} for {counted(imported.hooks, 'hook')}"
    more = {
        "already declared": imported.declared,
        "managed already": imported.managed,
        "read-only": imported.read_only,
        "left out": imported.left_out,
    }
    counts = [f"{number:,} {text}" for text, number in more.items() if number]
    lines = ["; ".join([entries if count else "nothing to import", *counts])]
    if imported.awaiting:
        awaiting = first_names(imported.awaiting, _MOST)
        lines.append(f"await a secret (set on Bitbucket, not managed): {awaiting}")
    return lines


def _as_json(file: File, imported: Import, *, write: bool, plain: bool) -> dict[str, Any]:
    return {
        "version": 1,
        "file": file.path.name,
        "written": write and bool(imported.entries),
        "entries": [
            {
                **{key: value for key, value in entry.values.items() if key != "url"},
                "url": entry.shown_url,
                "urlEncrypted": entry.url_is_secret and not plain,
                "secretSet": entry.group.kind.secret_set,
                "hooks": {
                    subject.repository or "": live.uuid
                    for subject, live in entry.group.hooks.items()
                },
            }
            for entry in imported.entries
        ],
        "awaitingSecret": imported.awaiting,
        "figures": {
            "entries": len(imported.entries),
            "hooks": imported.hooks,
            "declared": imported.declared,
            "managed": imported.managed,
            "readOnly": imported.read_only,
            "leftOut": imported.left_out,
        },
        "leftOut": list(imported.reasons),
        "doubts": list(imported.doubts),
    }
