"""What commands and public names say of themselves: enough to use them without the handbook."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click
import pytest

import bitbucket_hooks
from bitbucket_hooks.cli import main

WIDTH = 80
PLAIN = ("events",)  # ends with 0 alone


def commands(command: click.Command, way: str) -> Iterator[tuple[str, click.Command]]:
    """Give a command and all below it, each by how it is called."""
    yield way, command
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from commands(each, f"{way} {name}")


COMMANDS = dict(commands(main, "bitbucket-hooks"))


@pytest.mark.parametrize("way", COMMANDS)
def test_a_command_and_its_options_have_help(way: str) -> None:
    """In sentences."""
    command = COMMANDS[way]
    assert (command.help or "").rstrip().endswith(".")
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert [
        one.opts[-1] for one in options if not (one.help or "").rstrip(" ]").endswith(".")
    ] == []


@pytest.mark.parametrize(
    "way", [way for way, one in COMMANDS.items() if isinstance(one, click.Group)]
)
def test_lists_of_commands_cut_nothing_off(way: str) -> None:
    """On a terminal of 80 columns, what each is for can be read to its end."""
    context = click.Context(COMMANDS[way], info_name=way, terminal_width=WIDTH)
    told = COMMANDS[way].get_help(context).partition("Commands:")[2]
    assert told
    assert "..." not in told


def test_the_list_of_commands_says_what_each_one_says() -> None:
    """The top group imports no command for its help, and yet has the first sentence of each."""
    told = main.get_help(click.Context(main, terminal_width=200)).partition("Commands:")[2]
    assert [line.split(maxsplit=1) for line in told.strip().splitlines()] == [
        [name, command.get_short_help_str(200)] for name, command in sorted(main.commands.items())
    ]


@pytest.mark.parametrize("name", [name for name in main.commands if name not in PLAIN])
def test_exit_codes_are_told(name: str) -> None:
    """By each command of the top, or those below it."""
    command = main.commands[name]
    told = [one.help or "" for _, one in commands(command, name)]
    assert any("xits with" in " ".join(text.split()) for text in told)


@pytest.mark.parametrize(
    "name", [name for name in bitbucket_hooks.__all__ if name.startswith(("get_", "verify_"))]
)
def test_functions_say_what_they_raise(name: str) -> None:
    """And when."""
    told = " ".join((inspect.getdoc(getattr(bitbucket_hooks, name)) or "").split())
    assert "Raises " in told or "error is raised" in told


@pytest.mark.parametrize(
    "name",
    [
        *("Hook", "HookFleet", "WorkspaceHook", "Provider"),
        *("RepositoryHooksExclusive", "WorkspaceHooksExclusive"),
    ],
)
def test_resources_say_how_mistakes_are_reported(name: str) -> None:
    """By the engine, beside the resource."""
    told = " ".join((inspect.getdoc(getattr(bitbucket_hooks, name)) or "").split())
    assert "reported by the engine" in told
