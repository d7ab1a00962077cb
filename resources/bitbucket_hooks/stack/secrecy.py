"""Which values of the stack config were given as secrets.

The SDK hands a structured value over decrypted, without telling which of its leaves were secret;
the stack's own file still tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.stack.entries import Hidden
from bitbucket_hooks.stack.files import written


def secure_paths(stack: str, key: str) -> set[str] | None:
    """The paths under a key whose values are `secure` in the stack's file; None: it doesn't tell.

    It can't when the configuration comes from elsewhere (`--config-file`, an environment).
    """
    try:
        value = written(stack).get(key)
    except ConfigError:
        return None
    return set(_secure(key, value)) if isinstance(value, (dict, list)) else None


def hidden(value: Any) -> Any:
    """The same value with `Hidden` in place of everything that is encrypted."""
    if _is_secure(value):
        return Hidden("[secret]")
    if isinstance(value, dict):
        return {name: hidden(item) for name, item in value.items()}
    return [hidden(item) for item in value] if isinstance(value, list) else value


def has_secrets(value: Any) -> bool:
    """Whether a value of a stack's file is encrypted, or has something in it that is."""
    return any(True for _ in _secure("", value))


def _secure(path: str, value: Any) -> Iterator[str]:
    if _is_secure(value):
        yield path
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _secure(f"{path}.{name}", item)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _secure(f"{path}[{i}]", item)


def _is_secure(value: Any) -> bool:
    return isinstance(value, Mapping) and value.keys() == {"secure"}
