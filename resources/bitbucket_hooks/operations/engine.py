"""The engine on the other side of an operation: its call, messages to its user, its interrupt."""

from __future__ import annotations

import functools
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Final

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from bitbucket_hooks.model.settings import KEYS, NAMESPACE

_address: str | None = None
_namespace = NAMESPACE
_CONFIG_KEY: Final = re.compile(rf"\b{NAMESPACE}:(?=(?:{'|'.join(KEYS)})\b)")
_urn: ContextVar[str | None] = ContextVar("urn", default=None)
_on_cancel: Final[list[Callable[[], None]]] = []
_stderr_lock = threading.Lock()


def connect(address: str | None) -> None:
    """Note where the engine listens; until then, and with None, messages go to stderr."""
    global _address  # noqa: PLW0603  # a provider process has one engine
    _address = address


def use_namespace(namespace: str) -> None:
    """Let messages name configuration keys as the users of this front end write them."""
    global _namespace  # noqa: PLW0603  # a provider process has one front end
    _namespace = namespace


def with_users_keys(message: str) -> str:
    """A message in which configuration keys stand as users write them."""
    return _CONFIG_KEY.sub(f"{_namespace}:", message)


def engine_address() -> str | None:
    """Where the engine listens; None: there is none."""
    return _address


@contextmanager
def call_about(urn: str | None) -> Iterator[None]:
    """Serve a call that is about a resource; threads that copy the context know it too."""
    token = _urn.set(urn)
    try:
        yield
    finally:
        _urn.reset(token)


def current_urn() -> str | None:
    """The URN of the resource that the engine's call is about; None: it isn't known."""
    return _urn.get()


def on_cancel(act: Callable[[], None]) -> None:
    """Do something when the user interrupts the engine, which asks its providers to hurry."""
    _on_cancel.append(act)


def cancel() -> None:
    """Do what is to be done when the engine is interrupted."""
    for act in _on_cancel:
        act()


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


@functools.cache
def _engine(address: str) -> engine_pb2_grpc.EngineStub:
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))


def _log(
    severity: engine_pb2.LogSeverity.ValueType,
    message: str,
    *,
    passing: bool = False,
    urn: str | None = None,
) -> None:
    """Hand a message to the engine; fallback: stderr, without the resource's name."""
    message = with_users_keys(message)
    if _address is not None:
        urn = current_urn() or "" if urn is None else urn
        request = engine_pb2.LogRequest(
            severity=severity, message=message, urn=urn, ephemeral=passing
        )
        with suppress(grpc.RpcError):
            _engine(_address).Log(request, timeout=5)
            return
    with _stderr_lock:
        print(message, file=sys.stderr, flush=True)  # noqa: T201  # the fallback's only way
