"""How large the messages between the engine and others are, from the engine's own log of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass
from pulumi.runtime.proto import provider_pb2, resource_pb2

_SERVICES: Final[dict[str, ServiceDescriptor]] = {
    service.full_name: service
    for module in (provider_pb2, resource_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
}


def largest_messages(log: Path) -> dict[str, int]:
    """The bytes of the largest message of each method, by its name with `request` or `response`.

    `log` is what the engine writes to the file that PULUMI_DEBUG_GRPC names.
    """
    largest: dict[str, int] = {}
    with log.open() as lines:
        for name, size in (found for line in lines for found in _sizes(json.loads(line))):
            largest[name] = max(size, largest.get(name, 0))
    return largest


def _sizes(call: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """What a call sent and got: the log has it as JSON, which is written as a message again."""
    _, service, method = call["method"].split("/")
    if service not in _SERVICES:
        return
    found = _SERVICES[service].methods_by_name[method]
    for part, kind in (("request", found.input_type), ("response", found.output_type)):
        if call.get(part) is not None:
            message = json_format.ParseDict(call[part], GetMessageClass(kind)())
            yield f"{method} {part}", message.ByteSize()
