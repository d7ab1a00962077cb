"""A new Pulumi project, whose program declares what the stacks' configuration says."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path
from typing import Final

from attrs import frozen

from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.settings import SANDBOX_SCHEME
from bitbucket_hooks.model.subject import is_slug
from bitbucket_hooks.stack.schema import with_modeline

_PACKAGE: Final = "bitbucket-hooks"
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""What the engine takes as the name of a project or a stack."""
_PROJECT: Final = """\
name: {name}
description: Webhooks of Bitbucket Cloud, declared in the stacks' configuration
runtime:
  name: python
  options:
    toolchain: pip
    virtualenv: .venv
"""
_PROGRAM: Final = '''\
"""The webhooks of the selected stack, from its configuration: Pulumi.STACK.yaml."""

import pulumi

from bitbucket_hooks.stack.declare import declare_hooks

pulumi.export("hooks", declare_hooks())
'''
_IGNORED: Final = """\
.venv/
__pycache__/
.sandbox*
"""


@frozen
class NewProject:
    """A project with one stack."""

    name: str
    stack: str
    workspace: str
    sandbox: bool
    """Whether the stack talks to a sandbox in the project's folder instead of Bitbucket."""

    def files(self) -> dict[str, str]:
        """The text of each file by its name. Raises ConfigError for what can't be a name."""
        for what, text in (("project", self.name), ("stack", self.stack)):
            if not _NAME.fullmatch(text):
                raise ConfigError(
                    f"{printable(text, 100)!r} can't be the name of a {what}",
                    f"Choose one of letters, digits, '-', '_' and '.': --{what}.",
                )
        if not is_slug(self.workspace):
            raise ConfigError(
                f"{printable(self.workspace, 100)!r} can't be a workspace",
                "Give the part of its address behind bitbucket.org: --workspace.",
            )
        return {
            "Pulumi.yaml": _PROJECT.format(name=json.dumps(self.name)),
            f"Pulumi.{self.stack}.yaml": with_modeline(self._stack_config()),
            "__main__.py": _PROGRAM,
            "requirements.txt": f"{_requirement()}\n",
            ".gitignore": _IGNORED,
        }

    def write(self, folder: Path) -> list[Path]:
        """Write the files into a new folder, or an empty one. Raises ConfigError."""
        files = {folder / name: text for name, text in self.files().items()}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise ConfigError(
                    f"the folder {folder} isn't empty",
                    "Name a new one: `bitbucket-hooks new FOLDER`.",
                )
            for path, text in files.items():
                path.write_text(text, "utf-8")
        except OSError as error:
            raise ConfigError(
                f"{folder} can't be written: {error.strerror}", "Name another folder."
            ) from None
        return list(files)

    def _stack_config(self) -> str:
        api = [f"  bitbucket:apiUrl: {SANDBOX_SCHEME}.sandbox.db"] if self.sandbox else []
        workspace = f"  bitbucket:workspace: {json.dumps(self.workspace)}"
        return "\n".join(["config:", *api, workspace, "  bitbucket-hooks:hooks: []", ""])


def _requirement() -> str:
    """What has pip install this package from where it came from (PEP 610)."""
    package = metadata.distribution(_PACKAGE)
    origin = json.loads(package.read_text("direct_url.json") or "{}")
    if "vcs_info" in origin:
        version = origin["vcs_info"]
        return f"{_PACKAGE} @ {version['vcs']}+{origin['url']}@{version['commit_id']}"
    if "url" in origin:
        return f"{_PACKAGE} @ {origin['url']}"
    return f"{_PACKAGE}=={package.version}"
