"""The `hooks` of a stack's configuration: typed, and checked as a whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeGuard

import cattrs
from attrs import frozen
from cattrs.gen import make_dict_structure_fn, override

from bitbucket_hooks.errors import ConfigError, printable
from bitbucket_hooks.model.rules import (
    HOOK_RULES,
    Context,
    Problem,
    Rule,
    boolean,
    problem,
    slugs,
)

KEY: Final = "bitbucket-hooks:hooks"

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@frozen
class Entry:
    """One declared hook: on the listed repositories, or on the workspace. None: not given."""

    name: str
    url: str
    repositories: tuple[str, ...] = ()
    workspace: bool = False
    description: str | None = None
    events: tuple[str, ...] | None = None
    active: bool | None = None
    secret: str | None = None
    secret_from: str | None = None
    skip_cert_verification: bool | None = None
    history_enabled: bool | None = None
    adopt: str | None = None
    protect: bool = False


def _name(value: Any, _: Context) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise problem("must be a short name of letters, digits, . _ and -")
    return value


def _repositories(value: Any, context: Context) -> list[str]:
    if not isinstance(value, list) or not value:
        raise problem("must be a list with at least one repository")
    named = slugs(value, context)
    doubled = sorted({one for one in named if named.count(one) > 1})
    if doubled:
        raise problem(f"names {', '.join(doubled)} twice; remove one")
    return named


RULES: Final[Mapping[str, Rule]] = {
    "name": _name,
    "repositories": _repositories,
    "workspace": boolean,
    "protect": boolean,
    **HOOK_RULES,
}


def structure(
    value: Any, context_of: Callable[[str], Context], *, key: str = KEY
) -> tuple[Entry, ...]:
    """Read all entries; `context_of` gives the rules' context for a kind of subject.

    Raises ConfigError with every mistake at once, each with its path and the remedy.
    """
    if not isinstance(value, list):
        raise ConfigError(f"{key}: must be a list of hooks, each with name, url and repositories")
    checked = [_checked(entry, f"{key}[{i}]", context_of) for i, entry in enumerate(value)]
    problems = [text for _, found in checked for text in found]
    problems += _doubled([entry for entry, _ in checked], key)
    if problems:
        raise ConfigError("\n".join(problems))
    return tuple(_converter.structure(entry, Entry) for entry, _ in checked)


def _checked(
    entry: Any, path: str, context_of: Callable[[str], Context]
) -> tuple[dict[str, Any], list[str]]:
    if not _is_mapping(entry):
        return {}, [f"{path}: must be a mapping with name, url and repositories"]
    context = context_of("workspace" if entry.get("workspace") is True else "repository")
    values: dict[str, Any] = {}
    problems = [f"{path}{text}" for text in _incomplete(entry)]
    for name in [name for name in RULES if entry.get(name) is not None]:
        try:
            values[name] = RULES[name](entry[name], context)
        except Problem as error:
            problems += [f"{path}.{name}{place}: {text}" for place, text in error.parts]
    return values, problems


def _is_mapping(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def _incomplete(entry: Mapping[str, Any]) -> Iterable[str]:
    for name in sorted(entry.keys() - RULES.keys(), key=str):
        yield f".{printable(str(name), 60)}: is no key of a hook; there are {', '.join(RULES)}"
    for name in ("name", "url"):
        if entry.get(name) is None:
            yield f".{name}: is required"
    if entry.get("workspace") is True and entry.get("repositories") is not None:
        yield ".repositories: is given together with workspace: true; keep one of the two"
    if entry.get("workspace") is not True and entry.get("repositories") is None:
        yield ".repositories: is required; list the repositories, or set workspace: true"
    if entry.get("secret") is not None and entry.get("secretFrom") is not None:
        yield ".secret: is given together with secretFrom; keep one of the two"


def _doubled(entries: list[dict[str, Any]], key: str) -> Iterable[str]:
    names = [entry.get("name") for entry in entries]
    for i, name in enumerate(names):
        if name is not None and name in names[:i]:
            yield f'{key}[{i}].name: "{name}" is the name of [{names.index(name)}] too; rename one'


_converter: Final = cattrs.Converter(forbid_extra_keys=True)
_converter.register_structure_hook(
    Entry,
    make_dict_structure_fn(
        Entry,
        _converter,
        secret_from=override(rename="secretFrom"),
        skip_cert_verification=override(rename="skipCertVerification"),
        history_enabled=override(rename="historyEnabled"),
    ),
)
