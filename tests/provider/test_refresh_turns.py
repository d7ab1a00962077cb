"""Refreshes in turns, over both front ends: what is checked, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

from bitbucket_hooks.model.refresh_turn import RefreshTurn
from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN
from support.front_ends import FrontEnd
from support.hooks import OLD, URL, asked
from support.provider_server import FakeEngine, ProviderServer, Refusal, provider_server
from support.sandbox import Sandbox

SLUGS = [f"r{i:02}" for i in range(20)]
TURNS = 6

Props = dict[str, Any]


@attrs.define
class Resource:
    """One of the state."""

    kind: str
    id: str
    outputs: Props


@attrs.define
class Stack:
    """A state, and runs that refresh it."""

    front_end: FrontEnd
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
        return [(logged.severity, logged.urn, logged.message) for logged in self.engine.logged]

    @contextmanager
    def process(
        self, turn: str, config: Mapping[str, str] | None = None
    ) -> Iterator[ProviderServer]:
        """Start a provider process of the run that is under way."""
        folder = self.folder / str(self._runs)
        folder.mkdir(exist_ok=True)
        keys = {
            "apiUrl": f"sandbox:{self.database}",
            "workspace": "acme",
            "refreshTurns": str(TURNS),
            **(config or {}),
        }
        variables = {"BITBUCKET_HOOKS_REFRESH_TURN": turn} if turn else {}
        with provider_server(self.front_end, self.engine, folder, keys, **variables) as server:
            yield server

    def refresh(self, turn: str, *names: str, **config: str) -> dict[str, tuple[Props, Props]]:
        """Run a refresh that records nothing; gives outputs and inputs as they were read."""
        self.begin()
        with self.process(turn, config) as server:
            return {name: self.read(server, name) for name in names or self.state}

    def listed(self) -> set[str]:
        """What was listed since this was asked the last time, each once."""
        calls = [line.split()[1] for line in asked(self.sandbox)]
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
        resource = self.state[name]
        _, outputs, inputs = server.resource(resource.kind).read(resource.id, resource.outputs)
        return outputs, inputs


@pytest.fixture
def stack(
    front_end: FrontEnd, tmp_path: Path, sandbox_path: Path, sandbox: Sandbox
) -> Iterator[Stack]:
    """Give a state with hooks of every kind, all made long ago."""
    sandbox.add_repositories([f"acme/{slug}" for slug in SLUGS])
    made = Stack(front_end, tmp_path, sandbox_path, sandbox)
    hook: Props = {"url": URL}
    declared: dict[str, tuple[str, Props]] = {
        "fleet": ("HookFleet", {**hook, "repositories": SLUGS[:12]}),
        "other": ("HookFleet", {"url": f"{URL}/2", "repositories": SLUGS[6:15]}),
        **{slug: ("Hook", {**hook, "repository": slug}) for slug in SLUGS[12:]},
        "audit": ("WorkspaceHook", {**hook, "secret": "canary"}),
    }
    with made.process("all") as server:
        for name, (kind, props) in declared.items():
            id_, outputs = server.resource(kind).made(props, name)
            made.state[name] = Resource(kind, id_, {**outputs, "createdAt": OLD})
        uuids = [hook.uuid for hook in sandbox.hooks()]
        for name, kind, props in (
            ("only", "RepositoryHooksExclusive", {"repositories": SLUGS}),
            ("of-workspace", "WorkspaceHooksExclusive", {}),
        ):
            id_, outputs = server.resource(kind).made({**props, "hooks": uuids}, name)
            made.state[name] = Resource(kind, id_, outputs)
    sandbox.clear_requests()
    yield made
    made.engine.stop()


def _live(stack: Stack, target: str) -> str:
    """The hook that the first fleet, or a resource of its own, has there."""
    return next(hook.uuid for hook in stack.sandbox.hooks(target) if hook.url == URL)


def test_all_in_turn(stack: Stack) -> None:
    """Each run lists what has its turn, once for all that concerns it, and says so once."""
    listed = {}
    for turn in range(1, TURNS + 1):
        for name, (outputs, inputs) in stack.refresh(str(turn)).items():
            known = {**stack.state[name].outputs, "createdAt": outputs.get("createdAt")}
            assert outputs.items() <= known.items()
            assert inputs.items() <= known.items()
        listed[turn] = stack.listed()
        assert stack.logged == [("INFO", "", str(RefreshTurn(number=turn, turns=TURNS)))]
    everything = {f"acme/{slug}": f"acme/{slug}" for slug in SLUGS}
    everything["workspace acme"] = "workspaces/acme"
    for turn, calls in listed.items():
        due = RefreshTurn(number=turn, turns=TURNS).includes
        assert calls == {path for name, path in everything.items() if due(name)}


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
    known = {name: resource.outputs for name, resource in stack.state.items()}
    assert known["only"]["existing"] == 20 + 9 + 2
    for turn in range(1, TURNS + 1):
        assert {n: outputs for n, (outputs, _) in stack.refresh(str(turn)).items()} == known


def test_an_unmanaged_hook_that_went(stack: Stack) -> None:
    """The number of hooks that exist follows what the run saw."""
    first, second = (
        stack.sandbox.plant_hook(f"acme/{slug}", "https://evil.example.com/")
        for slug in ("r07", "r19")
    )
    stack.state["only"].outputs = stack.refresh("all", "only")["only"][0]
    stack.sandbox.delete_hook(first.uuid)
    for turn in range(1, TURNS + 1):
        outputs, _ = stack.refresh(str(turn), "only")["only"]
        went = "acme/r07" in stack.listed()
        assert outputs["existing"] == (30 if went else 31)
        assert outputs["unmanaged"].keys() == ({second.uuid} if went else {first.uuid, second.uuid})


def test_a_copy_that_refuses(stack: Stack) -> None:
    """One refusal on its turn is a warning, though nothing else of the fleet was due."""
    for slug in (*SLUGS[:3], *SLUGS[4:]):
        stack.sandbox.grant(MEMBER_EMAIL, f"acme/{slug}", "admin")
    member = {"username": MEMBER_EMAIL, "password": MEMBER_TOKEN}
    for name in ("fleet", "only"):
        refusals = 0
        for turn in range(1, TURNS + 1):
            outputs, _ = stack.refresh(str(turn), name, **member)[name]
            refused = "acme/r03" in stack.listed()
            warned = [message for severity, _, message in stack.logged if severity == "WARNING"]
            assert ["1 of " in message for message in warned] == [True] * refused
            assert ("unchecked: acme/r03" in str(outputs)) is (refused and name == "fleet")
            refusals += refused
        assert refusals == 1


def test_an_identity_that_lost_its_rights(stack: Stack) -> None:
    """Sees nothing of all that was due, which is an error as it is without turns."""
    member = {"username": MEMBER_EMAIL, "password": MEMBER_TOKEN, "refreshTurns": "2"}
    for name in ("fleet", "only"):
        with pytest.raises(Refusal, match="repositories failed, 0 are done"):
            stack.refresh("1", name, **member)


def test_accounts_share_a_turn(stack: Stack) -> None:
    """Each has a process of its own; they check the same part, and it is said once."""
    stack.begin()
    with stack.process("") as own, stack.process("", {"account": "labs"}) as other:
        stack.read(own, "fleet")
        stack.read(other, "fleet")
    assert len(stack.logged) == 1


def test_a_look_up_is_answered_always(stack: Stack) -> None:
    """What a program looks up has no state to take its values from."""
    uuid = next(hook.uuid for hook in stack.sandbox.hooks("acme/r15"))
    for turn in ("1", "2"):
        stack.begin()
        with stack.process(turn) as server:
            id_, outputs, _ = server.read(f"acme/r15/{uuid}", {})
        assert (id_, outputs["url"]) == (uuid, URL)
