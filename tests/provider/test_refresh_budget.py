"""A refresh under a budget, through the SDK's server: what is looked at, and what is said of it."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

from bitbucket_hooks.provider.exclusive import (
    RepositoryHooksExclusiveProvider,
    WorkspaceHooksExclusiveProvider,
)
from bitbucket_hooks.provider.fleet import HookFleetProvider
from bitbucket_hooks.provider.hook import HookProvider, WorkspaceHookProvider
from bitbucket_hooks.sandbox.admin import Sandbox
from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN
from support.hooks import OLD, URL, asked
from support.provider_server import URN, FakeEngine, ProviderServer, Refusal, provider_server

KINDS: dict[str, Any] = {
    "Hook": HookProvider,
    "WorkspaceHook": WorkspaceHookProvider,
    "HookFleet": HookFleetProvider,
    "RepositoryHooksExclusive": RepositoryHooksExclusiveProvider,
    "WorkspaceHooksExclusive": WorkspaceHooksExclusiveProvider,
}
SLUGS = [f"r{i:02}" for i in range(20)]
BUDGET = 4
PLACES = "repositories and workspaces"
REST = "the rest stays as the state has it"
TURNS = 6  # for these repositories and the workspace

Props = dict[str, Any]


@attrs.define
class Resource:
    """One of the state."""

    kind: str
    id: str
    outputs: Props
    account: str = "default_3_272_0"

    @property
    def record(self) -> Props:
        """As `pulumi stack export` shows it."""
        provider = f"urn:pulumi:dev::hooks::pulumi:providers:pulumi-python::{self.account}"
        return {
            "urn": URN + "ci",
            "type": f"pulumi-python:dynamic/bitbucket:{self.kind}",
            "provider": f"{provider}::00000000-0000-4000-8000-000000000000",
            "outputs": self.outputs,
        }


@attrs.define
class Stack:
    """A state, the `pulumi` that tells it, and runs that refresh it."""

    folder: Path
    database: Path
    sandbox: Sandbox
    state: dict[str, Resource] = attrs.field(factory=dict)
    engine: FakeEngine = attrs.field(factory=FakeEngine)
    """Of the run that is under way."""
    _runs: int = 0

    @property
    def logged(self) -> list[tuple[str, str, str]]:
        """What this run said: the severity, the resource, the message."""
        return [(one.severity, one.urn, one.message) for one in self.engine.logged]

    def notify(self, text: str, status: int = 0) -> None:
        """Let `pulumi stack export` say something, and nothing else."""
        binary = self.folder / "bin" / "pulumi"
        binary.parent.mkdir(exist_ok=True)
        where = "stdout" if not status else "stderr"
        (self.folder / "told").write_text(text)
        binary.write_text(
            "#!/bin/sh\n"
            '[ "$*" = "stack export --non-interactive" ] || exit 9\n'
            f"cat {shlex.quote(str(self.folder / 'told'))} >/dev/{where}\nexit {status}\n"
        )
        binary.chmod(0o755)

    def tell_state(self) -> None:
        """Let it say the state, as it is by now."""
        stack: Props = {"urn": "urn:pulumi:dev::hooks::pulumi:pulumi:Stack::hooks-dev"}
        records = [{**stack, "type": "pulumi:pulumi:Stack"}]
        records += [one.record for one in self.state.values()]
        self.notify(json.dumps({"deployment": {"resources": records}}))

    @contextmanager
    def process(
        self, turn: str, config: Mapping[str, str] | None = None, **variables: str
    ) -> Iterator[ProviderServer]:
        """Start a provider process of the run that is under way."""
        folder = self.folder / str(self._runs)
        folder.mkdir(exist_ok=True)
        keys = {
            "bitbucket:apiUrl": f"sandbox:{self.database}",
            "bitbucket:workspace": "acme",
            "bitbucket:refreshBudget": str(BUDGET),
            **(config or {}),
        }
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])
        told = {"PATH": path, **({"BITBUCKET_REFRESH_TURN": turn} if turn else {}), **variables}
        with provider_server(self.engine, folder, keys, **told) as server:
            yield server

    def refresh(self, turn: str, *names: str, **config: str) -> dict[str, tuple[Props, Props]]:
        """Run a refresh that records nothing; gives outputs and inputs as they were read."""
        self.begin()
        keys = {f"bitbucket:{key}": value for key, value in config.items()}
        with self.process(turn, keys) as server:
            return {name: self.read(server, name) for name in names or self.state}

    def listed(self) -> set[str]:
        """What was listed since this was asked the last time, each once."""
        calls = [one.split()[1] for one in asked(self.sandbox)]
        self.sandbox.clear_requests()
        assert len(calls) == len(set(calls))
        return set(calls)

    def begin(self) -> None:
        """Let another run of the engine begin."""
        self._runs += 1
        self.engine.stop()
        self.engine = FakeEngine()
        self.sandbox.clear_requests()

    def read(self, server: ProviderServer, name: str) -> tuple[Props, Props]:
        """Ask for one resource, as a refresh does."""
        one = self.state[name]
        _, outputs, inputs = server.of(KINDS[one.kind]).read(one.id, one.outputs)
        return outputs, inputs


@pytest.fixture
def stack(tmp_path: Path, sandbox_path: Path, sandbox: Sandbox) -> Iterator[Stack]:
    """Give a state with hooks of every kind, all made long ago."""
    sandbox.add_repositories([f"acme/{slug}" for slug in SLUGS])
    made = Stack(tmp_path, sandbox_path, sandbox)
    hook: Props = {"url": URL}
    declared: dict[str, tuple[str, Props]] = {
        "fleet": ("HookFleet", {**hook, "repositories": SLUGS[:12]}),
        "other": ("HookFleet", {"url": f"{URL}/2", "repositories": SLUGS[6:15]}),
        **{slug: ("Hook", {**hook, "repository": slug}) for slug in SLUGS[12:]},
        "audit": ("WorkspaceHook", {**hook, "secret": "canary"}),
    }
    with made.process("all") as server:
        for name, (kind, props) in declared.items():
            id_, outputs = server.of(KINDS[kind]).made(props, name)
            made.state[name] = Resource(kind, id_, {**outputs, "createdAt": OLD})
        uuids = [hook.uuid for hook in sandbox.hooks()]
        for name, kind, props in (
            ("only", "RepositoryHooksExclusive", {"repositories": SLUGS}),
            ("of-workspace", "WorkspaceHooksExclusive", {}),
        ):
            id_, outputs = server.of(KINDS[kind]).made({**props, "hooks": uuids}, name)
            made.state[name] = Resource(kind, id_, outputs)
    made.tell_state()
    sandbox.clear_requests()
    yield made
    made.engine.stop()


def _live(stack: Stack, target: str) -> str:
    """The hook that the first fleet, or a resource of its own, has there."""
    return next(one.uuid for one in stack.sandbox.hooks(target) if one.url == URL)


def test_all_in_turn(stack: Stack) -> None:
    """Each run lists no more than the budget, for all that concerns a repository, and says so."""
    everything = {"workspaces/acme", *(f"acme/{slug}" for slug in SLUGS)}
    seen: set[str] = set()
    for turn in range(1, TURNS + 1):
        read = stack.refresh(str(turn))
        for name, (outputs, inputs) in read.items():
            known = {**stack.state[name].outputs, "createdAt": outputs.get("createdAt")}
            assert outputs.items() <= known.items()
            assert inputs.items() <= known.items()
        listed = stack.listed()
        assert len(listed) == BUDGET
        seen |= listed
        (line,) = stack.logged
        assert line == (
            "INFO",
            "",
            f"refresh budget: checking 4 of 21 {PLACES}, turn {turn} of 6; {REST}",
        )
    assert seen == everything


def test_drift_is_found_when_its_turn_comes(stack: Stack) -> None:
    """In no other run is it told; what was known of the others stays."""
    stack.sandbox.change_hook(_live(stack, "acme/r02"), active=False)
    stack.sandbox.delete_hook(_live(stack, "acme/r15"))
    stack.sandbox.change_hook(_live(stack, "acme"), description="by hand", secret=None)
    foreign = stack.sandbox.plant_hook("acme/r07", "https://evil.example.com/")
    for turn in range(1, TURNS + 1):
        read = {name: outputs for name, (outputs, _) in stack.refresh(str(turn)).items()}
        listed = stack.listed()
        assert (read["fleet"]["repositories"]["r02"] != "as declared") is ("acme/r02" in listed)
        assert (read["r15"] == {}) is ("acme/r15" in listed)
        assert read["audit"]["secretSet"] is ("workspaces/acme" not in listed)
        assert (foreign.uuid in read["only"]["unmanaged"]) is ("acme/r07" in listed)


def test_what_was_found_before_is_kept(stack: Stack) -> None:
    """A run that doesn't look where something was found forgets nothing of it."""
    stack.sandbox.change_hook(_live(stack, "acme/r02"), active=False)
    for slug in ("r07", "r19"):
        stack.sandbox.plant_hook(f"acme/{slug}", "https://evil.example.com/")
    for name, (outputs, _) in stack.refresh("all").items():
        stack.state[name].outputs = outputs
    assert len(stack.listed()) == 21
    assert stack.logged == []
    known = {name: one.outputs for name, one in stack.state.items()}
    assert known["only"]["existing"] == 20 + 9 + 2
    for turn in range(1, TURNS + 1):
        assert {n: outputs for n, (outputs, _) in stack.refresh(str(turn)).items()} == known


def test_an_unmanaged_hook_that_went(stack: Stack) -> None:
    """The number of hooks that exist follows what the run saw."""
    one, two = (
        stack.sandbox.plant_hook(f"acme/{slug}", "https://evil.example.com/")
        for slug in ("r07", "r19")
    )
    stack.state["only"].outputs = stack.refresh("all", "only")["only"][0]
    stack.sandbox.delete_hook(one.uuid)
    for turn in range(1, TURNS + 1):
        outputs, _ = stack.refresh(str(turn), "only")["only"]
        went = "acme/r07" in stack.listed()
        assert outputs["existing"] == (30 if went else 31)
        assert outputs["unmanaged"].keys() == ({two.uuid} if went else {one.uuid, two.uuid})


def test_a_copy_that_refuses(stack: Stack) -> None:
    """One refusal on its turn is a warning, though nothing else of the fleet was due."""
    for slug in (*SLUGS[:3], *SLUGS[4:]):
        stack.sandbox.grant(MEMBER_EMAIL, f"acme/{slug}", "admin")
    member = {"username": MEMBER_EMAIL, "password": MEMBER_TOKEN}
    for name in ("fleet", "only"):
        told = 0
        for turn in range(1, TURNS + 1):
            outputs, _ = stack.refresh(str(turn), name, **member)[name]
            refused = "acme/r03" in stack.listed()
            warned = [message for severity, _, message in stack.logged if severity == "WARNING"]
            assert ["1 of " in message for message in warned] == [True] * refused
            assert ("unchecked: acme/r03" in str(outputs)) is (refused and name == "fleet")
            told += refused
        assert told == 1


def test_an_identity_that_lost_its_rights(stack: Stack) -> None:
    """Sees nothing of all that was due, which is an error as it is without a budget."""
    member = {"username": MEMBER_EMAIL, "password": MEMBER_TOKEN, "refreshBudget": "12"}
    for name in ("fleet", "only"):
        with pytest.raises(Refusal, match="repositories failed, 0 are done"):
            stack.refresh("1", name, **member)


def test_accounts_share_the_budget(stack: Stack) -> None:
    """Each has a process of its own; together they list what one would, and it is said once."""
    labs = SLUGS[15:]
    for name in labs:
        stack.state[name].account = "labs"
    for name in ("only", "of-workspace", "audit"):
        del stack.state[name]
    stack.tell_state()
    seen: set[str] = set()
    for turn in range(1, 6):
        stack.begin()
        with stack.process(str(turn)) as own:
            for name in stack.state.keys() - labs:
                stack.read(own, name)
            with stack.process(str(turn), {"bitbucket:account": "labs"}) as other:
                for name in labs:
                    stack.read(other, name)
        listed = stack.listed()
        assert (len(listed), len(stack.logged)) == (BUDGET, 1)
        seen |= listed
    assert seen == {f"acme/{slug}" for slug in SLUGS}


def test_nothing_to_rotate(stack: Stack) -> None:
    """A budget that is enough for everything changes nothing, and nothing is said."""
    stack.refresh("7", refreshBudget="21")
    assert len(stack.listed()) == 21
    assert stack.logged == []


def test_by_the_date(stack: Stack) -> None:
    """Without a number of its own a run takes one from the date."""
    stack.refresh("")
    assert len(stack.listed()) == BUDGET
    assert "of 6; the rest stays as the state has it" in stack.logged[0][2]


def test_a_look_up_is_answered_always(stack: Stack) -> None:
    """What a program looks up has no state to take its values from."""
    uuid = next(hook.uuid for hook in stack.sandbox.hooks("acme/r15"))
    for turn in ("1", "2"):
        stack.begin()
        with stack.process(turn) as server:
            id_, outputs, _ = server.read(f"acme/r15/{uuid}", {})
        assert (id_, outputs["url"]) == (uuid, URL)


def test_a_name_that_is_a_secret(stack: Stack) -> None:
    """The state shows no name; its repository has its turn all the same."""
    sealed = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    record = stack.state["r15"].outputs
    stack.state["r15"].outputs = {**record, "repository": sealed}
    stack.state["only"].outputs["repositories"].remove("r15")
    stack.tell_state()
    stack.state["r15"].outputs = record
    found = [turn for turn in range(1, 6) if stack.refresh(str(turn), "r15") and stack.listed()]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("told", "status", "why"),
    [
        ("error: no stack selected", 255, "error: no stack selected"),
        ("no JSON", 0, "what it gives is no state"),
        ('{"deployment": null}', 0, "what it gives is no state"),
        (
            '{"deployment": {"resources": [{"urn": "urn:pulumi:prod::hooks::x::y"}]}}',
            0,
            "it gives another stack",
        ),
    ],
)
def test_a_state_that_cannot_beread(stack: Stack, told: str, status: int, why: str) -> None:
    """Nothing is passed off as checked: the run fails, once told, with the way round."""
    stack.notify(told, status)
    stack.begin()
    with stack.process("1") as server:
        for name in ("fleet", "r15"):
            with pytest.raises(Refusal) as refused:
                stack.read(server, name)
            assert why in str(refused.value)
            assert "BITBUCKET_REFRESH_TURN=all" in str(refused.value)
    assert not stack.listed()


def test_no_engine_on_the_path(stack: Stack) -> None:
    """The same when there is no `pulumi` at all."""
    stack.begin()
    nowhere = str(stack.folder)
    with stack.process("1", PATH=nowhere) as server, pytest.raises(Refusal, match="can't be used"):
        stack.read(server, "fleet")


@pytest.mark.parametrize("turn", ["-1", "tonight", "1.5", "9" * 19])
def test_a_turn_that_is_no_number(stack: Stack, turn: str) -> None:
    """Is the user's mistake, named with its remedy."""
    with pytest.raises(Refusal, match="whole number that grows by one with each run"):
        stack.refresh(turn, "fleet")
