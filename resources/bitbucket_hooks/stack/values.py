"""The values of a namespace's keys, as the engine hands them to a program."""

from __future__ import annotations

import json
from typing import Any

import pulumi
from pulumi.runtime import config as handed


def values_of(namespace: str) -> dict[str, Any]:
    """Give every key that is set, without its prefix; structured values as such, secrets open."""
    prefix = f"{namespace}:"
    keys = {*handed.CONFIG.get(), *handed.get_config_env()}  # the SDK's own way asks key by key
    return {
        key.removeprefix(prefix): _value(pulumi.runtime.get_config(key))
        for key in sorted(keys)
        if key.startswith(prefix)
    }


def _value(text: Any) -> Any:
    """Structured values come as JSON; what isn't any is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
