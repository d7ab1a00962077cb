"""The one place that leans on how the SDK's provider process works inside.

Each function has a fallback for the day the SDK changes, and a test that notices that day.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from bitbucket_hooks.errors import HooksError

PROVIDER_MODULE = "pulumi.dynamic.__main__"
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
        return str(error) if isinstance(error, HooksError) else original(*args, **kwargs)

    traceback.format_exc = message_of_ours


def current_urn() -> str | None:
    """The URN of the resource that the engine's call is about; None: it can't be told.

    Provider methods never see it; the SDK's frame that calls them holds the request.
    """
    frame = inspect.currentframe()
    for _ in range(_DEPTH):
        frame = frame.f_back if frame else None
        if frame is None:
            return None
        urn = getattr(frame.f_locals.get("request"), "urn", None)
        if isinstance(urn, str) and urn:
            return urn
    return None


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


def warn(message: str) -> None:
    """Show a warning to the user, beside the resource that it is about."""
    _log(engine_pb2.WARNING, message)


def _log(severity: engine_pb2.LogSeverity.ValueType, message: str) -> None:
    """Hand a message to the engine; fallback: stderr, without the resource's name."""
    address = engine_address()
    if address is not None:
        urn = current_urn() or ""
        request = engine_pb2.LogRequest(severity=severity, message=message, urn=urn)
        try:
            _engine(address)(request)
        except grpc.RpcError:
            pass
        else:
            return
    with _stderr_lock:
        print(message, file=sys.stderr, flush=True)  # noqa: T201  # the fallback's only way
