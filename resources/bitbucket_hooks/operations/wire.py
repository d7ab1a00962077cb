"""Forms of values that the engine's protocol defines: secrets, and what a failed call keeps.

Source: `sdk/proto/pulumi/provider.proto` and the resource property values' specification of
Pulumi (public).
"""

from __future__ import annotations

import functools
import importlib
from contextlib import suppress
from typing import Any, Final

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2

from bitbucket_hooks.operations.results import Change

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The key by which a value is more than the mapping that it looks like."""
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # the protocol's constant
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""In place of a value that a preview doesn't know yet."""
PROVIDER_KEY: Final = "__provider"
"""Under which the SDK of dynamic providers keeps the pickled provider in the state."""


DIFF_KINDS: Final = {
    Change.ADDED: provider_pb2.PropertyDiff.ADD,
    Change.REMOVED: provider_pb2.PropertyDiff.DELETE,
    Change.CHANGED: provider_pb2.PropertyDiff.UPDATE,
}


def as_secret(value: object) -> dict[str, object]:
    """Wrap a value so that the state keeps it encrypted.

    The engine marks what a provider answers by what it marked before; an input that a failed
    update was the first to bring was never marked.
    """
    return {SIGNATURE: SECRET, "value": value}


def partly_done_metadata(
    id_: str, outputs: struct_pb2.Struct, reason: str
) -> tuple[tuple[str, bytes], ...]:
    """The trailing metadata of a failed create or update, by which the state keeps what was done.

    The next run then updates the resource. Empty where the message for it can't be had.
    """
    status_class = _status_class()
    if status_class is None:
        return ()
    kept = provider_pb2.ErrorResourceInitFailed(id=id_, properties=outputs, reasons=[reason])
    status = status_class(code=grpc.StatusCode.UNKNOWN.value[0], message=reason)
    status.details.add().Pack(kept)
    return (("grpc-status-details-bin", status.SerializeToString()),)


@functools.cache
def _status_class() -> Any:
    """`google.rpc.Status`, which either of two libraries may have registered."""
    for module in ("google.rpc.status_pb2", "pulumi.runtime.proto.status_pb2"):
        with suppress(ImportError, TypeError):
            return importlib.import_module(module).Status
    return None
