"""The files that hold a stack config: `Pulumi.yaml` and `Pulumi.STACK.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from bitbucket_hooks.errors import ConfigError, printable
from bitbucket_hooks.settings import project_root
from bitbucket_hooks.stack.yaml import load

MAKE_STACK: Final = "Make a stack with `pulumi stack init STACK`."
"""The remedy where there is none."""

_UNREADABLE: Final = (OSError, ValueError, AttributeError, yaml.YAMLError)


def stack_file(stack: str) -> Path:
    """Where Pulumi keeps a stack config. Raises ConfigError."""
    return _folder() / f"Pulumi.{stack}.yaml"


def stacks() -> list[str]:
    """The stacks that have a file. Raises ConfigError."""
    found = sorted(_folder().glob("Pulumi.*.yaml"))
    return [path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in found]


def project_name() -> str:
    """The name of the project, which is the namespace of its program's own keys.

    Raises ConfigError.
    """
    return str(_read(project_root() / "Pulumi.yaml").get("name"))


def written(stack: str) -> dict[str, Any]:
    """Every key of a stack with its prefix: its own file's, and what the project gives to all.

    Secrets are as the file has them: `{"secure": …}`. Raises ConfigError.
    """
    project = _read(project_root() / "Pulumi.yaml")
    shared = project.get("config")
    given = _of_project(str(project.get("name")), shared if isinstance(shared, Mapping) else {})
    own = _read(stack_file(stack)).get("config")
    return {**given, **(own if isinstance(own, Mapping) else {})}


def _of_project(name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a project gives to every stack; a key without a prefix is its own."""
    values: dict[str, Any] = {}
    for key, declared in config.items():
        full = key if ":" in str(key) else f"{name}:{key}"
        if not isinstance(declared, Mapping):
            values[full] = declared
        elif (value := declared.get("value", declared.get("default"))) is not None:
            values[full] = value
    return values


def _folder() -> Path:
    root = project_root()
    return root / (_read(root / "Pulumi.yaml").get("stackConfigDir") or ".")


def _read(path: Path) -> Mapping[str, Any]:
    try:
        value = load(path.read_text("utf-8")) or {}
        value.get("config")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no {path.name} in {path.parent}",
            "Run this in a Pulumi project's folder, or make the stack with "
            "`pulumi stack init STACK`.",
        ) from None
    except _UNREADABLE as error:
        raise ConfigError(
            f"{path.name} can't be read: {printable(_where(error))}", "Correct the file there."
        ) from None
    return value


def _where(error: Exception) -> str:
    """The place of a mistake in YAML; never the text around it, which may be a secret."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return "it is no mapping" if isinstance(error, AttributeError) else type(error).__name__
    return f"{getattr(error, 'problem', None)}, line {mark.line + 1}, column {mark.column + 1}"
