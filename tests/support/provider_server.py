"""A provider process of either front end as the engine starts it, and an engine that listens."""

from __future__ import annotations

import multiprocessing
import os
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final
from unittest import mock

import attrs
import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from bitbucket_hooks.model.state_codec import FINGERPRINT
from bitbucket_hooks.provider.base import DynamicProvider
from support import provider_process
from support.front_ends import DYNAMIC_PROVIDERS, FrontEnd, struct

UNKNOWN = rpc.UNKNOWN
DIFF = provider_pb2.DiffResponse

Props = dict[str, Any]


class Refusal(Exception):
    """An error that the provider answered; its text is what the engine would print."""

    def __init__(self, message: str | None, kept: Props | None) -> None:
        super().__init__(message)
        self.kept = kept
        """The outputs that the state is to have all the same; None: it stays as it was."""


@attrs.frozen
class Logged:
    """A message that the provider sent to the engine."""

    severity: str
    message: str
    urn: str


class FakeEngine(engine_pb2_grpc.EngineServicer):
    """Collects what providers log."""

    def __init__(self) -> None:
        self.logged: list[Logged] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(2))
        engine_pb2_grpc.add_EngineServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def Log(  # noqa: N802  # the service's own name
        self, request: engine_pb2.LogRequest, _: Any
    ) -> empty_pb2.Empty:
        """Note a message."""
        name = engine_pb2.LogSeverity.Name(request.severity)
        self.logged.append(Logged(name, request.message, request.urn))
        return empty_pb2.Empty()

    def stop(self) -> None:
        """End, as an engine that was killed."""
        self._server.stop(None).wait()

    def messages(self) -> str:
        """Give all messages as one text."""
        return "\n".join(record.message for record in self.logged)


@attrs.define
class ProviderServer:
    """A client of one provider process; `kind` is the resources that it speaks of."""

    stub: provider_pb2_grpc.ResourceProviderStub
    front_end: FrontEnd
    kind: str = "Hook"
    project: str = "hooks"

    def resource(self, kind: str) -> ProviderServer:
        """Give the same for resources of another kind."""
        return attrs.evolve(self, kind=kind)

    def configure(self, config: Mapping[str, str]) -> None:
        """Give the stack config, as the engine does before all else."""
        args = struct({f"{self.front_end.config_prefix}{key}": v for key, v in config.items()})
        name = config.get("account", "default")
        request = provider_pb2.ConfigureRequest(args=args, name=name, acceptSecrets=True)
        self._ask(self.stub.Configure, request)

    def check(
        self, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, name: str = "ci"
    ) -> tuple[Props, list[str]]:
        """Give the canonical inputs and the failures, as `property: reason`."""
        declared = self._struct(self.front_end.declared(news))
        request = provider_pb2.CheckRequest(
            **self._resource(name), olds=self._struct(olds or {}), news=declared
        )
        answer = self._ask(self.stub.Check, request)
        failures = [
            f"{failure.property}: {failure.reason}".removeprefix(": ")
            for failure in answer.failures
        ]
        return self._plain(answer.inputs), failures

    def diff(
        self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any], name: str = "ci"
    ) -> tuple[bool, list[str]]:
        """Give whether the engine would see a change, and what replaces."""
        answer = self._diff(id_, olds, news, name)
        changed = {DIFF.DIFF_NONE: False, DIFF.DIFF_SOME: True}.get(answer.changes)
        if changed is None:  # the engine then compares the inputs itself
            changed = any(olds.get(key) != news.get(key) for key in {*self._inputs(), *news})
        return changed, list(answer.replaces)

    def details(
        self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any], name: str = "ci"
    ) -> dict[str, str]:
        """Give what becomes of each property that a diff names, by its path."""
        answer = self._diff(id_, olds, news, name)
        assert answer.hasDetailedDiff is bool(answer.detailedDiff)
        kinds = provider_pb2.PropertyDiff.Kind
        return {path: kinds.Name(change.kind) for path, change in answer.detailedDiff.items()}

    def create(
        self, props: Mapping[str, Any], name: str = "ci", *, preview: bool = False
    ) -> tuple[str, Props]:
        """Give the id and the outputs."""
        request = provider_pb2.CreateRequest(
            **self._resource(name), properties=self._struct(props), preview=preview
        )
        answer = self._ask(self.stub.Create, request)
        return answer.id, self._plain(answer.properties)

    def read(
        self, id_: str, props: Mapping[str, Any], name: str = "ci"
    ) -> tuple[str, Props, Props]:
        """Give the id, the outputs and the inputs."""
        answer = self._ask(
            self.stub.Read,
            provider_pb2.ReadRequest(
                id=id_, **self._resource(name), properties=self._struct(props)
            ),
        )
        return answer.id, self._plain(answer.properties), self._plain(answer.inputs)

    def update(
        self,
        id_: str,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        name: str = "ci",
        *,
        preview: bool = False,
    ) -> Props:
        """Give the outputs."""
        request = provider_pb2.UpdateRequest(
            id=id_,
            **self._resource(name),
            olds=self._struct(olds),
            news=self._struct(news),
            preview=preview,
        )
        answer = self._ask(self.stub.Update, request)
        return self._plain(answer.properties)

    def delete(self, id_: str, props: Mapping[str, Any], name: str = "ci") -> None:
        """Delete."""
        request = provider_pb2.DeleteRequest(
            id=id_, **self._resource(name), properties=self._struct(props)
        )
        self._ask(self.stub.Delete, request)

    def invoke(self, function: str, **arguments: Any) -> Props:
        """Give what a function of the package answers."""
        token = f"{self.front_end.type_prefix}{function}"
        request = provider_pb2.InvokeRequest(tok=token, args=struct(arguments))
        answer = self._ask(self.stub.Invoke, request)
        return json_format.MessageToDict(getattr(answer, "return"))

    def made(self, news: Mapping[str, Any], name: str = "ci") -> tuple[str, Props]:
        """Check and create, as the engine does for a new resource."""
        inputs, failures = self.check(news, name=name)
        assert failures == []
        return self.create(inputs, name)

    def changed(
        self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any], name: str = "ci"
    ) -> Props:
        """Check, compare and update, as the engine does for a resource that is there."""
        inputs, failures = self.check(news, olds, name)
        assert failures == []
        assert self.diff(id_, olds, inputs, name) == (True, [])
        return self.update(id_, olds, inputs, name)

    def _diff(
        self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any], name: str
    ) -> provider_pb2.DiffResponse:
        request = provider_pb2.DiffRequest(
            id=id_, **self._resource(name), olds=self._struct(olds), news=self._struct(news)
        )
        answer: provider_pb2.DiffResponse = self._ask(self.stub.Diff, request)
        return answer

    def _inputs(self) -> set[str]:
        """The names of what can be declared."""
        provider = DYNAMIC_PROVIDERS[self.kind]
        assert issubclass(provider, DynamicProvider)
        checker = provider.kind.checker
        return {*checker.subject, *checker.common, *checker.own, FINGERPRINT}

    def _resource(self, name: str) -> Any:
        """The fields by which every request names its resource."""
        type_ = f"{self.front_end.type_prefix}{self.kind}"
        return {"urn": f"urn:pulumi:dev::{self.project}::{type_}::{name}", "type": type_}

    def _struct(self, props: Mapping[str, Any]) -> struct_pb2.Struct:
        return struct(self.front_end.sent(self.kind, self.project, props))

    def _plain(self, values: struct_pb2.Struct) -> Props:
        return self.front_end.received(json_format.MessageToDict(values))

    def _ask(self, call: Any, request: Any) -> Any:
        try:
            return call(request, timeout=60)
        except grpc.RpcError as error:
            kept = _kept(error.trailing_metadata())
            plain = None if kept is None else self._plain(kept.properties)
            raise Refusal(error.details(), plain) from None


Start = Callable[..., AbstractContextManager[ProviderServer]]
"""Starts a provider process of one run; keywords are its stack config."""


def _kept(metadata: Any) -> provider_pb2.ErrorResourceInitFailed | None:
    """Read what the engine records of a call that failed in part."""
    details = dict(metadata).get("grpc-status-details-bin")
    if details is None:
        return None
    kept = provider_pb2.ErrorResourceInitFailed()
    status_pb2.Status.FromString(details).details[0].Unpack(kept)
    return kept


_FORKS: Final = multiprocessing.get_context("forkserver")
"""Starts provider processes from one that has imported all that they need, four times as fast."""
_FORKS.set_forkserver_preload(provider_process.IMPORTED_BEFORE)


@contextmanager
def provider_server(
    front_end: FrontEnd,
    engine: FakeEngine,
    folder: Path,
    config: Mapping[str, str],
    **variables: str,
) -> Iterator[ProviderServer]:
    """Start a provider process in a folder of its own; what it prints lands there in `stderr`."""
    ours = {name: text for name, text in os.environ.items() if not name.startswith("BITBUCKET")}
    ours["BITBUCKET_HOOKS_CACHE"] = str(folder / "cache")
    ours |= {"PULUMI_PROJECT": "hooks", "TMPDIR": str(folder), **variables}
    printed, prints = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=front_end.serve, args=(engine.address, folder, ours, prints))
    with printed:
        with prints, _without_main():
            process.start()
        try:
            port = int(_first_line(printed.fileno()))
            with opened(front_end, f"127.0.0.1:{port}", engine) as server:
                server.configure(config)
                yield server
        finally:
            process.terminate()
            process.join(5)
            process.kill()
            process.join()
            process.close()


@contextmanager
def opened(front_end: FrontEnd, address: str, engine: FakeEngine) -> Iterator[ProviderServer]:
    """Connect with a process that listens; it isn't configured yet."""
    with grpc.insecure_channel(address) as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        front_end.begin(stub, engine.address)
        yield ProviderServer(stub, front_end)


def _first_line(descriptor: int) -> bytes:
    """What a process prints up to its first newline; fails when it ends before that."""
    line = b""
    while not line.endswith(b"\n"):
        printed = os.read(descriptor, 64)
        assert printed, "the provider process ended at once: see its `stderr`"
        line += printed
    return line


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide pytest's own script, which a new process would run first."""
    with mock.patch.dict(sys.modules, {"__main__": types.ModuleType("__main__")}):
        yield
