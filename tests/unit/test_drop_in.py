"""Programs for `pulumi-bitbucket` 0.0.12 fit: its signatures and ours, side by side."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pulumi
import pulumi_bitbucket as theirs
import pytest
from pulumi.runtime.proto import resource_pb2

import bitbucket_hooks as ours
from support.pulumi_program import INVOKED, Monitor, program
from support.their_program import PROGRAM

RESOURCES = ("Hook", "WorkspaceHook", "Provider")
RESULTS = ("GetHookTypesResult", "GetIpRangesResult")
NESTED = ("GetHookTypesHookTypeResult", "GetIpRangesRangeResult")
REQUIRED = {"Hook": {"url": "https://x.example.com"}, "WorkspaceHook": {}, "Provider": {}}
PLUMBING = {"self", "__self__", "__props__"}

DIFFERENT_ON_PURPOSE = {"skip_cert_verification": ("true", False)}
"""Documented defaults of theirs that aren't ours, by property."""


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    found = inspect.signature(function).parameters
    return {name: given for name, given in found.items() if name not in PLUMBING}


def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    return {name: given.default for name, given in _parameters(function).items()}


def _properties(kind: type) -> set[str]:
    return {name for name, value in vars(kind).items() if isinstance(value, property)}


def test_it_is_that_version() -> None:
    """Others may differ."""
    assert version("pulumi-bitbucket") == "0.0.12"


@pytest.mark.parametrize("name", RESOURCES)
def test_keyword_forms(name: str) -> None:
    """Every keyword of theirs is one of ours, with the same default; none is swallowed unseen."""
    make = getattr(ours, name).__init__
    assert _defaults(getattr(theirs, name)._internal_init).items() <= _defaults(make).items()
    kinds = {parameter.kind for parameter in _parameters(make).values()}
    assert not kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}


@pytest.mark.parametrize("name", RESOURCES)
def test_args_objects(name: str) -> None:
    """Take every keyword of theirs; each is an attribute that can be set later."""
    wanted = _parameters(getattr(theirs, f"{name}Args").__init__)
    args = getattr(ours, f"{name}Args")(**dict.fromkeys(wanted))
    for argument in wanted:
        assert getattr(args, argument) is None
        setattr(args, argument, "later")
        assert getattr(args, argument) == "later"


@pytest.mark.parametrize("name", RESOURCES)
def test_forms_and_outputs(name: str) -> None:
    """The forms of theirs make a resource of ours that has every output of theirs."""
    kind, args, opts = getattr(ours, name), getattr(ours, f"{name}Args"), pulumi.ResourceOptions
    outputs = _properties(getattr(theirs, name))
    assert outputs >= {"url", "uuid", "secret_set"} or name == "Provider"
    made: list[Any] = []

    def act() -> None:
        made.extend(
            [
                kind("a", opts(), **REQUIRED[name]),
                kind("b", opts=opts(), **REQUIRED[name]),
                kind("c", args(**REQUIRED[name]), opts()),
                kind("d", args(**REQUIRED[name])),
                kind("e", args=args(**REQUIRED[name]), opts=opts()),
            ]
        )
        for resource in made:
            for output in (*outputs, "id", "urn"):
                assert isinstance(getattr(resource, output), pulumi.Output), output

    with program({}) as run:
        registered = run(act)
    assert {resource.name for resource in registered} == {"a", "b", "c", "d", "e"}


@pytest.mark.parametrize("name", ["Hook", "WorkspaceHook"])
def test_look_ups(name: str) -> None:
    """`get` has the same parameters in the same order; a uuid is enough beside where it is."""
    get = getattr(ours, name).get
    assert list(_defaults(get).items()) == list(_defaults(getattr(theirs, name).get).items())
    where = {"Hook": {"owner": "acme", "repository": "web"}, "WorkspaceHook": {"workspace": "acme"}}
    state = dict.fromkeys(_parameters(get).keys() - {"resource_name", "id", "opts"}, "x")
    with program({}) as run:
        (found,) = run(lambda: get("a", "{uuid}", None, **{**state, **where[name]}))
    assert (found.id, found.inputs) == ("{uuid}", where[name])


@pytest.mark.parametrize(
    ("name", "beyond"), [("get_hook_types", set()), ("get_ip_ranges", {"product", "direction"})]
)
def test_functions(name: str, beyond: set[str]) -> None:
    """The same arguments and defaults, in the same order; before `opts` some of ours may stand."""
    wanted = _defaults(getattr(theirs, name))
    for function in (getattr(ours, name), getattr(ours, f"{name}_output")):
        given = _defaults(function)
        assert [name for name in given if name not in beyond] == list(wanted)
        assert given == {**dict.fromkeys(beyond), **wanted}
        assert hasattr(theirs, function.__name__)


@pytest.mark.parametrize("name", RESULTS)
def test_results(name: str) -> None:
    """Are made from the same arguments, awaitable or not, and have the same attributes."""
    for prefix in ("", "Awaitable"):
        their, our = getattr(theirs, f"{prefix}{name}"), getattr(ours, f"{prefix}{name}")
        assert _defaults(their.__init__) == _defaults(our.__init__)
        arguments = {key: [] if key.endswith("s") else key for key in _parameters(our.__init__)}
        for attribute in _properties(getattr(theirs, name)):
            assert getattr(our(**arguments), attribute) == getattr(their(**arguments), attribute)
        assert hasattr(our, "__await__") == hasattr(their, "__await__")


@pytest.mark.parametrize("name", NESTED)
def test_nested_results(name: str) -> None:
    """Are the same mappings, with the same attributes, and the same in a stack's outputs."""
    their, our = getattr(theirs.outputs, name), getattr(ours.outputs, name)
    arguments = {key: f"of {key}" for key in _properties(their)}
    assert dict(our(**arguments)) == dict(their(**arguments)) == arguments
    assert {key: getattr(our(**arguments), key) for key in arguments} == arguments
    # an older SDK sends the mapping as it is
    sent = getattr(pulumi._types, "output_type_to_dict", dict)
    on_the_wire = [sent(kind(**arguments)) for kind in (their, our)]
    assert on_the_wire[0] == on_the_wire[1]


def test_the_package_exports_the_same() -> None:
    """Every name of theirs that has to do with hooks."""
    about = re.compile(r"Hook|IpRanges|ip_ranges|hook_types|Provider|^config$|^outputs$")
    wanted = {name for name in vars(theirs) if about.search(name)}
    assert len(wanted) == 16
    assert not [name for name in wanted if not hasattr(ours, name)]


def test_config(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same variables, with the stack config's value or the environment's."""
    from pulumi_bitbucket.config import vars as their_config

    names = sorted(_properties(their_config._ExportableConfig))
    assert len(names) == 5
    monkeypatch.setenv("BITBUCKET_USERNAME", "of the environment")
    found: list[tuple[Any, Any]] = []

    def act() -> None:
        monkeypatch.setattr(their_config, "__config__", pulumi.Config("bitbucket"))
        found.extend((getattr(theirs.config, key), getattr(ours.config, key)) for key in names)

    with program({"bitbucket:oauthToken": "canary"}) as run:
        run(act)
    assert all(their == our for their, our in found)
    assert {our for _, our in found} == {None, "canary", "of the environment"}


@pytest.mark.parametrize("name", ["Hook", "WorkspaceHook"])
def test_documented_defaults(name: str) -> None:
    """Are ours, but for those that we differ in on purpose."""
    from bitbucket_hooks.model.webhook import Desired

    text = getattr(theirs, f"{name}Args").__init__.__doc__
    documented = dict(re.findall(r":param \S+ (\w+): .*\(Default: `(\w+)`\)", text))
    assert documented.keys() == {"active", "skip_cert_verification"}
    defaults = {attribute.name: attribute.default for attribute in Desired.__attrs_attrs__}
    for key, default in documented.items():
        expected = DIFFERENT_ON_PURPOSE.get(key, (default, default == "true"))
        assert (default, defaults[key]) == expected


class _TheirMonitor(Monitor):
    """Answers their functions too, as their plugin does, as far as their package looks."""

    def Invoke(  # noqa: N802  # the service's own name
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> Any:
        """Give one event and one range."""
        item = {"cidr": "192.0.2.0/24", "products": ["bitbucket"], "event": "repo:push"}
        answer = INVOKED()
        found = {"subjectType": request.tok, "ranges": [item], "hookTypes": [item]}
        getattr(answer, "return").update(found)
        return answer


def test_the_program_of_the_engines_test_is_theirs() -> None:
    """It runs with their package, as it stands: so what runs with ours is no program of ours."""
    monitor = _TheirMonitor()
    config = {"hooks:email": "a@b.c", "hooks:token": "t", "hooks:manual": "{uuid}"}
    with program(config, monitor=monitor) as run:
        run(lambda: exec(compile(PROGRAM, "their_program", "exec"), {}))  # noqa: S102
    made = {resource.name: resource.kind for resource in monitor.registered}
    assert made["nightly"] == made["manual"] == "bitbucket:index/hook:Hook"
    assert made["audit"] == "bitbucket:index/workspaceHook:WorkspaceHook"
    assert made["member"] == "pulumi:providers:bitbucket"
