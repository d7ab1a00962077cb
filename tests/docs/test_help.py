"""Every command and option has help, and a terminal shows all of a list of commands."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from bitbucket_hooks.cli import main

WIDTH = 80


def commands(command: click.Command, way: str) -> Iterator[tuple[str, click.Command]]:
    """Give a command and all below it, each by how it is called."""
    yield way, command
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from commands(each, f"{way} {name}")


COMMANDS = dict(commands(main, "bitbucket-hooks"))


@pytest.mark.parametrize("way", COMMANDS)
def test_a_command_and_its_options_have_help(way: str) -> None:
    """So that `--help` and the reference say what each is for."""
    command = COMMANDS[way]
    assert command.help
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert [option.opts[-1] for option in options if not option.help] == []


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
