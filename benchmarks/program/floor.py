"""The same resources with the same state, and a provider that does nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import pulumi
from pulumi.dynamic import (
    CreateResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

_DEFAULTS = {"active": True, "skipCertVerification": False}
_COMPUTED = ("uuid", "hooks", "secretSet", "createdAt")
_CREATED_AT = "2026-01-01T00:00:00.000000+00:00"


class Idle(ResourceProvider):
    """Makes up what the service would have answered."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Give a uuid for each hook."""
        if "repository" in props:
            computed = {"uuid": _uuid(), "secretSet": False}
        else:
            computed = {"hooks": {slug: _uuid() for slug in props["repositories"]}}
        return CreateResult(_uuid(), {**props, **computed, "createdAt": _CREATED_AT})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Find everything as it was."""
        inputs = {key: value for key, value in props.items() if key not in _COMPUTED}
        return ReadResult(id_, props, inputs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Keep what is made up already."""
        kept = {key: _olds[key] for key in _COMPUTED if key in _olds}
        return UpdateResult({**_news, **kept})


class _Idle(Resource, module="bench", name="Idle"):
    pass


def single(name: str, slug: str, hook: Mapping[str, Any]) -> None:
    """Declare one hook."""
    _declare(name, {"repository": slug, "uuid": None, "secretSet": None}, hook)


def fleet(name: str, slugs: Sequence[str], hook: Mapping[str, Any]) -> None:
    """Declare one hook of many repositories."""
    _declare(name, {"repositories": dict.fromkeys(slugs, "as declared"), "hooks": None}, hook)


def _declare(name: str, more: Mapping[str, Any], hook: Mapping[str, Any]) -> None:
    options = pulumi.ResourceOptions(additional_secret_outputs=["secret", "secretFingerprint"])
    _Idle(Idle(), name, {**hook, **_DEFAULTS, **more, "createdAt": None}, options)


def _uuid() -> str:
    return f"{{{uuid4()}}}"
