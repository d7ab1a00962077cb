"""What our commands have in common: how options are read, and the options that many have."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.completing import stack_names
from bitbucket_hooks.model.errors import printable, unreadable
from bitbucket_hooks.stack.files import is_stack

Function: TypeAlias = Callable[..., Any]
Decorator: TypeAlias = Callable[[Function], Function]

file_path: Final = click.Path(dir_okay=False, path_type=Path)
file_or_stdout: Final = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
_STDOUT: Final = "-"
_END_OF_OPTIONS: Final = "--"


class Command(click.Command):
    """A command whose options never take another option for their value."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Read the arguments. Raises UsageError."""
        if not context.resilient_parsing:  # a shell that completes a word wants no errors
            if any("--json-file" in parameter.opts for parameter in self.params):
                _refuse_file_of_json(args, context)
            given, _, _ = self.make_parser(context).parse_args(list(args))
            self._refuse_options(given, context)
            self._refuse_same_file(given, context)
        return super().parse_args(context, args)

    def _refuse_options(self, given: Mapping[str, Any], context: click.Context) -> None:
        """Refuse a value that is an option; of a path, whatever looks like one."""
        names = [name for parameter in self.get_params(context) for name in parameter.opts]
        for option in self.params:
            if not isinstance(option, click.Option):
                continue
            name, kind = option.opts[-1], option.type
            is_path = isinstance(kind, click.Path)
            for value in _texts(given.get(str(option.name))):
                is_stdout = isinstance(kind, click.Path) and kind.allow_dash and value == _STDOUT
                if is_stdout or not value.startswith("-") or not (is_path or value in names):
                    continue
                shown, what = printable(value, 100), option.metavar or kind.name.upper()
                then = "" if value == _STDOUT else f" {shown}"
                or_else = f", or ./{shown} for a file of that name" if is_path else ""
                raise click.UsageError(
                    f"{name} takes a {what}, not {shown}; write `{name} {what}{then}`{or_else}",
                    context,
                )

    def _refuse_same_file(self, given: Mapping[str, Any], context: click.Context) -> None:
        """Refuse two options that name one file: the second would overwrite the first."""
        names: dict[str, str] = {}
        for parameter in self.params:
            if not isinstance(parameter.type, click.Path):
                continue
            is_option = isinstance(parameter, click.Option)
            name = parameter.opts[-1] if is_option else parameter.make_metavar(context)
            for path in _texts(given.get(str(parameter.name))):
                other = names.setdefault(os.path.realpath(path), name)
                if other != name and path != _STDOUT:
                    raise click.UsageError(
                        f"{other} and {name} name the same file, {printable(path, 100)}; "
                        "give each a file of its own",
                        context,
                    )


def _texts(given: Any) -> list[str]:
    """What was given for a parameter, also for one that may be given several times."""
    values = given if isinstance(given, (list, tuple)) else [given]
    return [value for value in values if isinstance(value, str)]


def _refuse_file_of_json(args: Sequence[str], context: click.Context) -> None:
    """Refuse `--json FILE`, where FILE would be read as another argument; note what may be one."""
    for word, following in zip(args, [*args, ""][1:], strict=True):
        name, has_value, value = word.partition("=")
        file = printable(value if has_value else following, 100)
        if name != "--json":
            continue
        if has_value or file.endswith(".json"):
            raise click.UsageError(
                f"--json prints JSON and takes no file; write `--json-file {file}` for a file, or "
                "put --json at the end",
                context,
            )
        if file and not file.startswith("-") and not Path(file).exists() and not is_stack(file):
            output.note(
                f'--json takes no file, so "{file}" is an argument of its own here; write '
                f"`--json-file {file}` for a file"
            )


class EngineCommand(Command):
    """A command that hands on what stands after `--` to the engine, as the argument `extra`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Read the arguments up to `--`. Raises UsageError."""
        end = args.index(_END_OF_OPTIONS) if _END_OF_OPTIONS in args else len(args)
        try:
            rest = super().parse_args(context, args[:end])
        except click.NoSuchOption as error:
            option = printable(error.option_name, 100)
            near = " or ".join(error.possibilities or ())
            question = f"did you mean {near}? " if near else ""
            raise click.UsageError(
                f"there is no option {option} here; {question}write options of `pulumi` after --, "
                f"as in `{context.command_path} STACK -- {option}`",
                context,
            ) from None
        extra = tuple(args[end + 1 :])
        if extra and not extra[0].startswith("-"):
            raise click.UsageError(
                f"only options of `pulumi` go after --, and {printable(extra[0], 100)} is none; "
                "write the stack before --",
                context,
            )
        context.params["extra"] = extra
        return rest

    def collect_usage_pieces(self, context: click.Context) -> list[str]:
        """What stands behind the command's name in its usage."""
        return [*super().collect_usage_pieces(context), "[-- PULUMI-ARGUMENT…]"]


class CommandGroup(click.Group):
    """A group of such commands."""

    command_class = Command


def with_options(*options: Decorator) -> Decorator:
    """Add options to a command; its help has them in this order."""
    return lambda command: functools.reduce(
        lambda decorated, option: option(decorated), reversed(options), command
    )


def examples(*commands: str) -> str:
    """Make the end of a command's help: lines that stay as they are."""
    return "\n".join(["\b", "For example:", *(f"  {command}" for command in commands)])


def command(
    *commands: str, name: str | None = None, cls: type[Command] = Command
) -> Callable[[Function], Command]:
    """Make a command of a function, with such examples at the end of its help."""
    return click.command(name, cls=cls, epilog=examples(*commands))


def shared_options(name: str, options: Mapping[str, Decorator]) -> Decorator:
    """Add options to a command, which gets their values by name, as the one argument `name`."""

    def decorator(command: Function) -> Function:
        @functools.wraps(command)
        def sharing(**given: Any) -> Any:
            values = {option: given.pop(option) for option in options}
            return command(**given, **{name: values})

        return with_options(*options.values())(sharing)

    return decorator


def stack_option(name: str, text: str) -> Decorator:
    """Add `--stack`; a command has its value as `name`."""
    return click.option(
        "-s", "--stack", name, metavar="STACK", help=text, shell_complete=stack_names
    )


def stack_argument(text: str = "The stack; default: the selected one.") -> Decorator:
    """Add STACK and `--stack`, which say the same; a command has them as `stack`."""

    def decorator(command: Function) -> Function:
        @functools.wraps(command)
        def merging(stack: str | None, stack_option: str | None, **given: Any) -> Any:
            if stack and stack_option and stack != stack_option:
                raise click.UsageError(
                    "the argument STACK and --stack name two stacks; give one of them"
                )
            return command(stack=stack or stack_option, **given)

        return click.argument("stack", required=False, shell_complete=stack_names)(
            stack_option("stack_option", text)(merging)
        )

    return decorator


refresh_option: Final = click.option(
    "--refresh", is_flag=True, help="Look at the live hooks first: one request per repository."
)
input_argument: Final = click.argument(
    "file", required=False, type=click.Path(dir_okay=False, allow_dash=True)
)


def read_input(file: str | None, missing: str) -> bytes:
    """Read FILE, or what is piped in; `missing` says what to give when there is neither.

    Raises UsageError, or ConfigError for a file that can't be read.
    """
    if file is None and sys.stdin.isatty():
        raise click.UsageError(missing)
    if file in (None, _STDOUT):
        return sys.stdin.buffer.read()
    try:
        return Path(str(file)).read_bytes()
    except OSError as error:
        raise unreadable(file, error) from None
