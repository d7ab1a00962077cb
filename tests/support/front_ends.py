"""The two front ends of the operations, each as the engine starts it and speaks to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from google.protobuf import json_format, struct_pb2
from pulumi.dynamic.dynamic import ResourceProvider, serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from bitbucket_hooks.operations.wire import SECRET, SIGNATURE, as_secret
from bitbucket_hooks.provider.exclusive import (
    RepositoryHooksExclusiveProvider,
    WorkspaceHooksExclusiveProvider,
)
from bitbucket_hooks.provider.fleet import HookFleetProvider
from bitbucket_hooks.provider.hook import HookProvider, WorkspaceHookProvider
from support import provider_process

Props = dict[str, Any]

DYNAMIC_PROVIDERS: Final[Mapping[str, type[ResourceProvider]]] = {
    "Hook": HookProvider,
    "WorkspaceHook": WorkspaceHookProvider,
    "HookFleet": HookFleetProvider,
    "RepositoryHooksExclusive": RepositoryHooksExclusiveProvider,
    "WorkspaceHooksExclusive": WorkspaceHooksExclusiveProvider,
}


class FrontEnd(ABC):
    """What differs between the two on the wire, so that a test needn't know."""

    name: ClassVar[str]
    type_prefix: ClassVar[str]
    """Before the kind of a resource in its type."""
    config_prefix: ClassVar[str]
    """Before a key of the stack config."""
    serve: Callable[..., None]
    """Turns a new process into the provider."""

    @abstractmethod
    def begin(self, stub: provider_pb2_grpc.ResourceProviderStub, engine: str) -> None:
        """Say what the engine says before it configures a provider."""

    @abstractmethod
    def sent(self, kind: str, project: str, props: Mapping[str, Any]) -> Props:
        """Give properties as they are on the wire."""

    @abstractmethod
    def declared(self, props: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give what a program declares as the front end's SDK hands it to a check."""

    @abstractmethod
    def received(self, props: Props) -> Props:
        """Give properties without what the front end alone adds to them."""


class Dynamic(FrontEnd):
    """The SDK's provider process, which finds our class in the state."""

    name = "dynamic"
    type_prefix = "pulumi-python:dynamic/bitbucket:"
    config_prefix = "bitbucket:"
    serve = staticmethod(provider_process.serve_dynamic)
    _pickles: ClassVar[dict[tuple[str, str], str]] = {}

    def begin(self, stub: provider_pb2_grpc.ResourceProviderStub, engine: str) -> None:
        """Nothing is said."""

    def sent(self, kind: str, project: str, props: Mapping[str, Any]) -> Props:
        """Give the properties with the pickled provider."""
        return {**props, "__provider": self._pickled(kind, project)}

    def declared(self, props: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give the properties: our class of the resource says itself that a url is secret."""
        return props

    def received(self, props: Props) -> Props:
        """Give the properties without the pickled provider."""
        return {key: value for key, value in props.items() if key != "__provider"}

    def _pickled(self, kind: str, project: str) -> str:
        """As the SDK does it, once: each time it wraps its pickler anew, up to a recursion.

        The SDK configures a provider once for each distinct pickle; another project is another
        account.
        """
        if (kind, project) not in self._pickles:
            provider = DYNAMIC_PROVIDERS[kind]()
            if project != "hooks":
                vars(provider)["project"] = project
            self._pickles[kind, project] = serialize_provider(provider)
        return self._pickles[kind, project]


class Plugin(FrontEnd):
    """Our plugin."""

    name = "plugin"
    type_prefix = "bitbucket-hooks:index:"
    config_prefix = ""
    serve = staticmethod(provider_process.serve_plugin)

    def begin(self, stub: provider_pb2_grpc.ResourceProviderStub, engine: str) -> None:
        """Shake hands."""
        request = provider_pb2.ProviderHandshakeRequest(engine_address=engine)
        assert stub.Handshake(request, timeout=30).accept_secrets

    def sent(self, kind: str, project: str, props: Mapping[str, Any]) -> Props:  # noqa: ARG002  # of the other one
        """Give the properties."""
        return dict(props)

    def declared(self, props: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give the properties; that a url is secret is said by its mark."""
        given = dict(props)
        if given.pop("urlIsSecret", False):
            given["url"] = as_secret(given["url"])
        return given

    def received(self, props: Props) -> Props:
        """Give the properties without the marks of those that are secret by their schema."""
        for name in ("secret", "secretFingerprint"):
            if name in props:
                assert props[name][SIGNATURE] == SECRET
                props[name] = props[name]["value"]
        return props


FRONT_ENDS: Final = (Dynamic(), Plugin())


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Write a mapping as the engine sends one."""
    return json_format.ParseDict(dict(values), struct_pb2.Struct())
