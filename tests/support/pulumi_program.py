"""A Pulumi program without an engine: what it registers, on the SDK's own mocks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import attrs
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import mocks, rpc, set_all_config
from pulumi.runtime import test as awaiting
from pulumi.runtime.proto import provider_pb2, resource_pb2


@attrs.frozen
class Registered:
    """A resource as the engine hears of it: its inputs, and which of them are secret."""

    kind: str
    name: str
    inputs: dict[str, Any]
    secrets: frozenset[str]
    id: str | None
    protect: bool
    provider: str | None = None
    """The name of the provider resource, if it isn't the default one."""


class _NoMocks(mocks.Mocks):
    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise NotImplementedError(args.name)

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise NotImplementedError(args.token)


INVOKED: Final = getattr(resource_pb2, "ResourceInvokeResponse", provider_pb2.InvokeResponse)
"""What a call of a function is answered with: newer SDKs have a message of its own."""


class Monitor(mocks.MockMonitor):
    """Notes what is registered and answers with the inputs and a uuid."""

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        super().__init__(_NoMocks())
        self.registered: list[Registered] = []
        self.state = dict(state or {})
        """The outputs of the resources of the stack's state, by the ends of their URNs."""

    def Invoke(  # noqa: N802  # the service's own name
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> Any:
        """Answer the one function of the engine's own that is asked for: what the state has."""
        assert request.tok == "pulumi:pulumi:readStackResourceOutputs", request.tok
        assert request.args["stackName"] == "organization/hooks/dev", request.args
        answer = INVOKED()
        found = {f"urn:pulumi:dev::hooks::{k}": {"outputs": v} for k, v in self.state.items()}
        getattr(answer, "return").update({"outputs": found})
        return answer

    def RegisterResource(  # noqa: N802  # the service's own name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Note a resource."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        id_, outputs = self._noted(
            request.type,
            request.name,
            request.object,
            None,
            protect=request.protect,
            provider=request.provider.rpartition("::")[0].rpartition("::")[2] or None,
        )
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=outputs)

    def ReadResource(  # noqa: N802  # the service's own name
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        """Note a look-up."""
        urn = self.make_urn(request.parent, request.type, request.name)
        _, outputs = self._noted(request.type, request.name, request.properties, request.id)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=outputs)

    def _noted(
        self,
        kind: str,
        name: str,
        inputs: struct_pb2.Struct,
        id_: str | None,
        *,
        protect: bool = False,
        provider: str | None = None,
    ) -> tuple[str, struct_pb2.Struct]:
        props = json_format.MessageToDict(inputs)
        given = {k: v for k, v in props.items() if k != "__provider" and v is not None}
        secrets = frozenset(key for key, value in given.items() if rpc.is_rpc_secret(value))
        plain = {key: rpc.unwrap_rpc_secret(value) for key, value in given.items()}
        self.registered.append(Registered(kind, name, plain, secrets, id_, protect, provider))
        outputs = struct_pb2.Struct()
        if kind.endswith(":HookFleet"):  # as its check does
            repositories = dict.fromkeys(plain.get("repositories", ()), "as declared")
            outputs.update({**plain, "repositories": repositories})
        else:
            outputs.update({**plain, "uuid": f"{{{name}}}"})
        return f"{{{name}}}", outputs


@contextmanager
def program(
    config: Mapping[str, Any], secret: tuple[str, ...] = (), monitor: Monitor | None = None
) -> Iterator[Callable[[Callable[[], Any]], list[Registered]]]:
    """Give what runs a program with a configuration; secret are the keys that are."""
    noting = monitor or Monitor()
    texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in config.items()}
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    def run(act: Callable[[], Any]) -> list[Registered]:
        awaiting(lambda: _nothing(act()))()  # type: ignore[no-untyped-call]
        return noting.registered

    try:
        mocks.set_mocks(
            _NoMocks(), "hooks", "dev", preview=False, monitor=noting, organization="organization"
        )
        set_all_config(texts, list(secret))
        yield run
    finally:
        set_all_config({})
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()


def _nothing(_: Any) -> None:
    return
