"""The files that hold a stack config: `Pulumi.yaml` and `Pulumi.STACK.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bitbucket_hooks.model.errors import ConfigError, printable, unreadable
from bitbucket_hooks.model.settings import project_root
from bitbucket_hooks.stack.yaml import NotYaml, load

MAKE_STACK: Final = "Make a stack with `pulumi stack init STACK`."
"""The remedy where there is none."""
NO_PROJECT: Final = "Change to the folder of a Pulumi project, or make one with `pulumi new`."
"""The remedy where there is no `Pulumi.yaml`."""

_PROJECT: Final = "Pulumi.yaml"


def stack_file(stack: str) -> Path:
    """Where Pulumi keeps a stack config, of a name with its organisation too.

    Raises ConfigError.
    """
    return _folder() / f"Pulumi.{stack.rpartition('/')[2]}.yaml"


def stacks() -> list[str]:
    """The stacks that have a file. Raises ConfigError."""
    found = sorted(_folder().glob("Pulumi.*.yaml"))
    return [path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in found]


def is_stack(name: str) -> bool:
    """Whether a name, with its organisation too, is that of a stack with a file.

    Raises ConfigError.
    """
    return in_project() and name.rpartition("/")[2] in stacks()


def in_project() -> bool:
    """Whether the current folder is a Pulumi project's, or below one."""
    return (project_root() / _PROJECT).is_file()


def project_name() -> str:
    """The name of the project, which is the namespace of its program's own keys.

    Raises ConfigError.
    """
    return str(read_mapping(project_root() / _PROJECT).get("name"))


def written(stack: str) -> dict[str, Any]:
    """Every key of a stack with its prefix: its own file's, and what the project gives to all.

    Secrets are as the file has them: `{"secure": …}`. Raises ConfigError.
    """
    project = read_mapping(project_root() / _PROJECT)
    shared = project.get("config")
    given = _of_project(str(project.get("name")), shared if isinstance(shared, Mapping) else {})
    own = read_mapping(stack_file(stack)).get("config")
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


def read_text(path: Path) -> str:
    """The text of a file of the project, with its line breaks as they are. Raises ConfigError."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise _missing(path) from None
    except OSError as error:
        raise unreadable(path.name, error) from None
    except ValueError:
        raise ConfigError(f"{path.name} is no text in UTF-8", "Save it in that encoding.") from None


def not_yaml(name: str, problem: NotYaml | str) -> ConfigError:
    """A file of the project that can't be read as YAML."""
    what = printable(str(problem))
    return ConfigError(f"{name} can't be read: {what}", "Correct the file there.")


def read_mapping(path: Path) -> Mapping[str, Any]:
    """What a file of the project holds. Raises ConfigError."""
    try:
        found = load(read_text(path))
    except NotYaml as problem:
        raise not_yaml(path.name, problem) from None
    if not isinstance(found or {}, Mapping):
        raise not_yaml(path.name, "it is no mapping")
    return found or {}


def _folder() -> Path:
    root = project_root()
    folder = read_mapping(root / _PROJECT).get("stackConfigDir") or "."
    if not isinstance(folder, str):
        raise not_yaml(_PROJECT, "stackConfigDir is no text")
    return root / folder


def _missing(path: Path) -> ConfigError:
    if path.name == _PROJECT:
        return ConfigError(f"there is no {_PROJECT} in {path.parent} or above it", NO_PROJECT)
    there = stacks()
    named = f"Name one of: {', '.join(printable(name, 60) for name in there)}. " if there else ""
    return ConfigError(f"there is no {path.name} in {path.parent}", f"{named}{MAKE_STACK}")
