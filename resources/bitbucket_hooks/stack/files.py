"""The files that hold a stack config, `Pulumi.yaml` and `Pulumi.STACK.yaml`, and their secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bitbucket_hooks.model.errors import ConfigError, printable, unreadable
from bitbucket_hooks.model.globs import matching
from bitbucket_hooks.model.rules import leaves
from bitbucket_hooks.model.settings import project_root
from bitbucket_hooks.stack.yaml import NotYaml, load

MAKE_STACK: Final = "Make a stack with `pulumi stack init STACK`."
"""The remedy where there is none."""
NO_PROJECT: Final = (
    "Change to the folder of a Pulumi project, or make one with `bitbucket-hooks new`."
)
"""The remedy where there is no `Pulumi.yaml`."""

_PROJECT: Final = "Pulumi.yaml"


class Hidden(str):
    """A value that is there, but encrypted: nobody can tell what is wrong with it."""

    __slots__ = ()


def stack_file(stack: str) -> Path:
    """Where Pulumi keeps a stack config, of a name with its organisation too.

    Raises ConfigError.
    """
    return _folder() / f"Pulumi.{stack.rpartition('/')[2]}.yaml"


def stacks() -> list[str]:
    """The stacks that have a file. Raises ConfigError."""
    found = sorted(_folder().glob("Pulumi.*.yaml"))
    return [path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in found]


def stacks_like(globs: Sequence[str]) -> list[str]:
    """Those of them whose names match one of the globs, all without any.

    Raises ConfigError when a glob matches nothing.
    """
    names = stacks()
    meant = {glob: matching(glob, names) for glob in globs}
    if idle := [printable(glob, 60) for glob, found in meant.items() if not found]:
        raise ConfigError(
            f"no stack matches {', '.join(idle)}",
            f"Name one of: {', '.join(map(printable, names))}." if names else MAKE_STACK,
        )
    matched = {name for found in meant.values() for name in found}
    return [name for name in names if name in matched or not globs]


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


def encrypted_config(stack: str) -> dict[str, Any]:
    """Every key of a stack with its prefix: its own file's, and what the project gives to all.

    Secrets are as the file has them: `{"secure": …}`. Raises ConfigError.
    """
    project = read_mapping(project_root() / _PROJECT)
    values: dict[str, Any] = {}
    for key, given in _config_in(project).items():
        full = key if ":" in str(key) else f"{project.get('name')}:{key}"
        value = given.get("value", given.get("default")) if isinstance(given, Mapping) else given
        if value is not None or not isinstance(given, Mapping):
            values[full] = value
    return {**values, **_config_in(read_mapping(stack_file(stack)))}


def _config_in(document: Mapping[str, Any]) -> Mapping[str, Any]:
    config = document.get("config")
    return config if isinstance(config, Mapping) else {}


def hidden_config(stack: str) -> dict[str, Any]:
    """The same with `Hidden` in place of everything that is encrypted. Raises ConfigError."""
    return {key: _hide(value) for key, value in encrypted_config(stack).items()}


def _hide(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"secure"}:
            return Hidden("[secret]")
        return {name: _hide(item) for name, item in value.items()}
    return [_hide(item) for item in value] if isinstance(value, list) else value


def encrypted_paths(stack: str, key: str) -> set[str] | None:
    """The paths under a key whose values are encrypted; None: the files don't tell.

    They can't when the configuration comes from elsewhere (`--config-file`, an environment). The
    SDK hands a structured value over decrypted, and doesn't tell which of its leaves were secret.
    """
    try:
        value = encrypted_config(stack).get(key)
    except ConfigError:
        return None
    return set(paths_in(value, key)) if isinstance(value, (dict, list)) else None


def paths_in(value: Any, path: str = "") -> Iterator[str]:
    """The paths of what is encrypted in a value of a stack's file."""
    return (place for place, item in leaves(_hide(value), path) if isinstance(item, Hidden))


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
