"""One hook of a stack config: its keys, where each value comes from, and its mistakes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeGuard

from attrs import field, frozen

from bitbucket_hooks.model.adopt_policy import MATCH, NEVER
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.events import spelled
from bitbucket_hooks.model.globs import is_glob
from bitbucket_hooks.model.rules import (
    Context,
    Problem,
    Rule,
    boolean,
    each,
    events,
    problem,
    slug,
)
from bitbucket_hooks.model.webhook import ARGUMENTS, Property

NAMESPACE: Final = "bitbucket-hooks"
HOOKS_PATH: Final = f"{NAMESPACE}:hooks"
"""Where the entries are written."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PATTERN: Final = re.compile(r"[a-z0-9_.\-*?!\[\]]{1,200}", re.IGNORECASE)
_PROJECT: Final = re.compile(r"[A-Z][A-Z0-9_]{0,127}")


@frozen
class HookEntry:
    """One declared hook: on repositories, or on the workspace. None: not given."""

    name: str
    arguments: Mapping[str, Any] = field(repr=False)
    """Those of a hook that are given, by their names in Python; url and secret may be secrets."""
    project: str | None = None
    workspace: bool = False
    owner: str | None = None
    account: str | None = None
    protect: bool = False

    @property
    def url(self) -> str:
        """The address that receives deliveries."""
        url: str = self.arguments["url"]
        return url


_SET: Final = "or set it with `pulumi config set --path --type"
_QUOTES: Final = f"; in the file, put it in quotes, {_SET} string`"
_NO_QUOTES: Final = f"; in the file, write true or false without quotes, {_SET} bool`"
_NEVER_SHOWN: Final = ("url", "secret", "secretFrom")

_SELECTING: Final = ("repositories", "exclude", "project", "strict")


@frozen
class EntryContext(Context):
    """What the rules of an entry know beyond its values."""

    matching_events: Callable[[str], list[str]]
    """The events that a glob means."""
    workspace: str | None = None
    """The account's own, for an entry that names no owner."""


class Hidden(str):
    """A value that is there, but encrypted: nobody can tell what is wrong with it."""

    __slots__ = ()


def is_name(value: Any) -> TypeGuard[str]:
    """Tell what Pulumi takes as a resource's name everywhere."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _name(value: Any, _: Context) -> str:
    if not is_name(value):
        raise problem("must be a short name of letters, digits, . _ and -")
    return value


def _project(value: Any, _: Context) -> str:
    key = value.strip().upper() if isinstance(value, str) else ""
    if not is_project(key):
        raise problem('must be the key of a project, such as "PLAT" (capitals, digits and _)')
    return key


def is_project(key: str) -> bool:
    """Tell whether it may be the key of a project."""
    return _PROJECT.fullmatch(key) is not None


def _pattern(value: Any, context: Context) -> str:
    if not isinstance(value, str) or not is_glob(value):
        return slug(value, context)
    if not _PATTERN.fullmatch(value):
        raise problem(
            f'is "{printable(value, 60)}", which no slug can match; write letters, digits, . _ - '
            "and * ? [abc] for a glob"
        )
    return value.lower()


def _patterns(value: Any, context: Context) -> list[str]:
    if not isinstance(value, list) or not value:
        raise problem("must be a list with at least one repository or glob")
    named: list[str] = each(_pattern)(value, context)
    doubled = sorted({one for one in named if named.count(one) > 1})
    if doubled:
        raise problem(f"names {', '.join(doubled)} twice; remove one")
    return named


def _excluded(value: Any, context: Context) -> list[str]:
    return [] if value == [] else _patterns(value, context)


def _events(value: Any, context: Context) -> list[str]:
    """The events, with globs expanded: the preview shows which."""
    if not isinstance(value, list) or not isinstance(context, EntryContext):
        return events(value, context)
    meant: list[Any] = []
    wrong: list[tuple[str, str]] = []
    for i, one in enumerate(value):
        found = context.matching_events(one) if isinstance(one, str) and is_glob(one) else [one]
        if not found:
            wrong.append((f"[{i}]", _no_event(one, context)))
        meant += [(i, event) for event in found]
    try:
        known = events([event for _, event in meant], context) if meant or not value else []
    except Problem as error:
        wrong += _at_their_places(error, [i for i, _ in meant])
    if wrong:
        raise Problem(*sorted(wrong, key=lambda part: int(part[0].strip("[]") or 0)))
    return known


def _no_event(pattern: str, context: EntryContext) -> str:
    meant = spelled(pattern)
    found = meant != pattern and context.matching_events(meant)
    prefixes = sorted({event.partition(":")[0] for event in context.matching_events("*")})
    remedy = (
        f'did you mean "{printable(meant, 60)}"?'
        if found
        else f"take one of {', '.join(f'{one}:*' for one in prefixes)}"
    )
    return f'"{printable(pattern, 60)}" matches no event; {remedy}'


def _at_their_places(error: Problem, places: list[int]) -> Iterable[tuple[str, str]]:
    """Turn the places in an expanded list into those of the list that was written."""
    for place, text in error.parts:
        index = place.strip("[]")
        yield (f"[{places[int(index)]}]" if index.isdecimal() else place), text


@frozen
class EntryKey:
    """What a key of an entry may be, and what it means."""

    rule: Rule
    kind: type
    """`str`, `bool`, or `tuple` for a list of texts."""
    doc: str
    schema: Mapping[str, Any] = field(factory=dict)
    """What an editor may know beyond its type, as JSON schema."""

    @classmethod
    def of(cls, argument: Property) -> EntryKey:
        """The key of an argument that hook resources have too."""
        return cls(argument.rule, argument.kind, argument.summary, argument.schema)


KEYS: Final[Mapping[str, EntryKey]] = {
    "name": EntryKey(_name, str, "The hook's name in Pulumi and in the outputs."),
    "url": EntryKey.of(ARGUMENTS["url"]),
    "repositories": EntryKey(
        _patterns,
        tuple,
        "Slugs, and globs over slugs. A name without a glob must exist.",
        {"minItems": 1},
    ),
    "exclude": EntryKey(_excluded, tuple, "Slugs and globs of repositories to leave out."),
    "project": EntryKey(
        _project,
        str,
        "The key of a project: all its repositories, or those of `repositories` that are in it.",
    ),
    "strict": EntryKey(boolean, bool, "Whether a glob that matches nothing is an error."),
    "workspace": EntryKey(boolean, bool, "A hook of the workspace itself."),
    "owner": EntryKey(slug, str, "The workspace's slug; default `bitbucket:workspace`."),
    "account": EntryKey(_name, str, "One of `bitbucket-hooks:accounts`; default: the stack's own."),
    **{argument.key: EntryKey.of(argument) for argument in ARGUMENTS.values()},
    "events": EntryKey(
        _events,
        tuple,
        "Event keys, and globs over them; default `repo:push` alone.",
        {"minItems": 1},
    ),
    "protect": EntryKey(boolean, bool, "Pulumi's own protection against deletion."),
}
"""Every key of an entry, in the order in which entries are written."""

SHAREABLE: Final = tuple(key for key in KEYS if key != "name")
DEFAULTABLE: Final = tuple(key for key in SHAREABLE if key not in ("url", "workspace"))


@frozen
class Given:
    """A value, and the path under which it was written."""

    path: str
    value: Any = field(repr=False)


@frozen
class Draft:
    """An entry as far as it could be read."""

    path: str
    values: Mapping[str, Any] = field(repr=False)
    paths: Mapping[str, str]
    """Where each value was written: in the entry, or in what it shares with others."""
    problems: tuple[str, ...] = ()

    def entry(self) -> HookEntry:
        """The entry; only for one without problems."""
        names = {argument.key: name for name, argument in ARGUMENTS.items()}
        arguments = {names[key]: value for key, value in self.values.items() if key in names}
        own = ("name", "project", "workspace", "owner", "account", "protect")
        given = {key: self.values[key] for key in own if key in self.values}
        return HookEntry(arguments=arguments, **given)


def merged(layers: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Given]:
    """Lay what an entry says over what it shares; null takes a shared value away."""
    given: dict[str, Given] = {}
    for path, layer in layers:
        for other in _replaced(layer):
            given.pop(other, None)
        given |= {key: Given(f"{path}.{key}", value) for key, value in layer.items()}
    return {key: one for key, one in given.items() if one.value is not None}


def _replaced(layer: Mapping[str, Any]) -> Iterable[str]:
    """What a layer takes away from those below it, as the two exclude each other."""
    if layer.get("workspace") is True:
        yield from _SELECTING
    if layer.get("repositories") is not None or layer.get("project") is not None:
        yield "workspace"
    if layer.get("secret") is not None:
        yield "secretFrom"
    if layer.get("secretFrom") is not None:
        yield "secret"


def draft(path: str, given: Mapping[str, Given], context: EntryContext) -> Draft:
    """Read one entry, noting every mistake with its path and the remedy."""
    values: dict[str, Any] = {}
    if context.workspace is not None:
        values["owner"] = context.workspace.lower()
    problems = list(_incomplete(path, given, context.workspace))
    for key in [key for key in KEYS if key in given]:
        value = given[key].value
        try:
            values[key] = value if isinstance(value, Hidden) else KEYS[key].rule(value, context)
        except Problem as error:
            problems += [
                f"{given[key].path}{place}: {text}{_beside(key, value, place, text)}"
                for place, text in error.parts
            ]
    paths = {key: one.path for key, one in given.items()}
    return Draft(path, values, paths, tuple(problems))


def _beside(key: str, value: Any, place: str, text: str) -> str:
    """The value that is wrong, where the text doesn't have it and it can't be a secret."""
    index = place.strip("[]")
    if index.isdecimal() and isinstance(value, list):
        value = value[int(index)]
    if key in _NEVER_SHOWN or not isinstance(value, (str, int, float)):
        return ""
    if isinstance(value, str):
        told = f'"{printable(value, 60)}"'
        remedy = _NO_QUOTES if text.startswith("must be true or false") else ""
        return "" if told in text else f" (it is {told}){remedy}"
    remedy = _QUOTES if text.startswith("must be text") else ""
    return f" (it is {str(value).lower()}){remedy}"


def unknown_keys(path: str, layer: Mapping[str, Any], known: Iterable[str]) -> Iterable[str]:
    """Name the keys that mean nothing here."""
    names = list(known)
    for name in sorted(layer.keys() - set(names), key=str):
        shown = printable(str(name), 60)
        near = difflib.get_close_matches(str(name), names, n=1)
        meant = f'did you mean "{near[0]}"?' if near else f"take one of {', '.join(names)}"
        yield f"{path}.{shown}: is no key of a hook; {meant}"


def _incomplete(path: str, given: Mapping[str, Given], workspace: str | None) -> Iterable[str]:
    for name in ("name", "url"):
        if name not in given:
            yield f"{path}.{name}: is required; give it"
    if workspace is None and "owner" not in given:
        yield f"{path}.owner: is required; give it, or set bitbucket:workspace"
    on_workspace = "workspace" in given and given["workspace"].value is True
    if on_workspace:
        for name in [name for name in _SELECTING if name in given]:
            yield f"{given[name].path}: is given together with workspace: true; keep one of the two"
    elif "repositories" not in given and "project" not in given:
        yield (
            f"{path}.repositories: is required; list repositories or globs, name a project, or set "
            "workspace: true"
        )
    if not on_workspace:
        yield from _one_for_all(given)
    if "secret" in given and "secretFrom" in given:
        yield f"{given['secret'].path}: is given together with secretFrom; keep one of the two"


def _one_for_all(given: Mapping[str, Given]) -> Iterable[str]:
    """A uuid to adopt names one hook, and an entry of repositories may have many."""
    if "adopt" not in given or given["adopt"].value in (MATCH, NEVER):
        return
    named = given["repositories"].value if "repositories" in given else []
    if not isinstance(named, list) or len(named) != 1 or is_glob(str(named[0])):
        yield (
            f"{given['adopt'].path}: names one hook, and the entry may have many; move its "
            "repository into an entry of its own"
        )


def is_mapping(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Tell a mapping from everything else that YAML can hold."""
    return isinstance(value, Mapping)
