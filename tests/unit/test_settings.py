"""Settings: which layer wins, credentials as a whole, and values that can't be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_hooks.connect import identity
from bitbucket_hooks.model.credentials import AccessToken, Anonymous, ApiToken, OAuthConsumer
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.settings import (
    PUBLIC_API,
    Layer,
    Settings,
    environment,
    layer,
    project_root,
    resolve,
)
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Desired
from bitbucket_hooks.program.account import ProviderArgs
from bitbucket_hooks.program.hook import HookArgs
from bitbucket_hooks.program.hook_fleet import HookFleetArgs
from bitbucket_hooks.program.workspace_hook import WorkspaceHookArgs
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL
from bitbucket_hooks.stack.entries import Declaration


def _config(**values: object) -> Layer:
    return layer("the stack config", values.get)


def test_nothing_set() -> None:
    """The public API, nobody, and the defaults."""
    settings = resolve(_config(), environment({}))
    assert settings == Settings(PUBLIC_API, Anonymous())
    assert (settings.max_wait, settings.parallel, settings.rate_limit) == (3900, 64, None)
    assert (settings.adopt, settings.missing_repository) == ("match", "error")


def test_config_wins_key_by_key() -> None:
    """What it lacks comes from the environment."""
    variables = {"BITBUCKET_WORKSPACE": "env", "BITBUCKET_MAX_WAIT": "5", "BITBUCKET_ADOPT": ""}
    settings = resolve(_config(workspace="config", maxWait=None), environment(variables))
    assert (settings.workspace, settings.max_wait) == ("config", 5)


def test_credentials_come_as_a_whole() -> None:
    """A username of one layer is never put together with a password of another."""
    variables = {"BITBUCKET_USERNAME": "env", "BITBUCKET_PASSWORD": "env"}
    settings = resolve(_config(oauthToken="config"), environment(variables))
    assert settings.credentials == AccessToken("config")
    with pytest.raises(ConfigError, match="the stack config holds username but not password"):
        resolve(_config(username="config"), environment(variables))


@pytest.mark.parametrize(
    ("values", "credentials"),
    [
        ({"username": "a@b.c", "password": "p"}, ApiToken("a@b.c", "p")),
        ({"oauthToken": "t"}, AccessToken("t")),
        ({"oauthClientId": "i", "oauthClientSecret": "s"}, OAuthConsumer("i", "s")),
    ],
)
def test_each_kind(values: dict[str, str], credentials: object) -> None:
    """Of credentials there are three, besides none."""
    assert resolve(_config(**values)).credentials == credentials
    assert "'p'" not in repr(credentials)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("apiUrl", "ftp://api.example.com"),
        ("apiUrl", "http://api.example.com"),
        ("apiUrl", "https://"),
        ("apiUrl", "https://api.example.com:99999"),
        ("apiUrl", "https://[half"),
        ("apiUrl", "sandbox:"),
        ("adopt", "always"),
        ("rateLimit", "0"),
        ("refreshTurns", "0"),
        ("rateLimit", "-1"),
        ("rateLimit", "many"),
        ("rateLimit", "9" * 5000),
        ("maxWait", 1.5),
        ("parallel", "²"),
        ("parallel", "automatic"),
        ("missingRepository", "maybe"),
    ],
)
def test_values_that_cannot_be_used(key: str, value: object) -> None:
    """Key, variable and a remedy."""
    with pytest.raises(
        ConfigError, match=rf"^bitbucket:{key} \(or BITBUCKET_.*\n(Use|Check|Name) "
    ):
        resolve(_config(**{key: value}))


ADDRESS = "bitbucket:apiUrl"


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"oauthToken": "canary", "username": "a", "password": "canary"}, "two kinds of credent"),
        ({"oauthToken": "canary", "oauthClientSecret": "canary"}, "two kinds of credentials"),
        ({"username": "a@b.c"}, "BITBUCKET_PASSWORD"),
        ({"password": "canary"}, "BITBUCKET_USERNAME"),
        ({"oauthClientSecret": "canary"}, "BITBUCKET_OAUTH_CLIENT_ID"),
        ({"apiUrl": "https://user:canary@api.example.com"}, ADDRESS),
        ({"apiUrl": "user:canary@api.example.com"}, ADDRESS),
        ({"apiUrl": "https://api.example.com/2.0?token=canary"}, ADDRESS),
        ({"apiUrl": "https://api.example.com/2.0#canary"}, ADDRESS),
    ],
)
def test_no_refusal_shows_a_secret(values: dict[str, str], names: str) -> None:
    """Two kinds of credentials, half a pair, and credentials in the address."""
    with pytest.raises(ConfigError) as refused:
        resolve(_config(**values))
    assert names in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    "url", [f"{PUBLIC_API}/", f" {PUBLIC_API}\n", "HTTPS://API.Bitbucket.org:443/2.0"]
)
def test_another_spelling_of_the_public_api(url: str) -> None:
    """Is the same: its limit is known, and where an OAuth consumer gets its token."""
    assert resolve(_config(apiUrl=url)).api_url == PUBLIC_API


def test_parallel_is_automatic_by_default() -> None:
    """And when somebody says so."""
    assert resolve(_config(parallel="auto")).parallel == resolve(_config()).parallel


def test_numbers_cross_the_engine_as_floats() -> None:
    """And are whole all the same."""
    given = {"rateLimit": 500.0, "maxWait": "60", "parallel": 4, "refreshTurns": 50.0}
    settings = resolve(_config(**given))
    assert (settings.rate_limit, settings.max_wait, settings.parallel) == (500, 60, 4)
    assert settings.refresh_turns == 50
    assert resolve(_config()).refresh_turns == 1


@pytest.mark.parametrize(
    "given",
    [_config(refreshBudget=500), environment({"BITBUCKET_REFRESH_BUDGET": "500"})],
)
def test_the_refresh_budget_of_former_versions(given: Layer) -> None:
    """Is refused with what takes its place, also beside it."""
    with pytest.raises(ConfigError, match="BITBUCKET_REFRESH_BUDGET") as refused:
        resolve(given, _config(refreshTurns=10))
    assert "Set bitbucket:refreshTurns instead" in refused.value.remedy


def test_an_adopted_uuid_is_canonical() -> None:
    """Braces and case don't matter."""
    uuid = "0000000A-0000-4000-8000-000000000000"
    assert resolve(_config(adopt=uuid)).adopt == f"{{{uuid.lower()}}}"


def test_a_sandbox_ignores_the_environments_credentials() -> None:
    """A real token has no business in a toy; those of the config count, else it is the owner."""
    variables = {"BITBUCKET_OAUTH_TOKEN": "real"}
    trial = resolve(_config(apiUrl="sandbox:/x.db"), environment(variables))
    assert trial.credentials == Anonymous()
    who = identity(trial)
    assert isinstance(who, ApiToken)
    assert who.email == OWNER_EMAIL
    given = resolve(_config(apiUrl="sandbox:/x.db", oauthToken="toy"), environment(variables))
    assert identity(given) == AccessToken("toy")


def test_a_sandboxs_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path starts at the project, wherever the program runs."""
    (tmp_path / "Pulumi.yaml").touch()
    (tmp_path / "stacks").mkdir()
    monkeypatch.chdir(tmp_path / "stacks")
    assert resolve(_config(apiUrl="sandbox:a.db")).sandbox == tmp_path / "a.db"
    assert resolve(_config(apiUrl="sandbox:/b/a.db")).sandbox == Path("/b/a.db")
    assert resolve(_config()).sandbox is None
    assert project_root(Path("/")) == Path("/")


def test_private_urls_are_allowed_where_the_api_is_local() -> None:
    """Only there."""
    assert resolve(_config(apiUrl="sandbox:x")).allows_private_urls
    assert resolve(_config(apiUrl="http://127.0.0.1:1234/2.0/")).allows_private_urls
    assert not resolve(_config(apiUrl="https://api.example.com")).allows_private_urls


@pytest.mark.parametrize(
    "holder",
    [
        Settings(credentials=ApiToken("a@b.c", "canary")),
        Settings(credentials=AccessToken("canary")),
        Settings(credentials=OAuthConsumer("id", "canary")),
        _config(password="canary"),
        HookArgs(secret="canary"),
        HookFleetArgs(secret="canary"),
        WorkspaceHookArgs(secret="canary"),
        ProviderArgs(password="canary", oauth_token="canary", oauth_client_secret="canary"),
        Desired(Subject("acme", "web"), "https://ci.example.com/", secret="canary"),
        Declaration("ci", {"url": "https://ci.example.com/?canary", "secret": "canary"}),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_no_repr_shows_a_secret(holder: object) -> None:
    """A program may print it."""
    assert "canary" not in repr(holder)
    if isinstance(holder, Settings):
        assert "canary" not in holder.credentials.identity
