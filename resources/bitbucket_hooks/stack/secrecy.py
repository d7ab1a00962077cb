"""Which values of the stack's configuration were given as secrets.

The SDK hands a structured value over decrypted, without telling which of its leaves were secret;
the stack's own file still tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bitbucket_hooks.settings import project_root


def secure_paths(stack: str, key: str) -> set[str] | None:
    """The paths under a key whose values are `secure` in the stack's file; None: it doesn't tell.

    It can't when the configuration comes from elsewhere (`--config-file`, an environment).
    """
    try:
        text = stack_file(stack).read_text("utf-8")
        value = (yaml.safe_load(text) or {}).get("config", {}).get(key)
    except (OSError, ValueError, AttributeError, yaml.YAMLError):
        return None
    return None if value is None or isinstance(value, str) else set(_secure(key, value))


def _secure(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict) and "secure" in value:
        yield path
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _secure(f"{path}.{name}", one)
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from _secure(f"{path}[{i}]", one)


def stack_file(stack: str) -> Path:
    """Where Pulumi keeps a stack's configuration. Raises OSError, ValueError or YAMLError."""
    root = project_root()
    project = yaml.safe_load((root / "Pulumi.yaml").read_text("utf-8"))
    return root / (project.get("stackConfigDir") or ".") / f"Pulumi.{stack}.yaml"
