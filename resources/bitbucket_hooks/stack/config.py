"""The keys of a stack config that declare hooks: read as a whole, mistakes collected."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import define, field, frozen

from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.rules import kind_of
from bitbucket_hooks.model.settings import (
    CREDENTIAL_KEYS,
    REFRESH_BUDGET,
    Layer,
    Settings,
    environment,
    layer,
    mistakes,
    resolve,
)
from bitbucket_hooks.model.settings import KEYS as SETTINGS
from bitbucket_hooks.model.settings import NAMESPACE as ACCOUNT
from bitbucket_hooks.model.wording import nearest
from bitbucket_hooks.stack.entries import (
    DEFAULTABLE,
    KEYS,
    NAMESPACE,
    SHAREABLE,
    Written,
    is_mapping,
    is_name,
    merged,
    unknown_keys,
)

HOOKS: Final = "hooks"
DEFAULTS: Final = "defaults"
SHARED: Final = "shared"
ACCOUNTS: Final = "accounts"
UNMANAGED: Final = "unmanaged"

STACK_KEYS: Final[Mapping[str, str]] = {
    HOOKS: "The webhooks to have, one entry for each.",
    DEFAULTS: "What every hook has unless its own entry says otherwise.",
    SHARED: "What the hook of a name has in every stack, unless the stack's entry says otherwise.",
    ACCOUNTS: "Other accounts than the stack's own, by a name that entries give as `account`.",
    UNMANAGED: "What happens to hooks that nothing declares, where this stack declares any.",
}
"""Every key of the namespace, and what it means."""

IGNORE: Final = "ignore"
ON_UNMANAGED: Final = (IGNORE, "report", "delete")
ACCOUNT_KEYS: Final = (*CREDENTIAL_KEYS, "apiUrl", "workspace")

_NAMESPACES: Final[Mapping[str, Collection[str]]] = {ACCOUNT: SETTINGS, NAMESPACE: STACK_KEYS}
_KNOWN: Final = frozenset(
    f"{space}:{name}" for space, names in _NAMESPACES.items() for name in names
) | {f"{ACCOUNT}:{REFRESH_BUDGET}"}
_SAME_NAMESPACE: Final = 0.8
"""How like ours a namespace is that is taken for one of them misspelt (1: equal)."""

_ENGINES_OWN: Final = "default"  # how the engine calls the provider that it makes itself
_ACCOUNT_NAME: Final = (
    f'can\'t be the name of an account; use letters, digits, . _ and -, not "{_ENGINES_OWN}"'
)


@frozen
class StackConfig:
    """What a stack declares, as it was written."""

    own: Layer
    """The keys of the stack's own account."""
    entries: tuple[Written, ...] = ()
    unmanaged: str = IGNORE
    accounts: Mapping[str, Layer] = field(factory=dict, repr=False)
    """Those that can be used."""
    account_names: tuple[str, ...] = ()
    """Those that are there."""
    problems: tuple[str, ...] = ()
    """What is wrong outside the values of the entries."""

    def settings_of(self, account: str | None) -> Settings:
        """The settings of an account: its own keys, then the stack's, then the environment's.

        None is the stack's own account. Raises ConfigError.
        """
        return resolve(*self.layers_of(account))

    def layers_of(self, account: str | None) -> tuple[Layer, ...]:
        """Where an account's settings come from; one that can't be used adds nothing."""
        first = self.accounts.get(account) if account is not None else None
        return (*filter(None, [first]), self.own, environment())


@define
class _Reader:
    """Reads the configuration; mistakes pile up in `problems`."""

    values: Mapping[str, Any] = field(repr=False)
    problems: list[str]

    def entries(self) -> list[Written]:
        at_defaults = f"{NAMESPACE}:{DEFAULTS}"
        defaults = self._known(at_defaults, self._top_level(DEFAULTS), DEFAULTABLE)
        shared = {
            name: self._known(path, given, SHAREABLE)
            for path, name, given in self._named(SHARED, " with properties of the hook")
        }
        entries = []
        for path, entry in self._listed():
            own, name = self._known(path, entry, KEYS), entry.get("name")
            layers = [
                (at_defaults, defaults),
                (f"{NAMESPACE}:{SHARED}.{name}", shared.get(name, {}) if is_name(name) else {}),
                (path, own),
            ]
            entries.append(Written(path, merged(layers)))
        self.problems += _repeated_names(entries)
        return entries

    def _listed(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        value, path = self.values.get(HOOKS), f"{NAMESPACE}:{HOOKS}"
        if isinstance(value, list):
            for i, entry in enumerate(value):
                hint = " with name, url and repositories"
                if (mapping := self._mapping(f"{path}[{i}]", entry, hint)) is not None:
                    yield f"{path}[{i}]", mapping
        elif value is not None:
            self.problems.append(
                f"{path}: must be a list of hooks, each with name, url and repositories, "
                f"not {kind_of(value)}"
            )

    def unmanaged(self) -> str:
        value = self.values.get(UNMANAGED)
        if value in (None, ""):
            return IGNORE
        if value in ON_UNMANAGED:
            return str(value)
        self.problems.append(
            f'{NAMESPACE}:{UNMANAGED}: is "{printable(str(value), 60)}"; '
            f"use one of {', '.join(ON_UNMANAGED)}"
        )
        return IGNORE

    def accounts(self) -> dict[str, Layer]:
        accounts: dict[str, Layer] = {}
        for path, name, given in self._named(ACCOUNTS, " with credentials"):
            account = layer(f"the account {name!r}", given.get)
            wrong = mistakes(account)
            if not is_name(name) or name == _ENGINES_OWN:
                self.problems.append(f"{path}: {_ACCOUNT_NAME}")
            elif not wrong:
                accounts[name] = account
            self.problems += _wrong_in_account(path, given)
            self.problems += [f"{path}: {text}" for text in wrong]
        return accounts

    def _top_level(self, key: str) -> Mapping[str, Any]:
        value = self.values.get(key)
        return (None if value is None else self._mapping(f"{NAMESPACE}:{key}", value)) or {}

    def _named(self, key: str, hint: str) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
        """The mappings under a key, each with its path and name."""
        for name, given in self._top_level(key).items():
            path = f"{NAMESPACE}:{key}.{printable(str(name), 60)}"
            if (mapping := self._mapping(path, given, hint)) is not None:
                yield path, name, mapping

    def _mapping(self, path: str, value: Any, hint: str = "") -> Mapping[str, Any] | None:
        if is_mapping(value):
            return value
        self.problems.append(f"{path}: must be a mapping{hint}, not {kind_of(value)}")
        return None

    def _known(self, path: str, given: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
        self.problems += unknown_keys(path, given, keys)
        return {key: given[key] for key in keys if key in given}


def read(values: Mapping[str, Any], project: str | None = None) -> StackConfig:
    """Read a stack config by its full keys; those of the `project` belong to its program."""
    ours = of_namespace(NAMESPACE, values)
    reader = _Reader(ours, [*unknown_stack_keys(values, project)])
    unmanaged, accounts = reader.unmanaged(), reader.accounts()
    entries = tuple(reader.entries())
    named = ours.get(ACCOUNTS)
    names = tuple(map(str, named)) if is_mapping(named) else ()
    problems = tuple(reader.problems)
    return StackConfig(own_account(values), entries, unmanaged, accounts, names, problems)


def of_namespace(namespace: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Of all keys of a stack those of a namespace, without its prefix."""
    prefix = f"{namespace}:"
    return {
        key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)
    }


def own_account(values: Mapping[str, Any]) -> Layer:
    """The layer of a stack's own account, of all its keys with their prefixes.

    A program in another language than Python has the account in the plugin's namespace.
    """
    given = {**of_namespace(NAMESPACE, values), **of_namespace(ACCOUNT, values)}
    return layer("the stack config", given.get)


def account_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Of all keys of a stack those that accounts are made of."""
    accounts = f"{NAMESPACE}:{ACCOUNTS}"
    prefix = f"{ACCOUNT}:"
    return {
        key: value for key, value in values.items() if key == accounts or key.startswith(prefix)
    }


def unknown_stack_keys(keys: Iterable[str], project: str | None) -> Iterator[str]:
    """Messages of keys that mean nothing: of our namespaces, and of others that seem to mean ours.

    The keys have their prefixes; those of the `project` belong to its program.
    """
    for key in sorted({*keys} - _KNOWN):
        namespace, _, name = key.partition(":")
        if namespace == project and namespace not in _NAMESPACES:
            continue
        if meant := _meant(namespace, name):
            remedy = f"did you mean {' or '.join(meant)}?"
        elif namespace in _NAMESPACES:
            remedy = f"take one of {', '.join(_NAMESPACES[namespace])}"
        else:
            continue
        yield f"{printable(key, 60)}: is no key; {remedy}"


def _meant(namespace: str, name: str) -> list[str]:
    """The keys of ours that a key seems to mean: of its own namespace, or of one like it."""
    like_it = difflib.get_close_matches(namespace.lower(), _NAMESPACES, cutoff=_SAME_NAMESPACE)
    meant = _NAMESPACES if namespace in _NAMESPACES else like_it
    same = [like for like in meant if name in _NAMESPACES[like]]
    return [f"{like}:{name}" for like in same] or [
        f"{like}:{near}" for like in meant for near in nearest(name, _NAMESPACES[like], 1)
    ]


def _repeated_names(entries: Iterable[Written]) -> Iterable[str]:
    first: dict[str, str] = {}
    for entry in entries:
        name = entry.given["name"].value if "name" in entry.given else None
        if not isinstance(name, str):
            continue
        if name in first:
            yield (
                f'{entry.path}.name: "{printable(name, 60)}" is the name of {first[name]} too; '
                "rename one"
            )
        first.setdefault(name, entry.path.removeprefix(f"{NAMESPACE}:{HOOKS}"))


def _wrong_in_account(path: str, given: Mapping[str, Any]) -> Iterable[str]:
    for name in sorted(given.keys() - set(ACCOUNT_KEYS), key=str):
        yield (
            f"{path}.{printable(str(name), 60)}: is no key of an account; "
            f"take one of {', '.join(ACCOUNT_KEYS)}"
        )
    for name in ACCOUNT_KEYS:
        if given.get(name) is not None and not isinstance(given[name], str):
            yield f"{path}.{name}: must be text, not {kind_of(given[name])}"
