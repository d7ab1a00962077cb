"""Which values of the stack's configuration were given as secrets.

The SDK hands a structured value over decrypted, without telling which of its leaves were secret;
the stack's own file still tells.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import yaml

from bitbucket_hooks.settings import project_root


def secret_urls(stack: str, key: str) -> set[int] | None:
    """The entries whose url is `secure` in the stack's file; None: it can't be told.

    It can't when the configuration comes from elsewhere (`--config-file`, an environment).
    """
    entries = _entries(stack, key)
    if entries is None:
        return None
    return {i for i, entry in enumerate(entries) if _is_secure(entry)}


def _entries(stack: str, key: str) -> list[Any] | None:
    try:
        text = _stack_file(stack).read_text("utf-8")
        config = (yaml.safe_load(text) or {}).get("config", {})
        entries = config.get(key)
    except (OSError, ValueError, AttributeError, yaml.YAMLError):
        return None
    return entries if isinstance(entries, list) else None


def _is_secure(entry: Any) -> bool:
    url = entry.get("url") if isinstance(entry, dict) else None
    return isinstance(url, dict) and "secure" in url


def _stack_file(stack: str) -> Path:
    root = project_root()
    project = yaml.safe_load((root / "Pulumi.yaml").read_text("utf-8"))
    return root / (project.get("stackConfigDir") or ".") / f"Pulumi.{stack}.yaml"


def is_secret(config: pulumi.Config, name: str) -> bool:
    """Whether any part of a key was given as a secret."""
    return pulumi.runtime.is_config_secret(config.full_key(name))
