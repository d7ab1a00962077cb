"""What our commands have in common: how options are read, and the options that many have."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.stack.files import is_stack

file_path: Final = click.Path(dir_okay=False, path_type=Path)
file_or_stdout: Final = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
_STDOUT: Final = "-"
_END_OF_OPTIONS: Final = "--"


class Command(click.Command):
    """A command whose options never take another option for their value."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Read the arguments. Raises UsageError."""
        if not context.resilient_parsing:  # a shell that completes a word wants no errors
            self._check(args, context)
        return super().parse_args(context, args)

    def _check(self, args: Sequence[str], context: click.Context) -> None:
        if any("--json-file" in parameter.opts for parameter in self.params):
            _refuse_file_of_json(args, context)
        given, _, _ = self.make_parser(context).parse_args(list(args))
        for parameter in self.params:
            if isinstance(parameter, click.Option):
                self._refuse_options(parameter, given, context)
        self._refuse_same_file(given, context)

    def _refuse_same_file(self, given: Mapping[str, Any], context: click.Context) -> None:
        """Refuse two options that name one file: the second would overwrite the first."""
        names: dict[str, str] = {}
        for parameter in self.params:
            if not isinstance(parameter.type, click.Path):
                continue
            name = (
                parameter.opts[-1]
                if parameter.opts[-1][0] == "-"
                else parameter.make_metavar(context)
            )
            for path in _texts(given.get(str(parameter.name))):
                other = names.setdefault(os.path.realpath(path), name)
                if other != name and path != _STDOUT:
                    raise click.UsageError(
                        f"{other} and {name} name the same file, {printable(path, 100)}; "
                        "give each a file of its own",
                        context,
                    )

    def _refuse_options(
        self, option: click.Option, given: Mapping[str, Any], context: click.Context
    ) -> None:
        """Refuse a value that is an option; of a path, whatever looks like one."""
        for value in _texts(given.get(str(option.name))):
            if self._is_option(value, option.type, context):
                raise click.UsageError(_swallowed(option, printable(value, 100)), context)

    def _is_option(self, value: str, kind: click.ParamType[Any], context: click.Context) -> bool:
        if isinstance(kind, click.Path):
            return value.startswith("-") and not (kind.allow_dash and value == _STDOUT)
        options = (name for parameter in self.get_params(context) for name in parameter.opts)
        return value.startswith("-") and value in options


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
            click.echo(
                f'Note: --json takes no file, so "{file}" is an argument of its own here; write '
                f"`--json-file {file}` for a file",
                err=True,
            )


def _swallowed(option: click.Option, value: str) -> str:
    name, is_path = option.opts[-1], isinstance(option.type, click.Path)
    what = option.metavar or option.type.name.upper()
    or_else = f", or ./{value} for a file of that name" if is_path else ""
    then = "" if value == _STDOUT else f" {value}"
    return f"{name} takes a {what}, not {value}; write `{name} {what}{then}`{or_else}"


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


def shared_options(
    name: str, options: Mapping[str, Callable[..., Any]]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add options to a command, which gets their values by name, as the one argument `name`."""

    def decorator(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def sharing(**given: Any) -> None:
            values = {option: given.pop(option) for option in options}
            command(**given, **{name: values})

        decorated: Callable[..., None] = sharing
        for option in options.values():
            decorated = option(decorated)
        return decorated

    return decorator


class CommandGroup(click.Group):
    """A group of such commands."""

    command_class = Command


json_option: Final = click.option("--json", "json_", is_flag=True, help="Print JSON.")


def stack_argument(
    text: str = "The stack; default: the selected one.",
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add STACK and `--stack`, which say the same; a command has them as `stack`."""

    def decorator(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def merging(stack: str | None, stack_option: str | None, **given: Any) -> None:
            if stack and stack_option and stack != stack_option:
                raise click.UsageError(
                    "the argument STACK and --stack name two stacks; give one of them"
                )
            command(stack=stack or stack_option, **given)

        option = click.option("-s", "--stack", "stack_option", metavar="STACK", help=text)
        return click.argument("stack", required=False)(option(merging))

    return decorator
