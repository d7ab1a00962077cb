"""What a provider process does in every call: errors, messages, interrupts, and no secret shown.

With the dynamic providers all of it leans on the SDK's inner workings: here it is seen on the day
that they change.
"""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from google.protobuf import empty_pb2

from support.hooks import DECLARED, INPUTS, URL, asked, state_of
from support.provider_server import FakeEngine, ProviderServer, Refusal
from support.sandbox import Sandbox


def test_our_errors_come_without_a_traceback(server: ProviderServer) -> None:
    """The message alone, with its remedy on the second line."""
    with pytest.raises(Refusal) as refused:
        server.read("nonsense", {})
    assert str(refused.value) == (
        '"nonsense" is no id of a Hook\nWrite it as WORKSPACE/REPOSITORY/{uuid}.'
    )


def test_bugs_keep_theirs(server: ProviderServer) -> None:
    """What isn't ours is shown whole, so that it can be reported."""
    with pytest.raises(Refusal, match=r"(?s)^Traceback.*TypeError"):
        server.create({"owner": "acme", "repository": "web"})


def test_messages_reach_the_engine_beside_their_resource(
    server: ProviderServer, engine: FakeEngine, sandbox: Sandbox
) -> None:
    """The engine's address and the call's URN are found."""
    sandbox.plant_hook("acme/web", URL)
    server.made(DECLARED, name="some-name")
    (logged,) = engine.logged
    assert (logged.severity, logged.urn.rpartition("::")[2]) == ("INFO", "some-name")


def test_messages_go_to_stderr_when_the_engine_does_not_listen(
    server: ProviderServer, engine: FakeEngine, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Nothing is lost without a word."""
    hook = sandbox.plant_hook("acme/web", URL)
    engine.stop()
    server.made(DECLARED)
    assert f"adopted the existing hook {hook.uuid}" in (tmp_path / "stderr").read_text()


@pytest.mark.parametrize("first", ["check", "create"])
def test_more_than_four_calls_at_a_time(
    server: ProviderServer, sandbox: Sandbox, first: str
) -> None:
    """Eight slow creates are all under way at once; also where they are the first to come."""
    if first == "check":
        server.check(DECLARED)
    sandbox.configure(latency_ms=1500)
    names = ["api", "worker", "billing", "infra", "web", "mobile", "docs", "design-system"]

    def make(name: str) -> None:
        server.create({**INPUTS, "repository": name}, name=name)

    threads = [threading.Thread(target=make, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    methods = [line.split()[0] for line in asked(sandbox)]
    assert methods.count("POST") == 8
    assert "POST" not in methods[:8]


def test_an_interrupt_ends_waits(server: ProviderServer, sandbox: Sandbox) -> None:
    """A cancellation gets through while a call waits, and the wait ends with our error."""
    sandbox.plan_fault("503", "GET", times=1000)
    server.check(DECLARED)
    refusals: list[str] = []

    def make() -> None:
        with pytest.raises(Refusal) as refused:
            server.create(INPUTS)
        refusals.append(str(refused.value))

    thread = threading.Thread(target=make)
    thread.start()
    while not sandbox.requests():
        thread.join(0.01)
    server.stub.Cancel(empty_pb2.Empty(), timeout=30)
    thread.join(60)
    assert refusals
    assert refusals[0].startswith("stopped while waiting")
    assert sandbox.hooks() == []


def test_no_secret_in_messages_logs_or_output(
    server: ProviderServer, engine: FakeEngine, sandbox: Sandbox, tmp_path: Path
) -> None:
    """A canary as secret, through success and failure of every kind."""
    canary = {"secret": "canary-secret"}
    messages: list[str] = []
    sandbox.plant_hook("acme/web", f"{URL}/planted")
    server.made({**INPUTS, "url": f"{URL}/planted", **canary}, name="adopts")
    sandbox.plan_fault("drop-after", "POST")
    uuid, state = server.made({**INPUTS, **canary})
    server.update(uuid, state, {**INPUTS, **canary, "active": False})
    server.update(uuid, state, INPUTS)
    for kind in ("500", "html"):
        sandbox.plan_fault("html", "PUT")
        with pytest.raises(Refusal) as refused:
            server.update(uuid, state, {**INPUTS, "secret": f"canary-{kind}"})
        messages.append(str(refused.value))
    with pytest.raises(Refusal) as refused:
        server.create({"owner": "acme", "repository": "web", **canary})  # a bug's traceback
    messages.append(str(refused.value))
    gone = sandbox.plant_hook("acme/web", f"{URL}/gone")
    sandbox.delete_hook(gone.uuid)
    with pytest.raises(Refusal) as refused:
        server.update(gone.uuid, state_of(gone), {**INPUTS, **canary, "description": "x"})
    messages.append(str(refused.value))
    everything = [*messages, engine.messages(), (tmp_path / "stderr").read_text()]
    assert "canary" not in "\n".join(everything)
    assert "canary" not in repr([server.check({**INPUTS, "secret": "canary" * 40})[1]])
