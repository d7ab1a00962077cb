"""The one place that relies on how the SDK's provider process works inside.

Each function has a fallback for the day the SDK changes, and a test that fails on that day.
"""

from __future__ import annotations

import functools
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from types import ModuleType
from typing import Any, Final, ParamSpec, TypeVar

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.dynamic import DiffResult
from pulumi.runtime.proto import provider_pb2

from bitbucket_hooks.model.errors import HooksError
from bitbucket_hooks.model.notes import note_failure
from bitbucket_hooks.operations import engine
from bitbucket_hooks.operations.results import Change
from bitbucket_hooks.operations.wire import DIFF_KINDS, partly_done_metadata

PROVIDER_MODULE: Final = "pulumi.dynamic.__main__"

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
    if isinstance(original, ModuleType):
        setattr(main, module, _Shim(original, replaced))


def install() -> None:
    """Make the SDK's provider process tell more, and hear more, than it does by itself.

    It sends our own errors without a traceback, and the details of a `DetailedDiff`; an interrupt
    of the engine reaches what waits. Fallback, should the SDK change: a traceback around the same
    message; a preview shows all properties instead of the changed ones; waits aren't cut short.
    """
    if not in_provider_process():
        return
    # the engine's address is on the command line
    addresses = (arg for arg in sys.argv[1:] if arg.rpartition(":")[2].isdigit())
    engine.connect(next(addresses, None))
    _replace("traceback", format_exc=_format_error)
    _replace("proto", DiffResponse=_DiffResponse())
    _replace("empty_pb2", Empty=_empty)


def _format_error() -> str:
    """What the SDK answers for the exception that it handles."""
    error = sys.exc_info()[1]
    if not isinstance(error, HooksError):
        return traceback.format_exc()
    note_failure(error)
    return str(error)


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
                response.detailedDiff[path].kind = DIFF_KINDS[change]
        return response


def _empty() -> empty_pb2.Empty:
    """The SDK's whole answer to an interrupt of the engine, and a part of other answers."""
    if sys._getframe(1).f_code.co_name == "Cancel":  # noqa: SLF001  # no other way to tell
        engine.cancel()
    return empty_pb2.Empty()


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


_context: ContextVar[grpc.ServicerContext | None] = ContextVar("context", default=None)


def provider_method(method: Callable[P, T]) -> Callable[P, T]:
    """Let a provider's method, and threads that copy its context, know the call that it serves.

    The SDK passes the method neither the request nor its context, but the frame that calls it
    holds both. Fallback: no URN is known, and the state stays as it was before a failed call.
    """

    @functools.wraps(method)
    def with_call(*args: P.args, **kwargs: P.kwargs) -> T:
        caller = sys._getframe(1).f_locals  # noqa: SLF001  # no other way to see them
        urn = getattr(caller.get("request"), "urn", None) or None
        token = _context.set(caller.get("context"))
        try:
            with engine.call_about(urn):
                return method(*args, **kwargs)
        finally:
            _context.reset(token)

    return with_call


def keep_partly_done(id_: str, outputs: Mapping[str, Any], reason: str) -> None:
    """Let the state keep what was done, though the error that is about to be raised ends the call.

    Fallback: the state stays as it was before the call.
    """
    context = _context.get()
    properties = json_format.ParseDict(dict(outputs), struct_pb2.Struct())
    metadata = partly_done_metadata(id_, properties, reason)
    if context is not None and metadata:
        context.set_trailing_metadata(metadata)
