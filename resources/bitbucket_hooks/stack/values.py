"""The stack config, as the engine hands it to a program."""

from __future__ import annotations

import json
from typing import Any

import pulumi
from pulumi.runtime import config as handed


def keys() -> list[str]:
    """Every key that is set, with its prefix, whosever it is."""
    return sorted({*handed.CONFIG.get(), *handed.get_config_env()})  # the SDK itself lists none


def values_of(namespace: str) -> dict[str, Any]:
    """Give every key that is set, without its prefix; structured values as such, secrets open."""
    prefix = f"{namespace}:"
    return {
        key.removeprefix(prefix): _value(pulumi.runtime.get_config(key))
        for key in keys()
        if key.startswith(prefix)
    }


def _value(text: Any) -> Any:
    """Structured values come as JSON; what isn't any is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
