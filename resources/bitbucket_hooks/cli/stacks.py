"""`bitbucket-hooks stacks`: list the stacks, as a matrix for CI too, and run several of them."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any, Final

import click
import yaml
from click.shell_completion import CompletionItem

from bitbucket_hooks.cli import completing, output
from bitbucket_hooks.cli.command import CommandGroup, examples, refresh_option, with_options
from bitbucket_hooks.cli.progress import progress
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.exit_codes import DIFFERENCE, REMOTE_FAILED, USERS_MISTAKE
from bitbucket_hooks.model.part import Part
from bitbucket_hooks.runs.many_stacks import ManyStacks
from bitbucket_hooks.stack.offline import summaries, with_shared_limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bitbucket_hooks.runs.many_stacks import Done
    from bitbucket_hooks.stack.offline import StackSummary

_LIST: Final = "list"
_WORST_FIRST: Final = (USERS_MISTAKE, REMOTE_FAILED, DIFFERENCE, 0)
_SCRIPT: Final = "ci/preview.sh"


def _part(_: click.Context, __: click.Parameter, value: str | None) -> Part | None:
    """Read `--part`. Raises BadParameter."""
    if value is None:
        return None
    try:
        return Part.parse(value)
    except ValueError as wrong:
        raise click.BadParameter(
            f"{printable(value, 60)} is no part: {wrong}; write INDEX/COUNT"
        ) from None


_choice = with_options(
    click.argument("globs", metavar="[GLOB]…", nargs=-1, shell_complete=completing.stack_names),
    click.option(
        "--part",
        metavar="INDEX/COUNT",
        callback=_part,
        help="Of these stacks the part INDEX, from 0, of COUNT parts: for COUNT runners.",
    ),
)
_run_options = with_options(
    _choice,
    click.option(
        "--at-once",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="How many run side by side; together they keep to the limit of each identity.",
    ),
    refresh_option,
    output.json_option,
)


class _Stacks(CommandGroup):
    """Lists, without a command of its own."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Take what names no command for what `list` is given."""
        commands = (*self.commands, *context.help_option_names)
        # where a shell completes the first word, it may become a command
        is_list = args[0] not in commands if args else not context.resilient_parsing
        if is_list:
            args = [_LIST, *args]
        return super().parse_args(context, args)

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """A command, or a stack to be listed."""
        names = completing.stacks(incomplete)
        return [*super().shell_complete(context, incomplete), *map(CompletionItem, names)]


@click.group(
    cls=_Stacks,
    epilog=examples(
        "bitbucket-hooks stacks prod-eu prod-us",
        "bitbucket-hooks stacks preview --at-once 4",
    ),
)
def stacks() -> None:
    """List the project's stacks, or run several of them.

    Without a command they are listed.
    """


@stacks.command(_LIST, epilog=examples("bitbucket-hooks stacks list eu us --matrix github"))
@_choice
@output.json_option
@output.wide_option
@click.option(
    "--matrix",
    type=click.Choice(("github", "bitbucket")),
    help="Print what makes a CI run them side by side, each with its part of the limit.",
)
@click.option(
    "--script", default=_SCRIPT, show_default=True, help="What a step runs, before the stack."
)
def list_(globs: tuple[str, ...], *, part: Part | None, matrix: str | None, script: str) -> None:
    """List the stacks that have a file, offline."""
    found = summaries(globs, part)
    for stack in found:  # it may have more hooks than it seems to have
        for problem in stack.problems:
            output.warn(f"{stack.stack}: {problem}")
    if matrix is None and output.wants_json():
        output.as_json([_as_json(stack) for stack in found])
    elif matrix is None:
        headings = ("stack", "hooks in config", "workspace", "account", "requests an hour")
        output.table(
            headings,
            [
                (stack.stack, stack.hooks, stack.workspace, stack.identity, stack.rate_limit)
                for stack in found
            ],
            _none(part),
            wide=("requests an hour",),
        )
    else:
        parts = with_shared_limits(found)
        _note_own_limits(found, parts)
        _print_matrix(matrix, parts, script)


@stacks.command(epilog=examples("bitbucket-hooks stacks preview eu us --at-once 2"))
@_run_options
def preview(globs: tuple[str, ...], *, part: Part | None, at_once: int, refresh: bool) -> int:
    """Preview several stacks, side by side if you like.

    Exits with the worst of their exit codes: 1 for a mistake, 2 when the remote side failed, 3
    when anything changes, 0 when nothing does.
    """
    return _run(globs, part, ["preview"], at_once, refresh=refresh)


@stacks.command(epilog=examples("bitbucket-hooks stacks up prod-eu prod-us --yes"))
@_run_options
@click.option("--yes", is_flag=True, required=True, help="Say that this is meant.")
def up(globs: tuple[str, ...], *, part: Part | None, at_once: int, refresh: bool, yes: bool) -> int:
    """Update several stacks, without a question.

    One that fails stops no other. Exits with the worst of their exit codes: 1 for a mistake, 2
    when the remote side failed, 0 when all is done.
    """
    said = ["--yes"] if yes else []
    return _run(globs, part, ["up", *said], at_once, refresh=refresh)


def _run(
    globs: Sequence[str],
    part: Part | None,
    command: Sequence[str],
    at_once: int,
    *,
    refresh: bool,
) -> int:
    names = [stack.stack for stack in summaries(globs, part)]
    as_json = output.wants_json()
    more = [*(["--refresh"] if refresh else []), *(["--json"] if as_json else [])]
    done = {}
    with progress(command[0]) as line:

        def complain(stack: str, text: str) -> None:
            with line.aside():
                output.meanwhile(f"{output.text(stack)}: {output.text(text)}")

        for run in ManyStacks([*command, *more], at_once, complain).run(names):
            done[run.stack] = run
            if not as_json:
                with line.aside():
                    click.echo(run.printed, nl=False)
            line.notify(f"{len(done)} of {len(names)} stacks")
    ended = [done[name] for name in names]
    if as_json:
        output.as_json([_outcome(run) for run in ended])
    else:
        rows = [(run.stack, "not started" if run.code is None else run.code) for run in ended]
        output.table(("stack", "exit code"), rows, _none(part))
    codes = (USERS_MISTAKE if run.code is None else run.code for run in ended)
    return min(codes, key=_rank, default=0)


def _none(part: Part | None) -> str:
    """What is said in place of a table without rows."""
    return f"There are no stacks in part {part}." if part else "There are no stacks here."


def _outcome(done: Done) -> dict[str, Any]:
    try:
        changes = json.loads(done.printed)
    except ValueError:  # it failed before there was anything to tell
        changes = None
    return {"stack": done.stack, "exitCode": done.code, "changes": changes}


def _rank(code: int) -> int:
    return _WORST_FIRST.index(code) if code in _WORST_FIRST else -1


def _as_json(stack: StackSummary) -> dict[str, Any]:
    return {
        "stack": stack.stack,
        "hooks": stack.hooks,
        "workspace": stack.workspace,
        "apiUrl": stack.api_url,
        "account": stack.identity,
        "rateLimit": stack.rate_limit,
        "problems": list(stack.problems),
    }


def _note_own_limits(found: Sequence[StackSummary], parts: Sequence[StackSummary]) -> None:
    """Say where the part can't take hold."""
    for whole, part in zip(found, parts, strict=True):
        if whole.own_limit and whole.rate_limit != part.rate_limit:
            output.warn(
                f"{whole.stack}: its files say bitbucket:rateLimit {whole.rate_limit}, which holds "
                f"over BITBUCKET_RATE_LIMIT; beside the others it may have {part.rate_limit}; take "
                "the key out, or run it alone"
            )


def _print_matrix(kind: str, parts: Sequence[StackSummary], script: str) -> None:
    if kind == "github":
        include = [
            {"stack": stack.stack, **({"rateLimit": limit} if (limit := _part_of(stack)) else {})}
            for stack in parts
        ]
        click.echo(json.dumps({"include": include}))
        return
    block = [{"parallel": [{"step": _step(stack, script)} for stack in parts]}]
    if output.wants_json():
        output.as_json(block)
        return
    click.echo(yaml.safe_dump(block, sort_keys=False, width=1000), nl=False)


def _part_of(stack: StackSummary) -> int | None:
    """What a step has to be told to keep to."""
    return None if stack.shares_budget else stack.rate_limit


def _step(stack: StackSummary, script: str) -> dict[str, Any]:
    part = _part_of(stack)
    limit = f"BITBUCKET_RATE_LIMIT={part} " if part else ""
    return {
        "name": stack.stack,
        "caches": ["engine", "packages"],
        "script": [f"{limit}{script} {shlex.quote(stack.stack)}"],
    }
