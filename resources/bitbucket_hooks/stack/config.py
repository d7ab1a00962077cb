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
from bitbucket_hooks.stack.entries import (
    DEFAULTABLE,
    KEYS,
    NAMESPACE,
    SHAREABLE,
    Given,
    is_mapping,
    is_name,
    merged,
    unknown_keys,
)
from bitbucket_hooks.stack.selection import nearest

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
    def kind(self) -> str:
        """What its hooks hang on: the API's word for it."""
        workspace = self.given.get("workspace")
        return "workspace" if workspace and workspace.value is True else "repository"


@frozen
class StackConfig:
    """What a stack declares, as it was written."""

    entries: tuple[Written, ...] = ()
    unmanaged: str = IGNORE
    accounts: Mapping[str, Layer] = field(factory=dict, repr=False)
    """Those that can be used."""
    account_names: tuple[str, ...] = ()
    """Those that are there."""
    problems: tuple[str, ...] = ()
    """What is wrong outside the values of the entries."""

    def settings_of(self, account: str | None, own: Layer) -> Settings:
        """The settings of an account: its own keys, then the stack's, then the environment's.

        None is the stack's own account. Raises ConfigError.
        """
        return resolve(*self.layers_of(account, own))

    def layers_of(self, account: str | None, own: Layer) -> tuple[Layer, ...]:
        """Where an account's settings come from; one that can't be used adds nothing."""
        first = self.accounts.get(account) if account is not None else None
        return (*filter(None, [first]), own, environment())


@define
class _Reader:
    """Reads the configuration; mistakes pile up in `problems`."""

    values: Mapping[str, Any] = field(repr=False)
    problems: list[str] = field(factory=list)

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self.values.get(key)
        if value is None or is_mapping(value):
            return value or {}
        self.problems.append(f"{NAMESPACE}:{key}: must be a mapping, not {kind_of(value)}")
        return {}

    def entries(self) -> list[Written]:
        defaults, shared = self.defaults(), self.shared()
        entries = []
        for path, entry in self._listed():
            self.problems += unknown_keys(path, entry, KEYS)
            name = entry.get("name")
            common = shared.get(name, {}) if isinstance(name, str) else {}
            layers = [
                (f"{NAMESPACE}:{DEFAULTS}", defaults),
                (f"{NAMESPACE}:{SHARED}.{name}", common),
                (path, _known(entry, KEYS)),
            ]
            entries.append(Written(path, merged(layers)))
        return entries

    def _listed(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        value = self.values.get(HOOKS)
        if not isinstance(value, list):
            if value is not None:
                self.problems.append(
                    f"{NAMESPACE}:{HOOKS}: must be a list of hooks, each with name, url and "
                    f"repositories, not {kind_of(value)}"
                )
            return
        for i, entry in enumerate(value):
            path = f"{NAMESPACE}:{HOOKS}[{i}]"
            if is_mapping(entry):
                yield path, entry
            else:
                self.problems.append(
                    f"{path}: must be a mapping with name, url and repositories, "
                    f"not {kind_of(entry)}"
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
        for name, given in self.mapping(ACCOUNTS).items():
            path = f"{NAMESPACE}:{ACCOUNTS}.{printable(str(name), 60)}"
            if not is_mapping(given):
                self.problems.append(
                    f"{path}: must be a mapping with credentials, not {kind_of(given)}"
                )
                continue
            account = layer(f"the account {name!r}", given.get)
            wrong = mistakes(account)
            if not is_name(name) or name == _ENGINES_OWN:
                self.problems.append(f"{path}: {_ACCOUNT_NAME}")
            elif not wrong:
                accounts[name] = account
            self.problems += _wrong_in_account(path, given)
            self.problems += [f"{path}: {text}" for text in wrong]
        return accounts

    def defaults(self) -> Mapping[str, Any]:
        given = self.mapping(DEFAULTS)
        self.problems += unknown_keys(f"{NAMESPACE}:{DEFAULTS}", given, DEFAULTABLE)
        return _known(given, DEFAULTABLE)

    def shared(self) -> dict[str, Mapping[str, Any]]:
        shared: dict[str, Mapping[str, Any]] = {}
        for name, given in self.mapping(SHARED).items():
            path = f"{NAMESPACE}:{SHARED}.{printable(str(name), 60)}"
            if not is_mapping(given):
                self.problems.append(
                    f"{path}: must be a mapping with properties of the hook, not {kind_of(given)}"
                )
                continue
            self.problems += unknown_keys(path, given, SHAREABLE)
            shared[name] = _known(given, SHAREABLE)
        return shared


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
        f"{like}:{near}" for like in meant for near in nearest(name, _NAMESPACES[like])
    ]


def of_namespace(namespace: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Of all keys of a stack those of a namespace, without its prefix."""
    prefix = f"{namespace}:"
    return {
        key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)
    }


def own_account(values: Mapping[str, Any]) -> Layer:
    """The layer of a stack's own account, of all its keys with their prefixes."""
    return layer("the stack config", of_namespace(ACCOUNT, values).get)


def read(
    values: Mapping[str, Any], keys: Iterable[str] = (), project: str | None = None
) -> StackConfig:
    """Read the values of the namespace's keys, which are named without its prefix.

    `keys` are all keys of the stack with their prefixes, where others than the namespace's are to
    be checked too; those of the `project` belong to its program.
    """
    own = (f"{NAMESPACE}:{name}" for name in values)
    reader = _Reader(values, [*unknown_stack_keys([*keys, *own], project)])
    unmanaged, accounts = reader.unmanaged(), reader.accounts()
    entries = reader.entries()
    reader.problems += _doubled(entries)
    named = values.get(ACCOUNTS)
    names = tuple(map(str, named)) if is_mapping(named) else ()
    return StackConfig(tuple(entries), unmanaged, accounts, names, tuple(reader.problems))


def _doubled(entries: Iterable[Written]) -> Iterable[str]:
    first: dict[Any, str] = {}
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


def _known(given: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: given[key] for key in keys if key in given}
