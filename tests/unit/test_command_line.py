"""Rules that every command keeps: help, STACK, `--json`, files, and what is the engine's."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner, Result

from bitbucket_hooks.cli import main
from support.report_runs import events, hook, root, state, step
from support.sandbox import Sandbox

_ENGINE = """#!/bin/sh
echo "$*" >>"$HEARD"
case "$1 $2" in
"stack history") echo '[]'; exit ;;
esac
case $1 in
config) echo '{}'; exit ;;
stack) echo dev; exit ;;
plugin) exit ;;
esac
which=$EVENTS/$1
while [ "$1" != --event-log ]; do shift; done
cat "$which" >"$2"
exit "${CODE:-0}"
"""
URL = "https://ci.example.com/"
NEW = step("create", "Hook", "ci", None, state(hook()))
GONE = step("refresh", "Hook", "ci", state(hook()), None)
MANY = [step("delete", "Hook", f"old{n}", state(hook())) for n in range(6)]


def all_commands(command: click.Command, way: str = "") -> Iterator[tuple[str, click.Command]]:
    """Give a command and all below it, by how each is called."""
    yield way, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from all_commands(below, f"{way} {name}".strip())


COMMANDS = dict(all_commands(main))
GROUPS = [command for command in COMMANDS.values() if isinstance(command, click.Group)]
LEAVES = {way: command for way, command in COMMANDS.items() if command not in GROUPS}
OPTIONS = [
    (way, option)
    for way, command in LEAVES.items()
    for option in command.params
    if isinstance(option, click.Option)
]
WITH_VALUE = [(way, option) for way, option in OPTIONS if not (option.is_flag or option.count)]
IDS = [f"{way} {option.opts[-1]}" for way, option in WITH_VALUE]
SERVES = "sandbox serve"  # it runs until it is stopped

EXAMPLES = {
    "new": "made --sandbox",
    "check": "dev",
    "preview": "dev",
    "up": "dev --yes",
    "drift": "dev",
    "report": "run.json",
    "doctor": "dev",
    "history": "dev",
    "stacks list": "",
    "stacks preview": "dev",
    "stacks up": "dev --yes",
    "inventory": "acme",
    "import": "acme --stack dev",
    "events": "",
    "ip-ranges": "",
    "send": "repo:push --url http://127.0.0.1:1/",
    "verify": "run.json --secret-from env:HOOK_SECRET --signature sha256=0",
    "completion": "bash",
    "plugin install": "",
    "sandbox hooks": "",
    "sandbox add-hook": f"acme/api {URL}",
    "sandbox change-hook": "acme/web --inactive",
    "sandbox delete-hook": "acme/web",
    "sandbox trigger": "acme/web repo:fork",
    "sandbox history": "acme/web",
    "sandbox repositories": "",
    "sandbox add-repository": "acme/new",
    "sandbox rename-repository": "acme/web new",
    "sandbox delete-repository": "acme/web",
    "sandbox add-token": "acme",
    "sandbox add-pull-request": "acme/web",
    "sandbox comments": "acme/web 1",
    "sandbox set": "",
    "sandbox requests": "",
}
FAILURES = (
    "check nosuch",
    "doctor nosuch",
    "drift dev --diff",
    "events --nosuch",
    "import nosuch --stack dev",
    "inventory nosuch",
    "report nosuch",
    "sandbox hooks nosuch",
    "sandbox requests --clear",
    "send nosuch",
    "stacks list nosuch",
    "stacks list --matrix bitbucket",
    "stacks list --matrix github",
    "up dev",
    "up dev --reviewed reviewed.json",
    "verify nosuch --secret-from env:HOOK_SECRET --signature x",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a project with a stack over a sandbox, a hook in that, and an engine."""
    home = tmp_path / "project"
    home.mkdir()
    monkeypatch.chdir(home)
    (home / "Pulumi.yaml").write_text("name: hooks\nruntime: python\n")
    config = {"bitbucket:apiUrl": f"sandbox:{sandbox.path}", "bitbucket:workspace": "acme"}
    (home / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}))
    sandbox.plant_hook("acme/web", URL, description="CI", history_enabled=True)
    sandbox.plant_pull_request("acme/web")
    (home / "run.json").write_text(events(root(), NEW, preview=True))
    engine = tmp_path / "bin" / "pulumi"
    engine.parent.mkdir()
    engine.write_text(_ENGINE)
    engine.chmod(0o755)
    for name, value in {
        "BITBUCKET_API_URL": f"sandbox:{sandbox.path}",
        "EVENTS": str(engine.parent),
        "HEARD": str(tmp_path / "heard"),
        "HOOK_SECRET": "canary",
        "PATH": os.pathsep.join([str(engine.parent), os.environ["PATH"]]),
    }.items():
        monkeypatch.setenv(name, value)
    happens(tmp_path, NEW, NEW, GONE)
    return home


def happens(path: Path, preview: Any, up: Any, refresh: Any = None) -> None:
    """Say what the engine's runs come to."""
    for name, found in (("preview", preview), ("up", up), ("refresh", refresh)):
        steps = found if isinstance(found, list) else [found] if found else []
        is_preview = name != "up"
        first = root("refresh") if name == "refresh" else root()
        (path / "bin" / name).write_text(events(first, *steps, preview=is_preview))


def run(command: str, *more: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, [*shlex.split(command), *more])


# help


def test_every_command_and_option_has_help() -> None:
    """So that `--help` and the reference say what each is for."""
    options = {
        (way, option.opts[-1]): option.help
        for way, command in COMMANDS.items()
        for option in command.params
        if isinstance(option, click.Option)
    }
    assert [way for way, command in COMMANDS.items() if not command.help] == []
    assert [name for name, text in options.items() if not text] == []


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_lists_of_commands_cut_nothing_off(group: click.Group) -> None:
    """On a terminal of 80 columns, what each is for can be read to its end."""
    text = group.get_help(
        click.Context(group, terminal_width=80, **group.context_settings)
    ).partition("Commands:")[2]
    assert text
    assert "..." not in text


@pytest.mark.parametrize("way", COMMANDS)
def test_help_fits_a_terminal(way: str) -> None:
    """Of 80 columns."""
    context = click.Context(
        COMMANDS[way], info_name=way, terminal_width=80, **main.context_settings
    )
    assert [line for line in COMMANDS[way].get_help(context).splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("way", [*filter(None, COMMANDS)])
def test_help_has_examples(folder: Path, way: str) -> None:
    """Which the commands take."""
    (folder / "reviewed.json").write_text("{}")
    lines = (COMMANDS[way].epilog or "").replace("\\\n", "").splitlines()
    called = [line.strip() for line in lines if "bitbucket-hooks " in line]
    assert called
    for line in called:
        words = shlex.split(re.split(" [>|] ?", line)[0])
        if words[0] == "bitbucket-hooks":
            group = " ".join(words[1:3]) in COMMANDS
            name, args = " ".join(words[1 : 2 + group]), words[2 + group :]
            COMMANDS[name].make_context(name, args)


def test_the_list_of_commands_says_what_each_one_says() -> None:
    """The top group imports no command for its help, and yet has the first sentence of each."""
    text = main.get_help(
        click.Context(main, terminal_width=200, **main.context_settings)
    ).partition("Commands:")[2]
    assert [line.split(maxsplit=1) for line in text.strip().splitlines()] == [
        [name, command.get_short_help_str(200)] for name, command in sorted(main.commands.items())
    ]


def test_help_is_quick() -> None:
    """That of no command loads Pulumi, the HTTP library or the sandbox's server."""
    script = (
        "import sys\nfrom bitbucket_hooks.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "few = {'pulumi', 'requests', 'rich', 'attrs', 'difflib'} & sys.modules.keys()\n"
        f"for way in {[*COMMANDS]}: main([*way.split(), '--help'], standalone_mode=False)\n"
        "print(few, {'pulumi', 'requests', 'rich', 'werkzeug'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "set() set()"


# --json


def test_every_command_prints_json() -> None:
    """By a flag of one name and one help; the list of examples here is whole."""
    flags = [(way, option) for way, option in OPTIONS if "--json" in option.opts]
    assert [way for way, _ in flags] == [way for way in LEAVES if way != SERVES]
    assert {(option.is_flag, option.help) for _, option in flags} == {(True, "Print JSON.")}
    assert set(EXAMPLES) == set(LEAVES) - {SERVES}


@pytest.mark.parametrize("way", EXAMPLES)
def test_json_alone_is_printed(way: str) -> None:
    """Whatever else there is to say comes on standard error."""
    done = run(f"{way} {EXAMPLES[way]}", "--json")
    assert json.loads(done.stdout) is not None, done.output


@pytest.mark.parametrize("command", FAILURES)
def test_a_failure_prints_json_or_nothing(command: str) -> None:
    """The exit code is the same as without."""
    run("preview dev --save reviewed.json")
    happens(Path.cwd().parent, MANY[:1], MANY[:1])
    code = run(command).exit_code
    done = run(command, "--json")
    assert done.exit_code == code, done.output
    assert not done.stdout or json.loads(done.stdout)
    assert done.stdout or done.stderr


@pytest.mark.parametrize(
    ("command", "preview", "code", "is_preview"),
    [
        ("preview dev", NEW, 3, True),
        ("up dev --yes", NEW, 0, False),
        ("up dev --yes", None, 0, True),  # there is nothing to do
        ("up dev", NEW, 1, True),  # nobody is there to be asked
        ("up dev --yes", MANY, 1, True),  # refused
        ("up dev --reviewed reviewed.json", MANY[:1], 3, True),
        ("up dev --reviewed reviewed.json", NEW, 0, False),
    ],
)
def test_the_one_document_of_a_run(
    tmp_path: Path, command: str, preview: Any, code: int, *, is_preview: bool
) -> None:
    """Is of the last thing that was done, and says what changes."""
    run("preview dev --save reviewed.json")
    happens(tmp_path, preview, preview)
    for how in ("--json", "--format=json"):
        done = run(command, how)
        document = json.loads(done.stdout)
        assert done.exit_code == code, done.output
        assert document["run"]["preview"] == is_preview
        assert document["changes"] == (preview is not None)


def test_what_is_read_before_a_question() -> None:
    """The preview, for people on standard error where a program reads the output."""
    plain, json_ = run("up dev"), run("up dev --json")
    assert "Webhooks of" in plain.stdout
    assert "Webhooks of" in json_.stderr
    assert plain.stdout.count("Webhooks of") == 1


def test_several_stacks() -> None:
    """Each with its exit code and its changes."""
    for command, code in (("preview", 3), ("up --yes", 0)):
        (done,) = json.loads(run(f"stacks {command} dev --json").stdout)
        assert (done["stack"], done["exitCode"], done["changes"]["changes"]) == ("dev", code, True)
        assert done["changes"]["run"]["preview"] == (command == "preview")


# FILE


@pytest.mark.parametrize("command", ["report run.json", "preview dev", "up dev --yes", "drift dev"])
def test_a_report_in_a_file(folder: Path, command: str) -> None:
    """Beside what is printed, which may be JSON too."""
    done = run(command, "--json", "--json-file", "it.json")
    assert json.loads((folder / "it.json").read_text()) == json.loads(done.stdout)


@pytest.mark.parametrize("given", [["--json", "it.json"], ["--json=it.json"]])
@pytest.mark.parametrize("command", ["report", "preview", "up --yes", "drift"])
def test_the_option_of_a_file_as_it_was(folder: Path, command: str, given: list[str]) -> None:
    """Says what it is now."""
    done = run(command, *given)
    assert done.exit_code == 1
    assert "write `--json-file it.json` for a file" in done.stderr
    assert not (folder / "it.json").exists()


def test_a_file_after_json_that_may_be_a_stack() -> None:
    """Is said to be none, unless there is such a stack."""
    noted = "Note: --json takes no file"
    done = run("drift", "--json", "out")
    assert noted in done.stderr
    assert "write `--json-file out` for a file" in done.stderr
    for words in (("dev",), ("--refresh",), ("dev", "--refresh")):
        assert noted not in run("preview", "--json", *words).stderr
    assert noted not in run("report", "--json", "run.json").stderr


@pytest.mark.parametrize(
    "words",
    [
        ("report", "--html", "it", "--json-file", "./it"),
        ("report", "it", "--json-file", "it"),
        ("preview", "--save", "it", "--markdown", "it"),
        ("inventory", "acme", "--csv", "it", "--html", "it"),
        ("up", "--reviewed", "it", "--json-file", "it"),
    ],
)
def test_two_files_of_one_name(folder: Path, words: tuple[str, ...]) -> None:
    """Are refused: one would overwrite the other."""
    (folder / "it").write_text("as it was")
    done = run(*words)
    assert done.exit_code == 1
    assert "name the same file, " in done.stderr
    assert (folder / "it").read_text() == "as it was"


def test_files_are_paths() -> None:
    """So that the next test means them all."""
    context, words = click.Context(click.Command("any")), ("FILE", "PATH", "FOLDER")
    named = {
        option.opts[-1]: option.type
        for _, option in WITH_VALUE
        if option.make_metavar(context) in words or "file" in (option.help or "").split()
    }
    assert [name for name, kind in named.items() if not isinstance(kind, click.Path)] == []
    assert len(named) > 8


@pytest.mark.parametrize(("way", "option"), WITH_VALUE, ids=IDS)
def test_no_option_takes_another(folder: Path, way: str, option: click.Option) -> None:
    """For its value; an option of a file takes nothing that looks like one."""
    name = option.opts[-1]
    before = sorted(folder.iterdir())
    values = ["--help", name]
    if isinstance(option.type, click.Path):
        values += ["--nosuch", "-x.json", *([] if option.type.allow_dash else ["-"])]
    for value in values:
        done = run(f"{way} {EXAMPLES.get(way, '')}", name, value)
        assert done.exit_code == 1, done.output
        assert f"{name} takes a" in done.stderr
        assert f", not {value}; write `{name} " in done.stderr
    assert sorted(folder.iterdir()) == before


def test_a_text_may_begin_with_a_dash() -> None:
    """Where it is no option."""
    done = run("report run.json --title '- ours'")
    assert done.stdout.startswith("- ours\n")


def test_a_shell_completes_what_is_not_yet_right() -> None:
    """Without an error between the words."""
    completing = {
        "_BITBUCKET_HOOKS_COMPLETE": "bash_complete",
        "COMP_WORDS": "bitbucket-hooks preview --html --fail --js",
        "COMP_CWORD": "4",
    }
    done = CliRunner(env=completing).invoke(main, prog_name="bitbucket-hooks")
    assert done.output.split() == ["plain,--json", "plain,--json-file"]


# STACK


def test_the_stack_is_an_argument_wherever_it_is_an_option() -> None:
    """And of every command that has a stack."""
    arguments = {
        way
        for way, command in LEAVES.items()
        for argument in command.params
        if isinstance(argument, click.Argument)
        and "STACK" in argument.make_metavar(click.Context(command))
    }
    options = {way for way, option in OPTIONS if "--stack" in option.opts} - {"new"}  # makes it
    assert options == {"preview", "up", "drift", "doctor", "send", "import", "inventory"}
    assert arguments == options | {"check", "history"}


@pytest.mark.parametrize("command", ["preview", "up --yes", "drift"])
@pytest.mark.parametrize("stack", ["dev", "-s dev", "--stack dev", "dev --stack=dev"])
def test_the_stack_and_what_is_the_engines(tmp_path: Path, command: str, stack: str) -> None:
    """Come to the engine; what stands after `--` does as it is."""
    assert run(f"{command} {stack} -- --parallel 4 --help").exit_code in (0, 3)
    runs = [line for line in (tmp_path / "heard").read_text().splitlines() if "-log" in line]
    assert len(runs) == (2 if command.startswith("up") else 1)
    assert all(" --stack dev --parallel 4 --help --event-log " in line for line in runs)


@pytest.mark.parametrize("command", ["preview", "up", "drift"])
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("dev --diff", "no option --diff here; write options of `pulumi` after --, as in `"),
        ("dev --diff", "{} STACK -- --diff`"),
        ("--josn", "did you mean --json"),
        ("-- dev", "and dev is none; write the stack before --"),
        ("dev --stack prod", "STACK and --stack name two stacks; give one of them"),
        ("dev prod", "unexpected extra argument (prod)"),
    ],
)
def test_what_is_given_in_the_wrong_place(
    tmp_path: Path, command: str, given: str, message: str
) -> None:
    """Is said in a line, before the engine is asked."""
    done = run(f"{command} {given}")
    assert done.exit_code == 1
    assert message.format(command) in done.stderr
    assert not (tmp_path / "heard").exists()
