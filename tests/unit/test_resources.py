"""What the resource classes hand to the engine: both constructor forms, names, secrets."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

import bitbucket_hooks as bitbucket
from bitbucket_hooks.model.webhook import ARGUMENTS
from support.pulumi_program import Registered, program

PREFIX = "pulumi-python:dynamic/bitbucket:"
EVERYTHING: dict[str, Any] = {
    "url": "https://ci.example.com/",
    "events": ["repo:push"],
    "description": "CI",
    "active": False,
    "secret": "canary",
    "skip_cert_verification": True,
    "history_enabled": False,
    "adopt": "never",
}
WIRE_NAMES = {
    "skip_cert_verification": "skipCertVerification",
    "history_enabled": "historyEnabled",
    "on_unmanaged": "onUnmanaged",
}
OF_REPOSITORY: dict[str, Any] = {"owner": "acme", "repository": "web", **EVERYTHING}
FLEET: dict[str, Any] = {"url": "https://ci.example.com/", "repositories": ["web"]}
HOOKS: dict[str, Any] = {"url": "https://ci.example.com/", "secret_from": "env:CI"}
WATCHED: dict[str, Any] = {"repositories": ["web"], "hooks": ["{1}"], "on_unmanaged": "delete"}


def _one(act: Callable[[], Any], **config: str) -> Registered:
    keys = {f"bitbucket:{key}": value for key, value in config.items()}
    with program(keys) as run:
        (registered,) = run(act)
    return registered


@pytest.mark.parametrize(
    ("kind", "args", "given"),
    [
        (bitbucket.Hook, bitbucket.HookArgs, OF_REPOSITORY),
        (
            bitbucket.WorkspaceHook,
            bitbucket.WorkspaceHookArgs,
            {"workspace": "acme", **EVERYTHING},
        ),
        (bitbucket.HookFleet, bitbucket.HookFleetArgs, {**EVERYTHING, "owner": "acme"}),
        (
            bitbucket.RepositoryHooksExclusive,
            bitbucket.RepositoryHooksExclusiveArgs,
            {"owner": "acme", **WATCHED},
        ),
        (
            bitbucket.WorkspaceHooksExclusive,
            bitbucket.WorkspaceHooksExclusiveArgs,
            {"workspace": "acme", "hooks": ["{1}"]},
        ),
    ],
)
def test_both_forms(kind: Any, args: Any, given: dict[str, Any]) -> None:
    """Say the same, with names as in state and previews; the secret is one, nothing is added."""
    made = _one(lambda: kind("ci", args(**given)))
    assert made == _one(lambda: kind("ci", **given))
    assert (made.kind, made.name) == (f"{PREFIX}{kind.__name__}", "ci")
    wire = {WIRE_NAMES.get(name, name): value for name, value in given.items()}
    assert {key: made.inputs.get(key) for key in wire} == wire
    assert made.inputs.keys() - wire.keys() <= {"urlIsSecret"}  # of a fleet
    assert made.secrets == {"secret"} & given.keys()


def test_an_argument_for_everything() -> None:
    """That the table of properties has."""
    assert set(EVERYTHING) == {*ARGUMENTS} - {"secret_from"}  # which excludes `secret`


def test_the_options_may_come_second() -> None:
    """As other programs write it."""
    protected = pulumi.ResourceOptions(protect=True)
    assert _one(lambda: bitbucket.Hook("ci", protected, url="https://x.example.com")).protect


def test_a_fingerprint_is_secret_from_the_start() -> None:
    """The provider fills it in."""
    made = _one(lambda: bitbucket.Hook("ci", url="https://x", secret_from="env:X"))
    assert made.inputs["secretFrom"] == "env:X"
    assert made.secrets == {"secretFingerprint"}


def test_what_is_not_given_is_not_sent() -> None:
    """Nobody manages it then."""
    assert _one(lambda: bitbucket.Hook("ci", url="https://x")).inputs == {"url": "https://x"}


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: bitbucket.Hook("a", bitbucket.HookArgs(), url="x"), "url stand beside an args"),
        (
            lambda: bitbucket.WorkspaceHooksExclusive(
                "a", bitbucket.WorkspaceHooksExclusiveArgs(), hooks=["{1}"]
            ),
            "hooks stand beside an args",
        ),
        (lambda: bitbucket.Hook("a", {"url": "x"}), "args must be HookArgs, not dict"),  # type: ignore[arg-type]
        (
            lambda: bitbucket.Hook("a", pulumi.ResourceOptions(), pulumi.ResourceOptions()),
            "resource options are given twice",
        ),
    ],
)
def test_forms_that_do_not_mix(make: Callable[[], Any], problem: str) -> None:
    """Are a mistake of the program."""
    with pytest.raises(TypeError, match=problem):
        _one(make)


@pytest.mark.parametrize(
    ("kind", "arguments", "options", "problem"),
    [
        (bitbucket.HookFleet, FLEET, {"ignore_changes": ["active"]}, "active: a fleet repairs"),
        (
            bitbucket.HookFleet,
            FLEET,
            {"ignore_changes": ["owner", "skipCertVerification", 'repositories["web"]', "*"]},
            r"""skipCertVerification, repositories\["web"\], \*: a fleet repairs""",
        ),
        (bitbucket.HookFleet, FLEET, {"import_": "x"}, "import_: dynamic providers"),
        (bitbucket.Hook, {**HOOKS, "repository": "web"}, {"import_": "x"}, "import_: dynamic"),
        (bitbucket.WorkspaceHook, HOOKS, {"ignore_changes": ["secretFrom"]}, "secretFrom: what"),
        (
            bitbucket.RepositoryHooksExclusive,
            WATCHED,
            {"ignore_changes": ["unmanaged"]},
            "unmanaged: is no argument",
        ),
        (bitbucket.WorkspaceHooksExclusive, {"hooks": []}, {"import_": "x"}, "import_: dynamic"),
    ],
)
def test_options_that_can_not_serve(
    kind: Callable[..., Any], arguments: dict[str, Any], options: dict[str, Any], problem: str
) -> None:
    """They are refused by name, with the remedy on a line of its own."""
    opts = pulumi.ResourceOptions(**options)
    with program({}) as run, pytest.raises(pulumi.RunError, match=rf' "ci": .*{problem}.*\n.+\.$'):
        run(lambda: kind("ci", opts=opts, **arguments))


@pytest.mark.parametrize(
    ("kind", "arguments", "names"),
    [
        (bitbucket.Hook, {**HOOKS, "repository": "web"}, ["active", "events[0]", "secret", "*"]),
        (bitbucket.HookFleet, FLEET, ["owner", "repositories", "adopt"]),
        (bitbucket.RepositoryHooksExclusive, WATCHED, ["hooks", "onUnmanaged", "on_unmanaged"]),
    ],
)
def test_options_that_serve(
    kind: Callable[..., Any], arguments: dict[str, Any], names: list[str]
) -> None:
    """What the engine itself can ignore, and everything that needs no help of the provider."""
    opts = pulumi.ResourceOptions(
        ignore_changes=names,
        replace_on_changes=["url"],
        delete_before_replace=True,
        retain_on_delete=True,
        additional_secret_outputs=["hooks"],
        aliases=[pulumi.Alias(name="old")],
        protect=True,
    )
    assert _one(lambda: kind("ci", opts=opts, **arguments)).protect


def test_look_ups() -> None:
    """By id."""
    id_ = "acme/web/{00000000-0000-4000-8000-00000000000a}"
    assert _one(lambda: bitbucket.Hook.get("ci", id_)).id == id_
    id_ = "acme/{00000000-0000-4000-8000-00000000000a}"
    assert _one(lambda: bitbucket.WorkspaceHook.get("ci", id_)).id == id_


def test_outputs_have_python_names() -> None:
    """`skip_cert_verification`, not `skipCertVerification`."""
    seen: dict[str, Any] = {}

    def act() -> None:
        hook = bitbucket.Hook("ci", url="https://x", skip_cert_verification=True)
        only = bitbucket.WorkspaceHooksExclusive("only", on_unmanaged="delete")
        hook.skip_cert_verification.apply(lambda value: seen.update(skip=value))
        hook.uuid.apply(lambda value: seen.update(uuid=value))
        only.on_unmanaged.apply(lambda value: seen.update(unmanaged=value))

    with program({}) as run:
        run(act)
    assert seen == {"skip": True, "uuid": "{ci}", "unmanaged": "delete"}


# Exclusive


def test_whatever_names_hooks() -> None:
    """Resources, uuids, mappings and lists become one list."""

    def act() -> None:
        ci = bitbucket.Hook("ci", url="https://x")
        audit = bitbucket.WorkspaceHook("audit", url="https://x")
        fleet = bitbucket.HookFleet("fleet", url="https://x")  # whose hooks nobody knows here
        bitbucket.RepositoryHooksExclusive(
            "only",
            owner="acme",
            repositories=["web"],
            hooks=[ci, audit, fleet, "{1}", {"web": "{2}"}, pulumi.Output.from_input(["{3}"])],
            on_unmanaged="delete",
        )

    with program({}) as run:
        made = run(act)[-1]
    assert made.kind == "pulumi-python:dynamic/bitbucket:RepositoryHooksExclusive"
    assert made.inputs == {
        "owner": "acme",
        "repositories": ["web"],
        "hooks": ["{ci}", "{audit}", None, "{1}", "{2}", "{3}"],
        "onUnmanaged": "delete",
    }
    assert not made.secrets


# Accounts


def test_an_account_has_its_own_credentials() -> None:
    """Of the configuration's it takes everything else; secrets are secret."""
    made = _one(
        lambda: bitbucket.Provider("second", oauth_token="canary"),
        username="a@b.c",
        password="other",
        workspace="acme",
    )
    assert made.kind == "pulumi:providers:pulumi-python"
    assert made.inputs["bitbucket:oauthToken"] == "canary"
    assert made.inputs["bitbucket:workspace"] == "acme"
    assert "other" not in str(made.inputs)
    assert made.secrets == {"bitbucket:oauthToken"}


def test_an_account_without_credentials_takes_the_configurations() -> None:
    """As a whole; its own address goes before."""
    args = bitbucket.ProviderArgs(api_url="https://api.example.com")
    made = _one(
        lambda: bitbucket.Provider("second", args, pulumi.ResourceOptions(protect=True)),
        username="a@b.c",
        password="canary",
        apiUrl="https://other.example.com",
    )
    assert made.inputs["bitbucket:apiUrl"] == "https://api.example.com"
    assert made.inputs["bitbucket:username"] == "a@b.c"
    assert made.secrets == {"bitbucket:password"}


def test_an_account_with_options_second() -> None:
    """As with hooks."""
    made = _one(
        lambda: bitbucket.Provider("b", pulumi.ResourceOptions(), username="a", password="p")
    )
    assert made.inputs["bitbucket:password"] == "p"


def test_which_account_a_hook_has() -> None:
    """Its own, else that of its parent, by either name; another package's account is none."""

    def act() -> None:
        first, second = (bitbucket.Provider(name, oauth_token=name) for name in ("one", "two"))
        theirs = pulumi.ProviderResource("bitbucket", "theirs")
        handed_on: dict[str, Any] = {
            "listed": [first],
            "named": {"bitbucket": first},
            "foreign": {"bitbucket": theirs},
            "nobody": None,
        }
        for name, providers in handed_on.items():
            opts = pulumi.ResourceOptions(providers=providers)
            group = pulumi.ComponentResource("a:b:Group", f"group of {name}", None, opts)
            below = pulumi.ResourceOptions(parent=group)
            bitbucket.Hook(name, below, url="https://x")
            own = pulumi.ResourceOptions(parent=group, provider=second)
            bitbucket.WorkspaceHook(f"own {name}", own, url="https://x")
            bitbucket.WorkspaceHooksExclusive(f"only {name}", below, hooks=[])
        bitbucket.Hook("alone", pulumi.ResourceOptions(providers=[second]), url="https://x")

    with program({}) as run:
        made = {registered.name: registered.provider for registered in run(act)}
    handed = {"listed": "one", "named": "one", "foreign": None, "nobody": None}
    assert {name: made[name] for name in handed} == handed
    assert {name: made[f"only {name}"] for name in handed} == handed
    assert made["alone"] == "two"
    assert {made[name] for name in made if name.startswith("own ")} == {"two"}


def test_unknown_names_of_the_package() -> None:
    """Are errors as anywhere."""
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        bitbucket.Nothing  # noqa: B018


def test_declaring_a_hook_loads_little() -> None:
    """What talks to Bitbucket is loaded by the provider's process, not by every program."""
    script = "from bitbucket_hooks import Hook, HookFleet"
    assert _loaded(script, "requests", "bitbucket_hooks.operations.session") == set()


def test_a_provider_with_nothing_to_ask_loads_no_http_client() -> None:
    """An update that changes nothing sends no request."""
    script = "from bitbucket_hooks.operations.session import session_for; session_for({}.get)"
    assert _loaded(script, "requests", "bitbucket_hooks.operations.session") == {
        "bitbucket_hooks.operations.session"
    }


def _loaded(script: str, *modules: str) -> set[str]:
    """Which of these modules a script loads."""
    script = f"import sys\n{script}\nprint(*{set(modules)!r} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ
    )
    return set(done.stdout.split())
