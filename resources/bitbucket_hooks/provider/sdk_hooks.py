"""The one place that leans on how the SDK's provider process works inside.

Each function has a fallback for the day the SDK changes, and a test that notices that day.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from enum import Enum
from types import ModuleType
from typing import Any

import grpc
from google.protobuf import json_format
from pulumi.dynamic import DiffResult
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2

from bitbucket_hooks.model.errors import HooksError
from bitbucket_hooks.model.notes import note_failure

PROVIDER_MODULE = "pulumi.dynamic.__main__"
_PROVIDER_KEY = "__provider"  # under which the SDK keeps the pickled provider in the state
_DEPTH = 40  # frames between a provider's method and the SDK's, with plenty to spare


def in_provider_process() -> bool:
    """Whether this process is the SDK's provider, not a program or a command."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return getattr(spec, "name", None) == PROVIDER_MODULE


def print_errors_without_traceback() -> None:
    """Let the SDK send our own errors as their message alone.

    It answers every exception with `traceback.format_exc()`. Fallback, should it stop to: a
    traceback around the same message.
    """
    original = traceback.format_exc
    if not in_provider_process() or hasattr(original, "__wrapped__"):
        return

    @functools.wraps(original)
    def message_of_ours(*args: Any, **kwargs: Any) -> str:
        error = sys.exc_info()[1]
        if not isinstance(error, HooksError):
            return original(*args, **kwargs)
        note_failure(error)
        return str(error)

    traceback.format_exc = message_of_ours


class Change(Enum):
    """What becomes of the value at a property's path."""

    ADDED = provider_pb2.PropertyDiff.ADD
    REMOVED = provider_pb2.PropertyDiff.DELETE
    CHANGED = provider_pb2.PropertyDiff.UPDATE


class DetailedDiff(DiffResult):
    """A diff that says what changes where: paths such as `hooks[2]` or `unmanaged["{uuid}"]`."""

    def __init__(self, details: Mapping[str, Change]) -> None:
        """Take the changes of the old outputs."""
        super().__init__(changes=True)
        self.details = details


class _DiffResponse:
    """The SDK's message, made with the details that its own `Diff` leaves out."""

    def __getattr__(self, name: str) -> Any:
        return getattr(provider_pb2.DiffResponse, name)

    def __call__(self, **fields: Any) -> provider_pb2.DiffResponse:
        answer = provider_pb2.DiffResponse(**fields)
        result = sys._getframe(1).f_locals.get("result")  # noqa: SLF001  # no other way to see it
        if isinstance(result, DetailedDiff):
            answer.hasDetailedDiff = True
            for path, change in result.details.items():
                answer.detailedDiff[path].kind = change.value
        return answer


class _WithDetails:
    """The SDK's `proto`, whose answer to a diff takes details."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self.DiffResponse = _DiffResponse()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def report_details() -> None:
    """Let the engine hear what a `DetailedDiff` says beyond that there is one.

    Fallback, should the SDK change: its preview shows all properties instead of the changed ones.
    """
    main = sys.modules["__main__"]
    original = getattr(main, "proto", None)
    if in_provider_process() and isinstance(original, ModuleType):
        main.proto = _WithDetails(original)  # type: ignore[attr-defined]


class _Watched:
    """The SDK's `empty_pb2`, telling when the method that answers a cancellation uses it."""

    def __init__(self, module: ModuleType, on_cancel: Callable[[], None]) -> None:
        self._module = module
        self._on_cancel = on_cancel

    def Empty(self) -> Any:  # noqa: N802  # the SDK's own name
        if sys._getframe(1).f_code.co_name == "Cancel":  # noqa: SLF001  # no other way to tell
            self._on_cancel()
        return self._module.Empty()


def on_cancel(act: Callable[[], None]) -> None:
    """Do something when the user interrupts the engine, which then asks its providers to hurry.

    The SDK's answer to that is to do nothing. Fallback, should it change: waits aren't cut short.
    """
    main = sys.modules["__main__"]
    original = getattr(main, "empty_pb2", None)
    if in_provider_process() and isinstance(original, ModuleType):
        main.empty_pb2 = _Watched(original, act)  # type: ignore[attr-defined]


def widen_server(workers: int) -> None:
    """Let the SDK's server do more than its four calls at a time.

    Our own throttle bounds what goes to Bitbucket, and a cancellation needs a free worker to get
    through while others wait. To be called in a worker. Fallback: four at a time.
    """
    frame = inspect.currentframe()
    while frame is not None:
        reference = frame.f_locals.get("executor_reference")
        executor = reference() if callable(reference) else None
        if isinstance(executor, ThreadPoolExecutor):
            with suppress(AttributeError):
                _widen(executor, workers)
            return
        frame = frame.f_back


def _widen(executor: Any, workers: int) -> None:
    """Raise the bound, and begin at once with the calls that wait because of the old one.

    Before Python 3.12 a worker that takes the next call from a queue counts as idle too, so that a
    pool which was full once would never grow: the count begins anew.
    """
    with executor._shutdown_lock:  # noqa: SLF001
        if workers > executor._max_workers:  # noqa: SLF001
            executor._max_workers = workers  # noqa: SLF001
            executor._idle_semaphore = threading.Semaphore(0)  # noqa: SLF001
            for _ in range(executor._work_queue.qsize()):  # noqa: SLF001
                executor._adjust_thread_count()  # noqa: SLF001


def current_urn() -> str | None:
    """The URN of the resource that the engine's call is about; None: it can't be told.

    Provider methods never see it; the SDK's frame that calls them holds the request. In a thread
    of our own there is no such frame, but what `urn_for_threads` noted.
    """
    for request in _in_frames("request"):
        urn = getattr(request, "urn", None)
        if isinstance(urn, str) and urn:
            return urn
    return _urn.get()


_urn: ContextVar[str | None] = ContextVar("urn", default=None)


@contextmanager
def urn_for_threads() -> Iterator[None]:
    """Let threads that run in a copy of this context know the URN."""
    token = _urn.set(current_urn())
    try:
        yield
    finally:
        _urn.reset(token)


def _in_frames(name: str) -> Iterator[Any]:
    """The values of a local variable in the frames that led here."""
    frame = inspect.currentframe()
    for _ in range(_DEPTH):
        frame = frame.f_back if frame else None
        if frame is None:
            return
        if name in frame.f_locals:
            yield frame.f_locals[name]


def keep_partly_done(id_: str, outputs: Mapping[str, Any], declared: Mapping[str, Any]) -> None:
    """Let the state keep what was done, though the error that is about to be raised ends the call.

    The engine reads it from the trailing metadata of a failed create or update, and the next run
    updates the resource. Fallback: the state stays as it was before the call.
    """
    status = _status_class()
    context = next((c for c in _in_frames("context") if isinstance(c, grpc.ServicerContext)), None)
    if status is None or context is None or _PROVIDER_KEY not in declared:
        return
    reason = str(sys.exc_info()[1] or "partly done")
    kept = provider_pb2.ErrorResourceInitFailed(id=id_, reasons=[reason])
    json_format.ParseDict({**outputs, _PROVIDER_KEY: declared[_PROVIDER_KEY]}, kept.properties)
    told = status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason)
    told.details.add().Pack(kept)
    context.set_trailing_metadata((("grpc-status-details-bin", told.SerializeToString()),))


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
    """Where the engine listens, which it tells the provider process on its command line."""
    if not in_provider_process():
        return None
    return next((arg for arg in sys.argv[1:] if arg.rpartition(":")[2].isdigit()), None)


@functools.cache
def _engine(address: str) -> Callable[[engine_pb2.LogRequest], None]:
    stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def log(request: engine_pb2.LogRequest) -> None:
        stub.Log(request, timeout=5)

    return log


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
        try:
            _engine(address)(request)
        except grpc.RpcError:
            pass
        else:
            return
    with _stderr_lock:
        print(message, file=sys.stderr, flush=True)  # noqa: T201  # the fallback's only way
