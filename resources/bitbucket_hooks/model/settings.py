"""The configuration of one account: keys, environment variables, and which layer wins.

Layers, first wins: the arguments of a `Provider`, the stack config, the environment. Credentials
are taken as a whole from the first layer that has any; every other key is looked up key by key.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import UnionType
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from attrs import Factory, field, fields_dict, frozen

from bitbucket_hooks.model.adopt_policy import MATCH, canonical_policy
from bitbucket_hooks.model.credentials import (
    AccessToken,
    Anonymous,
    ApiToken,
    Credentials,
    OAuthConsumer,
)
from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.masking import SECRET
from bitbucket_hooks.model.naming import snake
from bitbucket_hooks.model.urls import comparable, shown

NAMESPACE: Final = "bitbucket"
PUBLIC_API: Final = "https://api.bitbucket.org/2.0"
PUBLIC_LIMIT: Final = 1000
"""Requests an hour and identity on webhook data (public documentation)."""
MOST_PARALLEL: Final = 64
"""Requests in flight of one process, where nobody gives another bound: as many as it can use."""

SANDBOX_SCHEME: Final = "sandbox:"

_MAX_DIGITS: Final = 9
_STORE_SCHEMES: Final = ("postgres", "postgresql", "redis", "rediss")
_STORES: Final = (
    "Write postgres://USER:PASSWORD@HOST/DATABASE or redis://USER:PASSWORD@HOST, each part "
    "percent-encoded."
)
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@frozen
class Setting:
    """A key of an account's configuration. The JSON schema and the docs are made from it."""

    key: str
    doc: str
    """What it is, in one sentence."""
    note: str = ""
    """More of it, for the docs."""
    kind: type | UnionType = str
    """`str`, `int`, or either."""
    credential: bool = False
    secret: bool = False
    of_provider: bool = False
    """Whether a `Provider` takes it as an argument, beside the credentials."""
    rule: Callable[[Setting, str], Any] | None = None
    """Reads its text, where that is neither any text nor a number."""

    @property
    def name(self) -> str:
        """Its name in Python."""
        return snake(self.key)

    @property
    def variable(self) -> str:
        """The environment variable that it may come from."""
        return f"BITBUCKET_{self.name.upper()}"

    def read(self, text: str) -> Any:
        """What a text comes to. Raises ConfigError for one that can't be used."""
        rule = self.rule or (_number if self.kind is int else None)
        return rule(self, text) if rule else text

    def unusable(self, text: str, remedy: str) -> ConfigError:
        """The error for a text that can't be used; `text` is what may be shown of it."""
        names = f"{NAMESPACE}:{self.key} (or {self.variable})"
        return ConfigError(f'{names} is "{printable(text)}", which can\'t be used', remedy)


def _number(setting: Setting, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS and int(text) > 0):
        raise setting.unusable(text, "Use a whole number above 0.")
    return int(text)


def _parallel(setting: Setting, text: str) -> int:
    return MOST_PARALLEL if text == "auto" else _number(setting, text)


def _adopt(setting: Setting, text: str) -> str:
    try:
        return canonical_policy(text)
    except ValueError:
        raise setting.unusable(text, 'Use "match", "never" or the uuid of a hook.') from None


def _missing_repository(setting: Setting, text: str) -> str:
    if text not in ("error", "gone"):
        raise setting.unusable(text, "Use one of error, gone.")
    return text


def _api_url(setting: Setting, url: str) -> str:
    url = url.strip()
    if url.startswith(SANDBOX_SCHEME):
        if url == SANDBOX_SCHEME:
            raise setting.unusable(url, "Name the sandbox's file: sandbox:PATH.")
        return url
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise setting.unusable("(unreadable)", "Check its host and port.") from None
    if "@" in url:
        raise setting.unusable("(hidden)", "Take the credentials out of the address.")
    if parts.query or parts.fragment:
        raise setting.unusable(shown(url), "Take everything from the ? or # on away.")
    if host and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)):
        return comparable(url).rstrip("/")
    raise setting.unusable(
        shown(url),
        "Use https:// (http:// only for this machine), or sandbox:PATH for a trial.",
    )


def _pace(setting: Setting, url: str) -> str:
    if url == SECRET:  # it is encrypted, and not open here
        return url
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        raise setting.unusable("(unreadable)", _STORES) from None
    # an @ further on is part of a password that isn't escaped, whose beginning would be the host
    if parts.scheme not in _STORE_SCHEMES or "@" in f"{parts.path}{parts.query}{parts.fragment}":
        raise setting.unusable("(hidden)", _STORES)
    return url.strip()


SETTINGS: Final = (
    Setting("username", "An Atlassian account's email, with `password`.", credential=True),
    Setting(
        "password",
        "An API token of that account.",
        "It needs the scopes `read:`, `write:` and `delete:webhook:bitbucket`.",
        credential=True,
        secret=True,
    ),
    Setting(
        "oauthToken",
        "A repository, project or workspace access token.",
        "It needs the scope `webhook`.",
        credential=True,
        secret=True,
    ),
    Setting("oauthClientId", "An OAuth consumer's key, with its secret.", credential=True),
    Setting(
        "oauthClientSecret",
        "The OAuth consumer's secret.",
        "The token is fetched and renewed.",
        credential=True,
        secret=True,
    ),
    Setting(
        "apiUrl",
        "Where the API is; default `https://api.bitbucket.org/2.0`.",
        "`http://127.0.0.1:PORT/2.0` is a test server, `sandbox:PATH` the embedded sandbox; a "
        "relative path starts at the folder of `Pulumi.yaml`.",
        of_provider=True,
        rule=_api_url,
    ),
    Setting("workspace", "The workspace of hooks that name none."),
    Setting(
        "adopt",
        "Which live hook a create adopts: `match` (default) or `never`.",
        "`match` is the one with the same url and, when declared, description.",
        rule=_adopt,
    ),
    Setting(
        "rateLimit",
        "Requests an hour of all runs on a machine with the same identity.",
        "The default is 1000 for the public API, else it is learned from answers "
        "([one budget](scaling.md#one-budget-of-requests)).",
        kind=int,
    ),
    Setting(
        "pace",
        "The url of a store in which runners on several machines share one limit.",
        "`postgres://USER:PASSWORD@HOST/DATABASE` or `redis://HOST`; the default is a file for "
        "each machine ([one budget](scaling.md#one-budget-of-requests)).",
        secret=True,
        rule=_pace,
    ),
    Setting(
        "maxWait", "Seconds without progress after which a run gives up; default 3900.", kind=int
    ),
    Setting(
        "parallel",
        "The most requests in flight of one process; default `auto`.",
        "It begins with a few, sends more while answers stay quick, and fewer after one is refused "
        "(429); `auto` has a bound of 64.",
        kind=int | str,
        rule=_parallel,
    ),
    Setting(
        "missingRepository",
        "What a repository is that answers 404: `error` (default) or `gone`.",
        "It counts when the workspace can't be read either.",
        rule=_missing_repository,
    ),
    Setting(
        "refreshTurns",
        "The number of runs in which refreshes check everything; default 1.",
        "Each checks a part ([refreshes in turns](refresh-turns.md)).",
        kind=int,
    ),
)
"""Every key of an account's configuration."""

CREDENTIAL_KEYS: Final = tuple(setting.key for setting in SETTINGS if setting.credential)
SECRET_KEYS: Final = tuple(setting.key for setting in SETTINGS if setting.secret)
OTHER_KEYS: Final = tuple(setting.key for setting in SETTINGS if not setting.credential)
KEYS: Final = CREDENTIAL_KEYS + OTHER_KEYS
VARIABLES: Final = {setting.key: setting.variable for setting in SETTINGS}
"""The environment variable of each key."""

ACCOUNT_KEY: Final = "account"
"""Not for users: the name of the `Provider` resource that a configuration belongs to."""

REFRESH_BUDGET: Final = "refreshBudget"
"""A key of former versions, which is refused."""
_REFRESH_BUDGET_VARIABLE: Final = "BITBUCKET_REFRESH_BUDGET"

TURN: Final = "BITBUCKET_HOOKS_REFRESH_TURN"
"""The variable with the number of a refresh's turn; no config key, as each run has another."""
ALL: Final = "all"
"""Its value for a run that checks everything."""


@frozen
class Layer:
    """Where values come from, and what messages call it."""

    name: str
    values: Mapping[str, str] = field(repr=False)

    def credentials(self) -> Credentials | None:
        """The layer's credentials; None when it has none.

        Raises ConfigError for two kinds at once or half a pair.
        """
        given = {key: self.values[key] for key in CREDENTIAL_KEYS if key in self.values}
        kinds = [keys for keys in _KINDS if given.keys() & keys]
        if len(kinds) > 1:
            raise ConfigError(
                f"{self.name} holds two kinds of credentials at once: {', '.join(given)}",
                "Keep one kind: username and password (Atlassian email and API token), "
                "oauthToken, or oauthClientId and oauthClientSecret.",
            )
        if not kinds:
            return None
        missing = [key for key in kinds[0] if key not in given]
        if missing:
            raise ConfigError(
                f"{self.name} holds {', '.join(given)} but not {', '.join(missing)}",
                f"Set {missing[0]} too ({NAMESPACE}:{missing[0]} or {VARIABLES[missing[0]]}).",
            )
        return _KINDS[kinds[0]](*(given[key] for key in kinds[0]))


_KINDS: Final[Mapping[tuple[str, ...], Callable[..., Credentials]]] = {
    ("username", "password"): ApiToken,
    ("oauthToken",): AccessToken,
    ("oauthClientId", "oauthClientSecret"): OAuthConsumer,
}


def layer(name: str, look_up: Callable[[str], Any]) -> Layer:
    """Read every key through `look_up`; empty values count as not set."""
    found = {key: look_up(key) for key in (*KEYS, REFRESH_BUDGET)}
    return Layer(
        name, {key: _text(value) for key, value in found.items() if value not in (None, "")}
    )


def _text(value: object) -> str:
    # numbers cross the engine as floats
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def environment(variables: Mapping[str, str] = os.environ) -> Layer:
    """The layer of environment variables."""
    names = {**VARIABLES, REFRESH_BUDGET: _REFRESH_BUDGET_VARIABLE}
    return layer("the environment", lambda key: variables.get(names[key]))


@frozen
class Settings:
    """Everything that one account's calls depend on."""

    api_url: str = PUBLIC_API
    credentials: Credentials = Factory(Anonymous)
    workspace: str | None = None
    adopt: str = MATCH
    """`match`, or `never`; on a resource also a uuid."""
    rate_limit: int | None = None
    """Requests an hour to pace by; None: the service's own, as far as it is known."""
    pace: str | None = field(default=None, repr=False)
    """Where the store is that counts for several machines; None: nothing is shared."""
    max_wait: float = 3900
    """Seconds without any progress before a run gives up."""
    parallel: int = MOST_PARALLEL
    """The most requests in flight of one process."""
    missing_repository: str = "error"
    refresh_turns: int = 1
    """The number of runs in which refreshes check everything."""

    @property
    def sandbox(self) -> Path | None:
        """The file of the embedded sandbox; None for a real server."""
        if not self.api_url.startswith(SANDBOX_SCHEME):
            return None
        path = Path(self.api_url.removeprefix(SANDBOX_SCHEME)).expanduser()
        return path if path.is_absolute() else project_root() / path

    @property
    def known_limit(self) -> int | None:
        """Requests an hour: what the user chose, or what is documented; None: unknown."""
        return self.rate_limit or (PUBLIC_LIMIT if self.api_url == PUBLIC_API else None)

    @property
    def allows_private_urls(self) -> bool:
        """Whether hooks may point to private hosts: only when the API itself is a local one."""
        return self.sandbox is not None or urlsplit(self.api_url).hostname in _LOOPBACK


def resolve(*layers: Layer) -> Settings:
    """Merge layers, the first that has a key wins.

    Raises ConfigError for two kinds of credentials in one layer, and for values that can't be used:
    for all of them at once.
    """
    values, wrong = _read(layers)
    if len(wrong) > 1:
        raise ConfigError("\n".join(error.in_a_line for error in wrong))
    if wrong:
        raise wrong[0]
    return Settings(**values)


def mistakes(*layers: Layer) -> list[str]:
    """Everything for which `resolve` would refuse these layers, each with its remedy."""
    return [error.in_a_line for error in _read(layers)[1]]


def _read(layers: Sequence[Layer]) -> tuple[dict[str, Any], list[ConfigError]]:
    """The values of `Settings` that are given and can be used, and what is wrong with others."""
    readers: dict[str, Callable[[], Any]] = {
        setting.name: partial(setting.read, text)
        for setting in SETTINGS
        if not setting.credential and (text := value_of(layers, setting.key)) is not None
    }
    readers["credentials"] = partial(_credentials, layers)
    if value_of(layers, REFRESH_BUDGET) is not None:
        readers["refresh_turns"] = _refuse_budget
    values: dict[str, Any] = {}
    wrong: list[ConfigError] = []
    for name in (name for name in fields_dict(Settings) if name in readers):
        try:
            values[name] = readers[name]()
        except ConfigError as error:
            wrong.append(error)
    return values, wrong


def _refuse_budget() -> NoReturn:
    raise ConfigError(
        f"{NAMESPACE}:{REFRESH_BUDGET} (or {_REFRESH_BUDGET_VARIABLE}) is no key any more",
        f"Set {NAMESPACE}:refreshTurns instead, the number of runs in which refreshes check "
        f"everything, and take {REFRESH_BUDGET} out. Then run `pulumi up` once without "
        "--refresh, as a refresh uses the configuration in the state.",
    )


def _credentials(layers: Sequence[Layer]) -> Credentials:
    embedded = (value_of(layers, "apiUrl") or "").startswith(SANDBOX_SCHEME)
    # A token of the real service, left in the environment, has no business in a toy.
    usable = [layer for layer in layers if not (embedded and layer.name == "the environment")]
    found = [credentials for layer in usable if (credentials := layer.credentials())]
    return found[0] if found else Anonymous()


def value_of(layers: Sequence[Layer], key: str) -> str | None:
    """A key's value in the first layer that has it."""
    return next((layer.values[key] for layer in layers if key in layer.values), None)


def project_root(start: Path | None = None) -> Path:
    """The nearest folder upwards that holds a `Pulumi.yaml`, else the working folder itself."""
    here = (start or Path.cwd()).resolve()
    folders = (folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").is_file())
    return next(folders, here)
