"""Projects whose engine has the plugin, and programs in YAML of its resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from support import languages
from support.engine import Project


def plugged(project: Project) -> Project:
    """Have a project's engine run programs in YAML with the plugin, on the project's sandbox."""
    languages.ensure("yaml")
    project.command("plugin", "install").succeeded()
    return project.config({"bitbucket-hooks:apiUrl": f"sandbox:{project.database}"})


def in_yaml(
    project: Project,
    resources: Mapping[str, tuple[str, Mapping[str, Any]]],
    keys: Iterable[str] = (),
) -> None:
    """Replace the program by one in YAML; `keys` are those of its own configuration."""
    program = {
        "name": "e2e",
        "runtime": "yaml",
        "config": {key: {"type": "string"} for key in keys},
        "resources": {
            name: {"type": f"bitbucket-hooks:{kind}", "properties": dict(properties)}
            for name, (kind, properties) in resources.items()
        },
    }
    (project.folder / "Pulumi.yaml").write_text(yaml.safe_dump(program))
