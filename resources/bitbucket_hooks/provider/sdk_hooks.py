"""The one place that relies on how the SDK's provider process works inside.

Each function has a fallback for the day the SDK changes, and a test that fails on that day.
"""

from __future__ import annotations

import functools
import importlib
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from enum import Enum
from types import ModuleType
from typing import Any, Final, ParamSpec, TypeVar

import grpc
from attrs import frozen
from google.protobuf import empty_pb2, json_format
from pulumi.dynamic import DiffResult
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2

from bitbucket_hooks.model.errors import HooksError
from bitbucket_hooks.model.notes import note_failure

PROVIDER_MODULE: Final = "pulumi.dynamic.__main__"
_PROVIDER_KEY: Final = "__provider"  # under which the SDK keeps the pickled provider in the state

P = ParamSpec("P")
T = TypeVar("T")


def in_provider_process() -> bool:
    """Whether this process is the SDK's provider, not a program or a command."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return getattr(spec, "name", None) == PROVIDER_MODULE


class _Shim:
    """A module as the SDK's provider process sees it, with some names replaced."""

    def __init__(self, module: ModuleType, replaced: Mapping[str, object]) -> None:
        self._module = module
        vars(self).update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _replace(module: str, **replaced: object) -> None:
    """Replace names of a module that the SDK's provider process imports, for it alone, once."""
    main = sys.modules["__main__"]
    original = getattr(main, module, None)
    if in_provider_process() and isinstance(original, ModuleType):
        setattr(main, module, _Shim(original, replaced))


def install() -> None:
    """Let the SDK send our own errors without a traceback, and the details of a `DetailedDiff`.

    Fallback, should the SDK change: a traceback around the same message; a preview shows all
    properties instead of the changed ones.
    """
    _replace("traceback", format_exc=_format_error)
    _replace("proto", DiffResponse=_DiffResponse())


def _format_error() -> str:
    """What the SDK answers for the exception that it handles."""
    error = sys.exc_info()[1]
    if not isinstance(error, HooksError):
        return traceback.format_exc()
    note_failure(error)
    return str(error)


class Change(Enum):
    """What becomes of the value at a property's path."""

    ADDED = provider_pb2.PropertyDiff.ADD
    REMOVED = provider_pb2.PropertyDiff.DELETE
    CHANGED = provider_pb2.PropertyDiff.UPDATE


class _NoReplaces(list[str]):
    """An empty list of replacements: the way for a diff's details to the message about it."""

    def __init__(self, details: Mapping[str, Change]) -> None:
        super().__init__()
        self.details = details


class DetailedDiff(DiffResult):
    """A diff that says what changes where: paths such as `hooks[2]` or `unmanaged["{uuid}"]`."""

    def __init__(self, details: Mapping[str, Change]) -> None:
        """Take the changes of the old outputs."""
        super().__init__(changes=True, replaces=_NoReplaces(details))


class _DiffResponse:
    """The SDK's message, with the details that its own `Diff` leaves out."""

    def __getattr__(self, name: str) -> Any:
        return getattr(provider_pb2.DiffResponse, name)

    def __call__(self, **fields: Any) -> provider_pb2.DiffResponse:
        response = provider_pb2.DiffResponse(**fields)
        replaces = fields.get("replaces")
        if isinstance(replaces, _NoReplaces):
            response.hasDetailedDiff = True
            for path, change in replaces.details.items():
                response.detailedDiff[path].kind = change.value
        return response


def on_cancel(act: Callable[[], None]) -> None:
    """Do something when the user interrupts the engine, which then asks its providers to hurry.

    The SDK's answer to that is to do nothing. Fallback, should it change: waits aren't cut short.
    """

    def empty() -> empty_pb2.Empty:
        if sys._getframe(1).f_code.co_name == "Cancel":  # noqa: SLF001  # no other way to tell
            act()
        return empty_pb2.Empty()

    _replace("empty_pb2", Empty=empty)


def widen_server(workers: int) -> None:
    """Let the SDK's server handle more than four calls at a time.

    Our own throttle bounds what goes to Bitbucket, and a cancellation needs a free worker to get
    through while others wait. To be called in a worker, which knows its pool by a weak reference.
    Fallback: four at a time.
    """
    arguments = getattr(threading.current_thread(), "_args", None) or (None,)
    executor = arguments[0]() if callable(arguments[0]) else None
    if isinstance(executor, ThreadPoolExecutor):
        with suppress(AttributeError):
            _widen(executor, workers)


def _widen(executor: Any, workers: int) -> None:
    """Raise the limit, and start at once with the calls that wait because of the old one.

    Before Python 3.12 a worker that takes the next call from a queue counts as idle too, so that a
    pool which was full once would never grow: the count starts anew.
    """
    with executor._shutdown_lock:  # noqa: SLF001
        if workers > executor._max_workers:  # noqa: SLF001
            executor._max_workers = workers  # noqa: SLF001
            executor._idle_semaphore = threading.Semaphore(0)  # noqa: SLF001
            for _ in range(executor._work_queue.qsize()):  # noqa: SLF001
                executor._adjust_thread_count()  # noqa: SLF001


@frozen
class _Call:
    """A call of the engine's, as far as the SDK's method that handles it shows it."""

    urn: str | None
    context: grpc.ServicerContext | None


_NO_CALL: Final = _Call(None, None)
_call: ContextVar[_Call] = ContextVar("call", default=_NO_CALL)


def provider_method(method: Callable[P, T]) -> Callable[P, T]:
    """Let a provider's method, and threads that copy its context, know the call that it serves.

    The SDK passes the method neither the request nor its context, but the frame that calls it
    holds both. Fallback: what stands at `current_urn` and `keep_partly_done`.
    """

    @functools.wraps(method)
    def with_call(*args: P.args, **kwargs: P.kwargs) -> T:
        caller = sys._getframe(1).f_locals  # noqa: SLF001  # no other way to see them
        if "request" not in caller:  # a method of ours calls that of its base class
            return method(*args, **kwargs)
        urn = getattr(caller["request"], "urn", None) or None
        token = _call.set(_Call(urn, caller.get("context")))
        try:
            return method(*args, **kwargs)
        finally:
            _call.reset(token)

    return with_call


def current_urn() -> str | None:
    """The URN of the resource that the engine's call is about; None: it isn't known."""
    return _call.get().urn


def keep_partly_done(id_: str, outputs: Mapping[str, Any], declared: Mapping[str, Any]) -> None:
    """Let the state keep what was done, though the error that is about to be raised ends the call.

    The engine reads it from the trailing metadata of a failed create or update, and the next run
    updates the resource. Fallback: the state stays as it was before the call.
    """
    status_class, context = _status_class(), _call.get().context
    if status_class is None or context is None or _PROVIDER_KEY not in declared:
        return
    reason = str(sys.exc_info()[1] or "partly done")
    kept = provider_pb2.ErrorResourceInitFailed(id=id_, reasons=[reason])
    json_format.ParseDict({**outputs, _PROVIDER_KEY: declared[_PROVIDER_KEY]}, kept.properties)
    status = status_class(code=grpc.StatusCode.UNKNOWN.value[0], message=reason)
    status.details.add().Pack(kept)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))


@functools.cache
def _status_class() -> Any:
    """`google.rpc.Status`, which either of two libraries may have registered."""
    for module in ("google.rpc.status_pb2", "pulumi.runtime.proto.status_pb2"):
        with suppress(ImportError, TypeError):
            return importlib.import_module(module).Status
    return None


def as_secret(value: object) -> dict[str, object]:
    """Wrap a value so that the state keeps it encrypted.

    The engine marks what a provider answers by what it marked before; an input that a failed
    update was the first to bring was never marked. Should the engine cease to know this form, it
    would show it as it is.
    """
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}  # noqa: SLF001  # see above


def engine_address() -> str | None:
    """Where the engine listens: the provider process has it on its command line."""
    if not in_provider_process():
        return None
    return next((arg for arg in sys.argv[1:] if arg.rpartition(":")[2].isdigit()), None)


@functools.cache
def _engine(address: str) -> engine_pb2_grpc.EngineStub:
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))


_stderr_lock = threading.Lock()


def inform(message: str) -> None:
    """Show a message to the user, beside the resource that it is about."""
    _log(engine_pb2.INFO, message)


def inform_run(message: str) -> None:
    """Show a message that is about the whole run."""
    _log(engine_pb2.INFO, message, urn="")


def report_progress(message: str) -> None:
    """Show how far it is, until there is something newer."""
    _log(engine_pb2.INFO, message, passing=True)


def warn(message: str) -> None:
    """Show a warning to the user, beside the resource that it is about."""
    _log(engine_pb2.WARNING, message)


def _log(
    severity: engine_pb2.LogSeverity.ValueType,
    message: str,
    *,
    passing: bool = False,
    urn: str | None = None,
) -> None:
    """Hand a message to the engine; fallback: stderr, without the resource's name."""
    address = engine_address()
    if address is not None:
        urn = current_urn() or "" if urn is None else urn
        request = engine_pb2.LogRequest(
            severity=severity, message=message, urn=urn, ephemeral=passing
        )
        with suppress(grpc.RpcError):
            _engine(address).Log(request, timeout=5)
            return
    with _stderr_lock:
        print(message, file=sys.stderr, flush=True)  # noqa: T201  # the fallback's only way
