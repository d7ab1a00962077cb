"""`pulumi-resource-bitbucket-hooks`: Pulumi's provider protocol over the operations of resources.

It stands on the protocol's generated classes. The SDK's own `pulumi.provider.experimental` wraps
each error in a traceback, can't keep what a failed create has done, and may change at any time.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.resources import files
from typing import Any, Final, TypeVar

import grpc
from attrs import asdict
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from bitbucket_hooks.api.event_catalogue import hook_types
from bitbucket_hooks.model.errors import ConfigError, HooksError
from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.model.notes import note_failure
from bitbucket_hooks.model.resources import PACKAGE, PLUGIN
from bitbucket_hooks.model.settings import ACCOUNT_KEY, NAMESPACE, SECRET_KEYS
from bitbucket_hooks.model.state_codec import FINGERPRINT
from bitbucket_hooks.operations import engine
from bitbucket_hooks.operations.engine_process import end_with_engine
from bitbucket_hooks.operations.exclusive import (
    RepositoryHooksExclusiveOperations,
    WorkspaceHooksExclusiveOperations,
)
from bitbucket_hooks.operations.fleet import HookFleetOperations
from bitbucket_hooks.operations.hook import HookOperations, WorkspaceHookOperations
from bitbucket_hooks.operations.resource import ResourceOperations
from bitbucket_hooks.operations.results import Diff, InputProblem, PartlyDoneError, Props
from bitbucket_hooks.operations.session import Session, session_for
from bitbucket_hooks.operations.wire import DIFF_KINDS, partly_done_metadata
from bitbucket_hooks.plugin.distribution import VERSION
from bitbucket_hooks.plugin.wire import receive, send

_KINDS: Final[Mapping[str, type[ResourceOperations]]] = {
    f"{PLUGIN}Hook": HookOperations,
    f"{PLUGIN}WorkspaceHook": WorkspaceHookOperations,
    f"{PLUGIN}HookFleet": HookFleetOperations,
    f"{PLUGIN}RepositoryHooksExclusive": RepositoryHooksExclusiveOperations,
    f"{PLUGIN}WorkspaceHooksExclusive": WorkspaceHooksExclusiveOperations,
}
_SECRET: Final = frozenset({"secret", FINGERPRINT})
"""Properties that are secret wherever they stand."""
_NOT_PRINTED: Final = frozenset({"url", *_SECRET})
"""Properties whose value is not printed beside a problem: they may hold a secret."""
_STAY: Final = ("uuid", "createdAt")
"""What a preview of an update knows of the outputs, beside what is declared."""
_WORKERS: Final = 256  # more than the engine asks for at once on any machine
_MESSAGE_BYTES: Final = 400 * 1024 * 1024  # as the engine and the SDKs allow

R = TypeVar("R")


def _answered(
    method: Callable[[Servicer, Any], R],
) -> Callable[[Servicer, Any, grpc.ServicerContext], R]:
    """Let a method know the resource that it is about, and answer its errors in plain words."""

    @functools.wraps(method)
    def answer(servicer: Servicer, request: Any, context: grpc.ServicerContext) -> R:
        try:
            with engine.call_about(getattr(request, "urn", None) or None):
                return method(servicer, request)
        except PartlyDoneError as partly:
            error, outputs = partly.error, send(partly.outputs, _secrets(request))
            reason = engine.with_users_keys(str(error))
            context.set_trailing_metadata(partly_done_metadata(partly.id, outputs, reason))
        except HooksError as refusal:
            error = refusal
        except Exception:  # noqa: BLE001  # a bug is shown whole, so that it can be reported
            context.abort(grpc.StatusCode.UNKNOWN, traceback.format_exc())
        note_failure(error)
        return context.abort(grpc.StatusCode.UNKNOWN, engine.with_users_keys(str(error)))

    return answer


def _secrets(request: Any) -> frozenset[str]:
    """The properties that a request marks as secret, and those that always are."""
    fields = ("olds", "news", "properties", "inputs")
    sent = [getattr(request, name) for name in fields if hasattr(request, name)]
    return _SECRET.union(*(receive(properties).secrets for properties in sent))


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine; one process serves one account."""

    _session: Session

    @_answered
    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Say what is understood."""
        engine.connect(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @_answered
    def Attach(self, request: plugin_pb2.PluginAttach) -> empty_pb2.Empty:
        """Serve an engine that did not start this process."""
        engine.connect(request.address)
        return empty_pb2.Empty()

    @_answered
    def GetPluginInfo(self, _: empty_pb2.Empty) -> plugin_pb2.PluginInfo:
        """Tell the version."""
        return plugin_pb2.PluginInfo(version=VERSION)

    @_answered
    def GetSchema(self, _: provider_pb2.GetSchemaRequest) -> provider_pb2.GetSchemaResponse:
        """Give the package's schema: SDKs are generated from it, and YAML programs checked."""
        schema = json.loads(files(__package__).joinpath("schema.json").read_text("utf-8"))
        return provider_pb2.GetSchemaResponse(schema=json.dumps({**schema, "version": VERSION}))

    @_answered
    def CheckConfig(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Mark credentials as secret, though nobody did; what is wrong, Configure says."""
        news = receive(request.news)
        return provider_pb2.CheckResponse(inputs=send(news.values, news.secrets.union(SECRET_KEYS)))

    @_answered
    def DiffConfig(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Another configuration, or a provider of another package before, replaces no resource."""
        is_same = receive(request.olds).values == receive(request.news).values
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_NONE
            if is_same
            else provider_pb2.DiffResponse.DIFF_SOME
        )

    @_answered
    def Configure(self, request: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:
        """Open the account that the configuration names."""
        given = receive(request.args).values
        if request.name.partition("_")[0] != "default":  # that is the stack config's, of a version
            given[ACCOUNT_KEY] = request.name
        self._session = session_for(lambda key: given.get(key.removeprefix(f"{NAMESPACE}:")))
        return provider_pb2.ConfigureResponse(acceptSecrets=True)

    @_answered
    def Check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Validate a declaration and give its canonical form."""
        news = receive(request.news)
        operations = self._operations(request)
        if "urlIsSecret" in operations.checker.own:
            news.values["urlIsSecret"] = "url" in news.secrets
        checked = operations.check(receive(request.olds).values, news.values)
        secrets = news.secrets | _SECRET
        return provider_pb2.CheckResponse(
            inputs=send(checked.inputs, secrets),
            failures=[_failure(p, checked.inputs, secrets) for p in checked.problems],
        )

    @_answered
    def Diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """What an update would change, property by property."""
        olds, news = receive(request.olds).values, receive(request.news).values
        return _diff_response(self._operations(request).diff(request.id, olds, news))

    @_answered
    def Create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:
        """Make a resource."""
        declared = receive(request.properties)
        if request.preview:  # what is left out is unknown to whatever depends on it
            return provider_pb2.CreateResponse(properties=request.properties)
        id_, outputs = self._operations(request).create(declared.values)
        properties = send(outputs, declared.secrets | _SECRET)
        return provider_pb2.CreateResponse(id=id_, properties=properties)

    @_answered
    def Read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        """Read what is live, for a refresh, a look-up or an import."""
        secrets = _secrets(request)
        state = self._operations(request).read(request.id, receive(request.properties).values)
        return provider_pb2.ReadResponse(
            id=state.id,
            properties=send(state.outputs, secrets),
            inputs=send(state.inputs, secrets),
        )

    @_answered
    def Update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        """Bring what is live in line, in place."""
        olds, news = receive(request.olds).values, receive(request.news)
        if request.preview:
            stay: Props = {name: olds[name] for name in _STAY if name in olds}
            outputs = {**stay, **news.values}
            return provider_pb2.UpdateResponse(properties=send(outputs, news.secrets | _SECRET))
        outputs = self._operations(request).update(request.id, olds, news.values)
        return provider_pb2.UpdateResponse(properties=send(outputs, news.secrets | _SECRET))

    @_answered
    def Delete(self, request: provider_pb2.DeleteRequest) -> empty_pb2.Empty:
        """Remove a resource."""
        self._operations(request).delete(request.id, receive(request.properties).values)
        return empty_pb2.Empty()

    @_answered
    def Invoke(self, request: provider_pb2.InvokeRequest) -> provider_pb2.InvokeResponse:
        """Answer a function of the package."""
        function = _FUNCTIONS.get(request.tok)
        if function is None:
            raise ConfigError(f"{request.tok}: there is no such function", "Correct its name.")
        response = provider_pb2.InvokeResponse()
        answer = function(self._session, receive(request.args).values)
        getattr(response, "return").CopyFrom(send(answer))  # `response.return` is no Python
        return response

    @_answered
    def Cancel(self, _: empty_pb2.Empty) -> empty_pb2.Empty:
        """End what waits: the user interrupted the engine."""
        engine.cancel()
        return empty_pb2.Empty()

    def _operations(self, request: Any) -> ResourceOperations:
        kind = request.type or request.urn.split("::")[2].rpartition("$")[2]
        if kind not in _KINDS:
            raise ConfigError(f"{kind}: there is no such resource type", "Correct its name.")
        return _KINDS[kind](self._session)


def _failure(
    problem: InputProblem, inputs: Props, secrets: Collection[str]
) -> provider_pb2.CheckFailure:
    """A problem, at its property where the engine can print the value beside it.

    It has no value for a path into a list, and prints all of a long list.
    """
    path, reason = problem.path, problem.text
    is_hidden = path in secrets or path in _NOT_PRINTED
    if is_hidden or "[" in path or isinstance(inputs.get(path), (Mapping, list)):
        path, reason = "", str(problem)
    return provider_pb2.CheckFailure(property=path, reason=engine.with_users_keys(reason))


def _diff_response(diff: Diff) -> provider_pb2.DiffResponse:
    details = {path: DIFF_KINDS[change] for path, change in diff.details.items()}
    details |= dict.fromkeys(diff.replaces, provider_pb2.PropertyDiff.UPDATE_REPLACE)
    changes = {
        None: provider_pb2.DiffResponse.DIFF_UNKNOWN,
        False: provider_pb2.DiffResponse.DIFF_NONE,
        True: provider_pb2.DiffResponse.DIFF_SOME,
    }[True if diff.replaces else diff.changes]
    return provider_pb2.DiffResponse(
        changes=changes,
        replaces=diff.replaces,
        detailedDiff={path: provider_pb2.PropertyDiff(kind=kind) for path, kind in details.items()},
        hasDetailedDiff=bool(details),
    )


def _get_hook_types(session: Session, arguments: Props) -> Props:
    subject_type = arguments.get("subjectType")
    events = hook_types(session.api, subject_type, engine.warn)
    return {
        "hookTypes": [asdict(event) for event in events],
        "id": subject_type,
        "subjectType": subject_type,
    }


def _get_ip_ranges(session: Session, arguments: Props) -> Props:
    from bitbucket_hooks.api.ip_ranges import published  # noqa: PLC0415 - brings requests

    document = published(session.api.client)
    found = document.select(arguments.get("product"), arguments.get("direction"))
    ranges = [{camel(name): value for name, value in asdict(item).items()} for item in found]
    return {"id": document.sync_token, "ranges": ranges}


_FUNCTIONS: Final[Mapping[str, Callable[[Session, Props], Props]]] = {
    f"{PLUGIN}getHookTypes": _get_hook_types,
    f"{PLUGIN}getIpRanges": _get_ip_ranges,
}


def main() -> None:
    """Serve the engine whose address is the first argument, until it ends.

    The first line of stdout is the port; nothing else is printed there.
    """
    addresses = (argument for argument in sys.argv[1:] if not argument.startswith("-"))
    engine.connect(next(addresses, None))
    engine.use_namespace(PACKAGE)
    end_with_engine()
    server = grpc.server(
        ThreadPoolExecutor(_WORKERS),
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MESSAGE_BYTES),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with suppress(KeyboardInterrupt):  # the engine's way to end it; a user's Ctrl-C is a Cancel
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        threading.Event().wait()
    server.stop(None)
    os._exit(0)  # an exit as usual would wait for calls that wait
