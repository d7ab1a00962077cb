"""What stands in the regions that are generated: constructors and docs, from the tables."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from attrs import NOTHING

from bitbucket_hooks.model.resources import RESOURCES, Output
from bitbucket_hooks.model.settings import NAMESPACE, SETTINGS, Setting
from bitbucket_hooks.model.webhook import ARGUMENTS, Property

Lines: TypeAlias = Callable[[], Iterable[str]]

PROGRAM: Final = "resources/bitbucket_hooks/program"
WIDTH: Final = 100

_INPUTS: Final = {str: "str", bool: "bool", tuple: "Collection[pulumi.Input[str]]"}
_OUTPUTS: Final = {
    str: "str",
    bool: "bool",
    int: "int",
    tuple: "Sequence[str]",
    dict: "Mapping[str, str]",
}


def _docstring(text: str, note: str = "") -> Iterator[str]:
    """A docstring for an attribute, on a line or with a second paragraph."""
    if note:
        yield from (f'"""{text}', "", *textwrap.wrap(note, WIDTH - 4), '"""')
    else:
        yield f'"""{text}"""'


def _arguments(arguments: Iterable[Property]) -> Lines:
    def lines() -> Iterator[str]:
        for known in arguments:
            hidden = "field(default=None, repr=False)" if known.secret else "None"
            yield f"{known.name}: pulumi.Input[{_INPUTS[known.kind]}] | None = {hidden}"
            yield from _docstring(known.summary, known.whole_note)

    return lines


def _outputs(*outputs: Output) -> Lines:
    def lines() -> Iterator[str]:
        for known in outputs:
            maybe = " | None" if known.absent else ""
            yield f"{known.name}: pulumi.Output[{_OUTPUTS[known.kind]}{maybe}]"
            yield from _docstring(known.summary("None"))

    return lines


def _parameters(types: Mapping[str, str]) -> Iterator[str]:
    for name, kind in sorted(types.items()):
        yield f"{name}: pulumi.Input[{kind}] | None = None,"


def _constructor(resource: str) -> dict[str, Lines]:
    arguments = {known.name: _INPUTS[known.kind] for known in RESOURCES[resource].arguments}
    return {
        "parameters": lambda: _parameters(arguments),
        "keywords": lambda: (f'"{name}": {name},' for name in sorted(arguments)),
    }


def _table_of_properties() -> Iterator[str]:
    yield "| in Python | in state and config | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for known in ARGUMENTS.values():
        default = "not managed" if known.managed_when_given else known.fallback
        default = "required" if known.default is NOTHING else default
        meaning = f"{known.doc} {known.note}".strip()
        yield f"| `{known.name}` | `{known.key}` | {default} | {meaning} |"


def _table_of_settings() -> Iterator[str]:
    yield "| key | variable | meaning |"
    yield "| --- | --- | --- |"
    for setting in SETTINGS:
        meaning = f"{setting.doc} {setting.note}".strip()
        yield f"| `{NAMESPACE}:{setting.key}` | `{setting.variable}` | {meaning} |"


_PROVIDER_SETTINGS: Final = tuple(s for s in SETTINGS if s.credential or s.of_provider)


def _provider_arguments() -> Iterator[str]:
    for setting in _PROVIDER_SETTINGS:
        default = "field(default=None, repr=False)" if setting.secret else "None"
        yield f"{setting.name}: pulumi.Input[str] | None = {default}"
        yield from _docstring(setting.doc)


def _provider_outputs() -> Iterator[str]:
    for setting in _PROVIDER_SETTINGS:
        yield f"{setting.name}: pulumi.Output[str | None]"
        yield from _docstring(setting.doc)


def _sorted_names(settings: Iterable[Setting]) -> list[str]:
    return sorted(setting.name for setting in settings)


def _provider() -> dict[str, Lines]:
    names = _sorted_names(_PROVIDER_SETTINGS)
    return {
        "arguments": _provider_arguments,
        "outputs": _provider_outputs,
        "parameters": lambda: _parameters(dict.fromkeys(names, "str")),
        "keywords": lambda: (f"{name}={name}," for name in names),
    }


def _config() -> Iterator[str]:
    """`pulumi_bitbucket.config` has these; the keys that it lacks have no attribute."""
    workspace = [setting for setting in SETTINGS if setting.key == "workspace"]
    yield from (f"{name}: str | None" for name in _sorted_names([*_PROVIDER_SETTINGS, *workspace]))


_HOOK: Final = RESOURCES["Hook"]
_WORKSPACE_HOOK: Final = RESOURCES["WorkspaceHook"]
_FLEET: Final = RESOURCES["HookFleet"]
_REPOSITORIES: Final = RESOURCES["RepositoryHooksExclusive"]
_WORKSPACE: Final = RESOURCES["WorkspaceHooksExclusive"]

REGIONS: Final[Mapping[str, Mapping[str, Lines]]] = {
    f"{PROGRAM}/args.py": {
        "arguments": _arguments(ARGUMENTS.values()),
        "outputs of all hooks": _outputs(*_HOOK.declared),
        "outputs of one hook": _outputs(*_HOOK.computed),
    },
    f"{PROGRAM}/hook.py": {
        "arguments": _arguments(_HOOK.subject),
        "outputs": _outputs(*_HOOK.echoed),
        **_constructor("Hook"),
    },
    f"{PROGRAM}/workspace_hook.py": {
        "arguments": _arguments(_WORKSPACE_HOOK.subject),
        "outputs": _outputs(*_WORKSPACE_HOOK.echoed),
        **_constructor("WorkspaceHook"),
    },
    f"{PROGRAM}/hook_fleet.py": {
        "arguments": _arguments(_FLEET.subject),
        "outputs": _outputs(*_FLEET.echoed, *_FLEET.computed),
        **_constructor("HookFleet"),
    },
    f"{PROGRAM}/exclusive.py": {
        # a Python program may give `hooks` in more forms
        "arguments of both": _arguments([_REPOSITORIES.options["on_unmanaged"]]),
        "outputs of both": _outputs(*_REPOSITORIES.declared, *_REPOSITORIES.computed),
        "arguments of repositories": _arguments(_REPOSITORIES.subject),
        "outputs of repositories": _outputs(*_REPOSITORIES.echoed),
        "arguments of a workspace": _arguments(_WORKSPACE.subject),
        "outputs of a workspace": _outputs(*_WORKSPACE.echoed),
    },
    f"{PROGRAM}/account.py": _provider(),
    "resources/bitbucket_hooks/config.py": {"settings": _config},
    "docs/configuration.md": {"settings": _table_of_settings, "properties": _table_of_properties},
}
"""The lines of each region, by file and name."""
