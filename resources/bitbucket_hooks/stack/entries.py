"""An entry of a stack config: its keys, where each value comes from, and its mistakes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any, Final, TypeGuard

from attrs import field, frozen

from bitbucket_hooks.model.adopt_policy import MATCH, NEVER
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.events import spelled
from bitbucket_hooks.model.globs import is_glob
from bitbucket_hooks.model.rules import (
    Context,
    Problem,
    boolean,
    each_repository,
    events,
    problem,
    slug,
)
from bitbucket_hooks.model.webhook import ARGUMENTS, Property
from bitbucket_hooks.model.wording import did_you_mean
from bitbucket_hooks.stack.files import Hidden

NAMESPACE: Final = "bitbucket-hooks"
HOOKS_PATH: Final = f"{NAMESPACE}:hooks"
"""Where the entries are written."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PATTERN: Final = re.compile(r"[a-z0-9_.\-*?!\[\]]{1,200}", re.IGNORECASE)
_PROJECT: Final = re.compile(r"[A-Z][A-Z0-9_]{0,127}")


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
    patterns: list[str] = each_repository(_pattern)(value, context)
    if repeated := sorted({pattern for pattern in patterns if patterns.count(pattern) > 1}):
        raise problem(f"names {', '.join(repeated)} twice; remove one")
    return patterns


def _events(value: Any, context: Context) -> list[str]:
    """The events, with globs expanded: the preview shows which."""
    if not isinstance(value, list) or not value or not isinstance(context, EntryContext):
        return events(value, context)
    meant: list[tuple[int, Any]] = []
    wrong: list[tuple[int, str]] = []
    for i, item in enumerate(value):
        expands = isinstance(item, str) and is_glob(item)
        found = context.matching_events(item) if expands else [item]
        if not found:
            wrong.append((i, _no_event(item, context)))
        meant += [(i, event) for event in found]
    try:
        known = events([event for _, event in meant], context) if meant else []
    except Problem as error:  # its places are those in the expanded list
        wrong += [(meant[int(place.strip("[]"))][0], text) for place, text in error.parts]
    if wrong:
        raise Problem(*((f"[{i}]", text) for i, text in sorted(wrong, key=itemgetter(0))))
    return known


def _no_event(pattern: str, context: EntryContext) -> str:
    meant = spelled(pattern)
    found = meant != pattern and context.matching_events(meant)
    prefixes = sorted({event.partition(":")[0] for event in context.matching_events("*")})
    remedy = (
        f'did you mean "{printable(meant, 60)}"?'
        if found
        else f"take one of {', '.join(f'{prefix}:*' for prefix in prefixes)}"
    )
    return f'"{printable(pattern, 60)}" matches no event; {remedy}'


KEYS: Final[Mapping[str, Property]] = {
    "name": Property(
        rule=_name, doc="The hook's name in Pulumi and in the outputs.", examples=("ci",)
    ),
    "url": ARGUMENTS["url"],
    "repositories": Property(
        rule=_patterns,
        kind=tuple,
        doc="Slugs, and globs over slugs. A name without a glob must exist.",
        schema={"minItems": 1},
        examples=(["api", "web"], ["svc-*"]),
    ),
    "exclude": Property(
        rule=lambda value, context: _patterns(value, context) if value != [] else [],
        kind=tuple,
        doc="Slugs and globs of repositories to leave out.",
        examples=(["*-archive"],),
    ),
    "project": Property(
        rule=_project,
        doc="The key of a project: all its repositories, or those of `repositories` that are in "
        "it.",
        examples=("PLAT",),
    ),
    "strict": Property(
        rule=boolean, kind=bool, doc="Whether a glob that matches nothing is an error."
    ),
    "workspace": Property(rule=boolean, kind=bool, doc="A hook of the workspace itself."),
    "owner": Property(rule=slug, doc="The workspace's slug; default `bitbucket:workspace`."),
    "account": Property(
        rule=_name, doc="One of `bitbucket-hooks:accounts`; default: the stack's own."
    ),
    **{argument.key: argument for argument in ARGUMENTS.values()},
    "events": Property(
        rule=_events,
        kind=tuple,
        doc="Event keys, and globs over them; default `repo:push` alone.",
        schema={"minItems": 1},
        examples=(["repo:push", "pullrequest:*"],),
    ),
    "protect": Property(rule=boolean, kind=bool, doc="Pulumi's own protection against deletion."),
}
"""Every key of an entry, in the order in which entries are written."""

SHAREABLE: Final = tuple(key for key in KEYS if key != "name")
DEFAULTABLE: Final = tuple(key for key in SHAREABLE if key not in ("url", "workspace"))


@frozen
class Given:
    """A value, and the path under which it was written."""

    path: str
    value: Any = field(repr=False)


def merged(layers: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Given]:
    """Lay what an entry says over what it shares; null takes a shared value away."""
    given: dict[str, Given] = {}
    for path, layer in layers:
        for other in _replaced(layer):
            given.pop(other, None)
        given |= {key: Given(f"{path}.{key}", value) for key, value in layer.items()}
    return {key: found for key, found in given.items() if found.value is not None}


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


@frozen
class Written:
    """An entry as it was written, over what it shares with others."""

    path: str
    given: Mapping[str, Given]

    @property
    def account(self) -> str | None:
        """The account that it names; None for the stack's own, or what can't be a name."""
        account = self.given.get("account")
        return account.value if account and isinstance(account.value, str) else None

    @property
    def on_workspace(self) -> bool:
        """Whether its hook is one of the workspace itself."""
        return "workspace" in self.given and self.given["workspace"].value is True

    @property
    def kind(self) -> str:
        """What its hooks hang on: the API's word for it."""
        return "workspace" if self.on_workspace else "repository"


@frozen
class Declaration:
    """A declared hook: on repositories, or on the workspace. None: not given."""

    name: str
    arguments: Mapping[str, Any] = field(repr=False)
    """Those of a hook that are given, by their names in Python; url and secret may be secrets."""
    slugs: tuple[str, ...] = ()
    """The repositories; empty for a hook of the workspace."""
    url_path: str = ""
    """Where the url was written, which tells whether it was given as a secret."""
    project: str | None = None
    workspace: bool = False
    owner: str = ""
    account: str | None = None
    protect: bool = False

    @property
    def url(self) -> str:
        """The address that receives deliveries."""
        url: str = self.arguments["url"]
        return url


@frozen
class Draft:
    """An entry as far as it could be read."""

    path: str
    values: Mapping[str, Any] = field(repr=False)
    paths: Mapping[str, str]
    """Where each value was written: in the entry, or in what it shares with others."""
    problems: tuple[str, ...] = ()
    account: str | None = None
    """The account that it names."""

    def declaration(self, slugs: tuple[str, ...]) -> Declaration:
        """The hook on these repositories; only for an entry without problems."""
        names = {argument.key: name for name, argument in ARGUMENTS.items()}
        arguments = {names[key]: value for key, value in self.values.items() if key in names}
        own = ("name", "project", "workspace", "owner", "account", "protect")
        given = {key: self.values[key] for key in own if key in self.values}
        return Declaration(arguments=arguments, slugs=slugs, url_path=self.paths["url"], **given)


def draft(written: Written, context: EntryContext) -> Draft:
    """Read one entry, noting every mistake with its path and the remedy."""
    given = written.given
    values: dict[str, Any] = {}
    if context.workspace is not None:
        values["owner"] = context.workspace.lower()
    problems = list(_incomplete(written, context.workspace))
    for key in [key for key in KEYS if key in given]:
        value = given[key].value
        try:
            values[key] = value if isinstance(value, Hidden) else KEYS[key].rule(value, context)
        except Problem as error:
            problems += [
                f"{given[key].path}{place}: {text}{_beside(key, value, place, text)}"
                for place, text in error.parts
            ]
    paths = {key: found.path for key, found in given.items()}
    return Draft(written.path, values, paths, tuple(problems), written.account)


def _beside(key: str, value: Any, place: str, text: str) -> str:
    """The value that is wrong, where the text doesn't have it and it can't be a secret."""
    index = place.strip("[]")
    if index.isdecimal() and isinstance(value, list):
        value = value[int(index)]
    if key in _NEVER_SHOWN or not isinstance(value, (str, int, float)):
        return ""
    if isinstance(value, str):
        quoted = f'"{printable(value, 60)}"'
        remedy = _NO_QUOTES if text.startswith("must be true or false") else ""
        return "" if quoted in text else f" (it is {quoted}){remedy}"
    remedy = _QUOTES if text.startswith("must be text") else ""
    return f" (it is {str(value).lower()}){remedy}"


def unknown_keys(path: str, layer: Mapping[str, Any], known: Iterable[str]) -> Iterable[str]:
    """Name the keys that mean nothing here."""
    names = list(known)
    for name in sorted(layer.keys() - set(names), key=str):
        remedy = did_you_mean(str(name), names, most=1) or f"; take one of {', '.join(names)}"
        yield f"{path}.{printable(str(name), 60)}: is no key of a hook{remedy}"


def _incomplete(written: Written, workspace: str | None) -> Iterable[str]:
    """What an entry lacks, and what it says that excludes each other."""
    path, given = written.path, written.given
    for name in ("name", "url"):
        if name not in given:
            yield f"{path}.{name}: is required; give it"
    if workspace is None and "owner" not in given:
        yield f"{path}.owner: is required; give it, or set bitbucket:workspace"
    if written.on_workspace:
        for name in [name for name in _SELECTING if name in given]:
            yield f"{given[name].path}: is given together with workspace: true; keep one of the two"
    elif "repositories" not in given and "project" not in given:
        yield (
            f"{path}.repositories: is required; list repositories or globs, name a project, or set "
            "workspace: true"
        )
    if not written.on_workspace and _adopts_one_for_many(given):
        yield (
            f"{given['adopt'].path}: names one hook, and the entry may have many; move its "
            "repository into an entry of its own"
        )
    if "secret" in given and "secretFrom" in given:
        yield f"{given['secret'].path}: is given together with secretFrom; keep one of the two"


def _adopts_one_for_many(given: Mapping[str, Given]) -> bool:
    """Whether `adopt` has the uuid of one hook, while the entry may have many repositories."""
    if "adopt" not in given or given["adopt"].value in (MATCH, NEVER):
        return False
    named = given["repositories"].value if "repositories" in given else []
    return not isinstance(named, list) or len(named) != 1 or is_glob(str(named[0]))


def is_mapping(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Tell a mapping from everything else that YAML can hold."""
    return isinstance(value, Mapping)
