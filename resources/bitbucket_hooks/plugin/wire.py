"""Properties as the engine's messages carry them, with unknown values and secrets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pulumi
from attrs import define, field
from google.protobuf import json_format, struct_pb2

from bitbucket_hooks.operations.results import Props
from bitbucket_hooks.operations.wire import PROVIDER_KEY, SECRET, SIGNATURE, UNKNOWN, as_secret


@define
class Received:
    """Properties that came, in plain, and the names of those that are secret or hold a secret."""

    values: Props = field(factory=dict, repr=False)
    secrets: set[str] = field(factory=set)


def receive(properties: struct_pb2.Struct) -> Received:
    """Read properties; those without a value are left out, and what a dynamic provider kept."""
    received = Received()
    values = json_format.MessageToDict(properties)
    values.pop(PROVIDER_KEY, None)
    for name, value in values.items():
        plain, is_secret = _plain(value)
        if plain is not None:
            received.values[name] = plain
        if is_secret:
            received.secrets.add(name)
    return received


def _plain(value: Any) -> tuple[Any, bool]:
    """A value without its marks, and whether it is or holds a secret."""
    if value == UNKNOWN:
        return pulumi.UNKNOWN, False
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET:
            return _plain(value.get("value"))[0], True
        pairs = {key: _plain(inner) for key, inner in value.items()}
        return {key: plain for key, (plain, _) in pairs.items()}, any(s for _, s in pairs.values())
    if isinstance(value, list):
        items = [_plain(inner) for inner in value]
        return [plain for plain, _ in items], any(is_secret for _, is_secret in items)
    return value, False


def send(values: Mapping[str, Any], secrets: Collection[str] = ()) -> struct_pb2.Struct:
    """Write properties; those that `secrets` names are marked."""
    marked = {
        name: as_secret(_sent(value)) if name in secrets and not _is_secret(value) else _sent(value)
        for name, value in values.items()
        if value is not None
    }
    return json_format.ParseDict(marked, struct_pb2.Struct())


def _is_secret(value: Any) -> bool:
    return isinstance(value, Mapping) and SIGNATURE in value


def _sent(value: Any) -> Any:
    if isinstance(value, pulumi.output.Unknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: _sent(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_sent(inner) for inner in value]
    return value
