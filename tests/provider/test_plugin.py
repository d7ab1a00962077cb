"""What the plugin alone does, by means that the dynamic providers' protocol of the SDK hasn't."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import plugin_pb2, provider_pb2

from bitbucket_hooks.operations.wire import SIGNATURE, as_secret
from bitbucket_hooks.plugin.distribution import executable, semantic
from support.front_ends import FrontEnd, Plugin, struct
from support.hooks import DECLARED, INPUTS, URL, asked, inputs_of, state_of
from support.provider_server import UNKNOWN, FakeEngine, ProviderServer, Refusal, Start, opened
from support.sandbox import Sandbox

CANARY = "canary"
SECRETS: dict[str, Any] = {
    "url": as_secret(f"{URL}/{CANARY}"),
    "description": as_secret(f"CI {CANARY}"),
    "secret": as_secret(CANARY),
}

Props = dict[str, Any]


class WithMarks(Plugin):
    """The plugin, whose answers keep the marks of all that is secret."""

    def received(self, props: Props) -> Props:
        """Give the properties as they came."""
        return props


@pytest.fixture(scope="module")
def front_end() -> FrontEnd:
    """Give the plugin alone."""
    return WithMarks()


def _shown(value: Any) -> Any:
    """A value as the engine shows it."""
    if isinstance(value, dict):
        is_secret = SIGNATURE in value
        return "[secret]" if is_secret else {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value


# Secrets


def test_what_is_marked_as_secret_stays_marked(
    server: ProviderServer, engine: FakeEngine, sandbox: Sandbox, tmp_path: Path
) -> None:
    """In inputs and outputs, through success and failure: it is in no message and no output."""
    inputs, failures = server.check({**DECLARED, **SECRETS})
    assert failures == []
    id_, outputs = server.create(inputs)
    _, read, read_inputs = server.read(id_, outputs)
    changed = {**inputs, "active": False}
    updated = server.update(id_, read, changed)
    sandbox.plan_fault("html", "PUT")
    with pytest.raises(Refusal) as refused:
        server.update(id_, updated, {**changed, "secret": as_secret(f"{CANARY} 2")})
    kept = refused.value.kept
    assert kept is not None
    for values in (inputs, outputs, read, read_inputs, updated):
        assert {name: values[name] for name in SECRETS} == SECRETS
    assert (kept["url"], kept["description"]) == (SECRETS["url"], SECRETS["description"])
    assert sandbox.secret_of(id_) == CANARY
    answers = [_shown(props) for props in (inputs, outputs, read, read_inputs, updated, kept)]
    printed = [str(refused.value), engine.messages(), (tmp_path / "stderr").read_text()]
    assert CANARY not in repr([answers, printed, server.details(id_, updated, inputs)])


def test_a_failed_fleet_keeps_the_marks(server: ProviderServer, sandbox: Sandbox) -> None:
    """With the copies that were made, and the id by which the next run goes on."""
    fleet = server.resource("HookFleet")
    inputs, _ = fleet.check({**SECRETS, "repositories": ["web", "nowhere"]})
    with pytest.raises(Refusal, match="1 of 2 repositories failed, 1 are done") as refused:
        fleet.create(inputs)
    kept = refused.value.kept
    assert kept is not None
    assert {name: kept[name] for name in SECRETS} == SECRETS
    (hook,) = sandbox.hooks()
    assert kept["hooks"] == {"web": hook.uuid}
    assert CANARY not in repr(_shown(kept))


def test_what_is_always_secret_is_marked_though_nobody_did(
    server: ProviderServer, tmp_path: Path
) -> None:
    """The secret of a program in plain text, and the fingerprint of one that is read."""
    (tmp_path / "secret").write_text(CANARY)
    news = {**DECLARED, "secret": CANARY}
    inputs, _ = server.check(news)
    _, outputs = server.create(inputs)
    assert _shown(inputs)["secret"] == _shown(outputs)["secret"] == "[secret]"
    source = {"secretFrom": f"file:{tmp_path / 'secret'}", "url": f"{URL}/2"}
    _, outputs = server.made({**DECLARED, **source}, "source")
    assert _shown(outputs)["secretFingerprint"] == "[secret]"
    assert CANARY not in repr(outputs)


# Previews


def test_unknown_values_stay_unknown_and_secret(server: ProviderServer) -> None:
    """A value that isn't known yet may be a secret."""
    news = {"repository": UNKNOWN, "url": as_secret(UNKNOWN), "secret": as_secret(UNKNOWN)}
    inputs, failures = server.check(news)
    assert failures == []
    assert {name: inputs[name] for name in news} == news
    _, outputs = server.create(inputs, preview=True)
    assert outputs == inputs


def test_a_preview_writes_nothing(server: ProviderServer, sandbox: Sandbox) -> None:
    """An update that is previewed keeps what it can't change; the rest isn't known yet."""
    hook = sandbox.plant_hook("acme/web", URL)
    state = state_of(hook)
    news = {**inputs_of(state), "active": False}
    stay = {"uuid": hook.uuid, "createdAt": state["createdAt"]}
    assert server.update(hook.uuid, state, news, preview=True) == {**news, **stay}
    id_, outputs = server.create({**INPUTS, "repository": "api"}, "new", preview=True)
    assert (id_, outputs) == ("", {**INPUTS, "repository": "api"})
    assert asked(sandbox) == []


def test_a_diff_names_each_property(server: ProviderServer) -> None:
    """What is added, changed and removed, what replaces, and the repositories of a fleet."""
    id_, state = server.made({**DECLARED, "description": "CI"})
    changed = {**INPUTS, "active": False, "historyEnabled": True}
    inputs, _ = server.check(changed, state)
    named = {"active": "UPDATE", "historyEnabled": "ADD", "description": "DELETE"}
    assert server.details(id_, state, inputs) == named
    inputs, _ = server.check({**changed, "repository": "api"}, state)
    assert server.details(id_, state, inputs) == {"repository": "UPDATE_REPLACE"}
    fleet, hook = server.resource("HookFleet"), {"url": f"{URL}/fleet"}
    id_, state = fleet.made({**hook, "repositories": ["api", "web"]})
    inputs, _ = fleet.check({**hook, "repositories": ["docs", "web"]}, state)
    named = {'repositories["api"]': "DELETE", 'repositories["docs"]': "ADD"}
    assert fleet.details(id_, state, inputs) == named


# Errors


def test_a_problem_is_at_its_property(server: ProviderServer) -> None:
    """But where the engine would print a secret beside it, a whole list, or no value at all."""
    request = provider_pb2.CheckRequest(
        urn="urn:pulumi:dev::hooks::bitbucket-hooks:index:HookFleet::ci",
        news=struct(
            {
                "repositories": ["api", "web"],
                "url": f"ftp://{CANARY}",
                "secret": CANARY * 30,
                "skipCertVerification": as_secret(CANARY),
                "active": 0,
                "events": ["repo:push", "repo:psh"],
                "adopt": "{00000000-0000-4000-8000-000000000001}",
                "historyEnabled": [],
            }
        ),
    )
    failures = server.stub.Check(request, timeout=30).failures
    at_property = {failure.property: failure.reason for failure in failures if failure.property}
    assert at_property.keys() == {"active", "adopt"}
    assert at_property["active"] == "must be true or false, not a number"
    others = {failure.reason.partition(":")[0] for failure in failures if not failure.property}
    assert others == {"url", "secret", "skipCertVerification", "events[1]", "historyEnabled"}
    assert CANARY not in repr(failures)


def test_what_does_not_exist(server: ProviderServer) -> None:
    """A type of another version, a function: one clear error each."""
    with pytest.raises(Refusal, match=r"^bitbucket-hooks:index:Team: there is no such resource"):
        server.resource("Team").check({})
    with pytest.raises(Refusal, match=r"^bitbucket-hooks:index:getTeams: there is no such"):
        server.invoke("getTeams")


def test_a_wrong_configuration(start: Start) -> None:
    """Is refused by its key, before anything is asked for."""
    with (
        pytest.raises(Refusal, match=r"^bitbucket-hooks:parallel .*\"many\""),
        start(parallel="many"),
    ):
        pass


# The package


def test_functions(server: ProviderServer) -> None:
    """Both give what their namesakes in Python give."""
    types = server.invoke("getHookTypes", subjectType="workspace")
    assert types["subjectType"] == "workspace"
    (push,) = [item for item in types["hookTypes"] if item["event"] == "repo:push"]
    assert push.keys() == {"event", "category", "label", "description"}
    ranges = server.invoke("getIpRanges", direction="egress")["ranges"]
    assert ranges
    assert all("egress" in item["directions"] for item in ranges)
    with pytest.raises(Refusal, match='no webhooks of the subject type "galaxy"'):
        server.invoke("getHookTypes", subjectType="galaxy")


def test_the_schema_has_the_version(server: ProviderServer) -> None:
    """Of the package that is installed, as the plugin itself."""
    schema = json.loads(server.stub.GetSchema(provider_pb2.GetSchemaRequest(), timeout=30).schema)
    info = server.stub.GetPluginInfo(empty_pb2.Empty(), timeout=30)
    assert schema["version"] == info.version == semantic(version("bitbucket-hooks"))


def test_credentials_are_secret_though_nobody_marked_them(server: ProviderServer) -> None:
    """The state has the configuration; what is marked already is no other one."""
    given = {"username": "a@b.c", "password": CANARY, "oauthToken": as_secret(CANARY)}
    request = provider_pb2.CheckRequest(news=struct(given))
    inputs = server.stub.CheckConfig(request, timeout=30).inputs
    shown = _shown(json_format.MessageToDict(inputs))
    assert shown == {"username": "a@b.c", "password": "[secret]", "oauthToken": "[secret]"}
    differing = provider_pb2.DiffRequest(olds=struct(given), news=inputs)
    answer = server.stub.DiffConfig(differing, timeout=30)
    assert answer.changes == answer.DIFF_NONE


def test_another_configuration_replaces_nothing(server: ProviderServer) -> None:
    """Neither a provider nor, with it, each of its resources."""
    olds, news = struct({"workspace": "acme"}), struct({"workspace": "globex"})
    request = provider_pb2.DiffRequest(olds=olds, news=news)
    answer = server.stub.DiffConfig(request, timeout=30)
    assert (answer.changes, list(answer.replaces)) == (answer.DIFF_SOME, [])


def test_it_ends_with_an_engine_that_is_killed(tmp_path: Path, engine: FakeEngine) -> None:
    """Also before it was configured: some are started for their schema alone."""
    with _started(tmp_path, engine) as process:
        engine.stop()
        assert process.wait(60) == 1


def test_an_engine_that_did_not_start_it(server: ProviderServer, sandbox: Sandbox) -> None:
    """Attaches itself, as to a plugin in a debugger, and hears what there is to say."""
    sandbox.plant_hook("acme/web", URL)
    engine = FakeEngine()
    server.stub.Attach(plugin_pb2.PluginAttach(address=engine.address), timeout=30)
    server.made(DECLARED)
    assert "adopted the existing hook" in engine.messages()
    engine.stop()


def test_the_engine_ends_it_with_an_interrupt(
    tmp_path: Path, engine: FakeEngine, sandbox: Sandbox, sandbox_path: Path
) -> None:
    """At once, also while a call waits: the engine waits for who ignores that, in every run."""
    sandbox.plan_fault("503", "GET", times=1000)
    with _started(tmp_path, engine) as process:
        assert process.stdout is not None
        address = f"127.0.0.1:{int(process.stdout.readline())}"
        with opened(Plugin(), address, engine) as server:
            server.configure({"apiUrl": f"sandbox:{sandbox_path}"})
            waiting = threading.Thread(target=_fail, args=[server])
            waiting.start()
            while not sandbox.requests():
                waiting.join(0.01)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
            waiting.join(30)
        assert process.communicate() == (b"", b"")


def _started(folder: Path, engine: FakeEngine) -> subprocess.Popen[bytes]:
    """Start the plugin as the engine does."""
    program = folder / "plugin"
    program.write_text(executable())
    program.chmod(0o755)
    command = [str(program), engine.address]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _fail(server: ProviderServer) -> None:
    with pytest.raises(Refusal):
        server.create(INPUTS)
