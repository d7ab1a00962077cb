"""`get_hook_types` and `get_ip_ranges` in a program: what they ask, give, and refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

import bitbucket_hooks as bitbucket
from bitbucket_hooks.model.events import CATALOGUE
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL
from support.pulumi_program import program
from support.sandbox import Sandbox, serve

NOBODY = "anonymous@127.0.0.1"
NOWHERE = "http://127.0.0.1:9/2.0"


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give what the program warns of."""
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)
    return warnings


@pytest.fixture
def base(sandbox_path: Path) -> Iterator[str]:
    """Give the sandbox's address over HTTP."""
    with serve(sandbox_path) as url:
        yield url


def _run(act: Callable[[], Any], **config: str) -> Any:
    """Run a program and give what it returned, an Output's value when it is one."""
    given: dict[str, Any] = {}

    def body() -> None:
        given["value"] = value = act()
        if isinstance(value, pulumi.Output):
            value.apply(lambda resolved: given.update(value=resolved))

    with program({f"bitbucket:{key}": value for key, value in config.items()}) as run:
        run(body)
    return given["value"]


def _who(sandbox: Sandbox) -> set[str]:
    found = {request.identity for request in sandbox.requests()}
    sandbox.clear_requests()
    return found


def test_hook_types(sandbox_path: Path, sandbox: Sandbox) -> None:
    """Come from the service, all of its pages; results can be awaited."""
    for number in range(100):
        sandbox.add_event(f"repo:new_{number}", "workspace")
    found = _run(lambda: bitbucket.get_hook_types("workspace"), apiUrl=f"sandbox:{sandbox_path}")
    assert (found.id, found.subject_type) == ("workspace", "workspace")
    assert len(found.hook_types) == len(CATALOGUE) + 100
    last = found.hook_types[-1]
    assert last.event == last["event"] == "repo:new_99"
    assert last.keys() == {"event", "category", "label", "description"}

    async def awaited() -> bitbucket.GetHookTypesResult:
        result: bitbucket.GetHookTypesResult = await found
        return result

    assert asyncio.run(awaited()).hook_types == found.hook_types


def test_ip_ranges(sandbox_path: Path, sandbox: Sandbox) -> None:
    """All, or those of a product and a direction; they are asked for without credentials."""
    address = f"sandbox:{sandbox_path}"
    every = _run(bitbucket.get_ip_ranges, apiUrl=address)
    few = _run(lambda: bitbucket.get_ip_ranges("bitbucket", "egress"), apiUrl=address)
    assert {found.cidr for found in few.ranges} < {found.cidr for found in every.ranges}
    assert all(
        "bitbucket" in found.products and "egress" in found.directions for found in few.ranges
    )
    first = every.ranges[0]
    assert (first.mask_len, first["mask_len"], first.network) == (24, 24, "192.0.2.0")
    assert _who(sandbox) == {NOBODY}

    async def awaited() -> bitbucket.GetIpRangesResult:
        result: bitbucket.GetIpRangesResult = await every
        return result

    assert asyncio.run(awaited()).id == every.id == "1785748364"


def test_outputs(sandbox_path: Path) -> None:
    """Arguments that are known later; parts of the result by attribute and by item."""
    address = f"sandbox:{sandbox_path}"
    kind = pulumi.Output.from_input
    types = _run(
        lambda: bitbucket.get_hook_types_output(kind("repository")).hook_types[0].event,
        apiUrl=address,
    )
    assert types == "repo:push"
    ranges = _run(
        lambda: bitbucket.get_ip_ranges_output("bitbucket", kind("ingress")).ranges[0]["cidr"],
        apiUrl=address,
    )
    assert ranges == "192.0.2.0/24"


@pytest.mark.parametrize("secret", [True, False])
def test_a_secret_argument_makes_the_answer_secret(sandbox_path: Path, secret: bool) -> None:
    """The credentials of a Provider don't."""

    async def act() -> bool:
        account = bitbucket.Provider("p", oauth_token=pulumi.Output.secret("canary"))
        kind = pulumi.Output.secret("bitbucket") if secret else "bitbucket"
        opts = pulumi.InvokeOptions(provider=account)
        return await bitbucket.get_ip_ranges_output(kind, opts=opts).is_secret()

    assert _run(lambda: pulumi.Output.from_input(act()), apiUrl=f"sandbox:{sandbox_path}") is secret


def test_an_unknown_argument_asks_nothing(sandbox_path: Path, sandbox: Sandbox) -> None:
    """Nor does an unknown resource to wait for."""
    from pulumi.output import Unknown

    def later() -> pulumi.Output[str]:
        unknown: Any = Unknown()  # type: ignore[no-untyped-call]
        return pulumi.Output.from_input(unknown)

    async def act() -> list[bool]:
        hook = bitbucket.Hook("a", url="https://x.example.com")
        hook.__dict__["id"] = later()
        waits = pulumi.InvokeOutputOptions(depends_on=[hook])
        asked = [
            bitbucket.get_hook_types_output(later()),
            bitbucket.get_ip_ranges_output(waits),
            bitbucket.get_hook_types_output("repository", pulumi.InvokeOutputOptions()),
        ]
        return [await output.is_known() for output in asked]

    known = _run(lambda: pulumi.Output.from_input(act()), apiUrl=f"sandbox:{sandbox_path}")
    assert known == [False, False, True]
    assert len(sandbox.requests()) == 1


def test_what_it_depends_on(sandbox_path: Path) -> None:
    """Resources of every kind are waited for, and passed on."""

    async def act() -> set[str]:
        hook = bitbucket.Hook("a", url="https://x.example.com")
        group = pulumi.ComponentResource("a:b:C", "group")
        waits = pulumi.InvokeOutputOptions(depends_on=[hook, group])
        found = bitbucket.get_ip_ranges_output(opts=waits)
        return {resource.pulumi_resource_name for resource in await found.resources()}

    names = _run(lambda: pulumi.Output.from_input(act()), apiUrl=f"sandbox:{sandbox_path}")
    assert names == {"a", "group"}


# Accounts


def test_the_account_speaks(base: str, sandbox: Sandbox) -> None:
    """The catalogue is asked for by the account, which has the higher limit."""
    token = sandbox.issue_api_token(OWNER_EMAIL)
    _run(
        lambda: bitbucket.get_hook_types("repository"),
        apiUrl=base,
        username=OWNER_EMAIL,
        password=token,
    )
    assert _who(sandbox) != {NOBODY}


@pytest.mark.parametrize("how", ["provider", "parent", "named", "output"])
def test_a_provider_selects_the_account(base: str, sandbox: Sandbox, how: str) -> None:
    """Directly or by a parent that has one; its address goes before the stack config's."""
    token = sandbox.issue_api_token(OWNER_EMAIL)

    def act() -> Any:
        account = bitbucket.Provider("p", username=OWNER_EMAIL, password=token, api_url=base)
        if how == "output":
            opts = pulumi.InvokeOutputOptions(provider=account)
            return bitbucket.get_hook_types_output("repository", opts)
        if how == "provider":
            return bitbucket.get_hook_types("repository", pulumi.InvokeOptions(provider=account))
        handed_on: Any = [account] if how == "parent" else {"bitbucket": account}
        group = pulumi.ComponentResource(
            "a:b:C", "group", None, pulumi.ResourceOptions(providers=handed_on)
        )
        return bitbucket.get_hook_types("repository", pulumi.InvokeOptions(parent=group))

    assert len(_run(act, apiUrl=NOWHERE).hook_types) == len(CATALOGUE)
    (who,) = _who(sandbox)
    assert who != NOBODY


def test_credentials_that_come_later_are_left_out(base: str, sandbox: Sandbox) -> None:
    """Nor are the stack config's sent in their place: the direct form can't wait."""

    def act() -> Any:
        later = pulumi.Output.secret("later")
        account = bitbucket.Provider("p", username="a@b.c", password=later, api_url=base)
        opts = pulumi.InvokeOptions(provider=account)
        return bitbucket.get_hook_types("repository", opts)

    found = _run(act, apiUrl=NOWHERE, oauthToken=sandbox.issue_access_token("acme"))
    assert len(found.hook_types) == len(CATALOGUE)
    assert _who(sandbox) == {NOBODY}


def test_an_address_that_comes_later() -> None:
    """Needs the other form."""

    def act() -> Any:
        account = bitbucket.Provider("p", api_url=pulumi.Output.from_input(NOWHERE))
        return bitbucket.get_ip_ranges(pulumi.InvokeOptions(provider=account))

    with pytest.raises(pulumi.RunError, match="apiUrl of the Provider 'p' is an Output") as refused:
        _run(act)
    assert "get_ip_ranges_output" in str(refused.value)


def test_a_provider_of_another_kind() -> None:
    """Is refused."""

    def act() -> Any:
        other = pulumi.ProviderResource("pulumi-python", "other")
        return bitbucket.get_ip_ranges(opts=pulumi.InvokeOptions(provider=other))

    with pytest.raises(pulumi.RunError, match="Give a Provider of bitbucket_hooks"):
        _run(act)


def test_outputs_of_a_provider() -> None:
    """What it was given and what the stack config adds, in Python's names."""

    def act() -> Any:
        account = bitbucket.Provider("p", oauth_token="canary")
        return pulumi.Output.all(account.oauth_token, account.username, account.api_url)

    assert _run(act, apiUrl=NOWHERE, username="a@b.c") == ["canary", None, NOWHERE]


# What can go wrong


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("user", "of users and teams no more"),
        ("team", "of users and teams no more"),
        ("repo", 'Give "repository" or "workspace".'),
        (7, 'Give "repository" or "workspace".'),
        (None, "the subject type of the webhooks is missing"),
    ],
)
@pytest.mark.parametrize("output", [True, False])
def test_a_wrong_subject_type(sandbox_path: Path, kind: Any, remedy: str, output: bool) -> None:
    """Is an error without a traceback, in both forms."""
    ask: Any = bitbucket.get_hook_types_output if output else bitbucket.get_hook_types
    with pytest.raises(pulumi.RunError, match="the subject type") as refused:
        _run(lambda: ask(kind), apiUrl=f"sandbox:{sandbox_path}")
    assert remedy in str(refused.value)


def test_a_service_that_does_not_answer(base: str, sandbox: Sandbox, warned: list[str]) -> None:
    """The bundled list serves, with a warning; for addresses there is none."""
    sandbox.configure(fault_rate=1, fault_kinds=("html",))
    found = _run(lambda: bitbucket.get_hook_types("repository"), apiUrl=base)
    assert [found_type.event for found_type in found.hook_types] == [
        event.event for event in CATALOGUE
    ]
    assert len(warned) == 1
    assert "the bundled list of events is shown" in warned[0]
    with pytest.raises(pulumi.RunError, match="reading the published address ranges"):
        _run(bitbucket.get_ip_ranges, apiUrl=base)


# The configuration as attributes


def test_config(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack config's value, else the environment's, else None."""
    monkeypatch.setenv("BITBUCKET_USERNAME", "of the environment")
    monkeypatch.setenv("BITBUCKET_PASSWORD", "other")
    config = bitbucket.config
    names = ("username", "password", "oauth_token", "workspace")
    found = _run(lambda: [getattr(config, name) for name in names], password="own")
    assert found == ["of the environment", "own", None, None]
    with pytest.raises(AttributeError, match="'nothing'"):
        config.nothing  # noqa: B018
