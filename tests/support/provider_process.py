"""Provider processes, forked from one that has imported nearly all that they need."""

from __future__ import annotations

import io
import os
import runpy
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

IMPORTED_BEFORE: Final = [
    "dill",
    "grpc",
    "pulumi.dynamic",
    "bitbucket_hooks.sandbox.adapter",
    "bitbucket_hooks.connect",
    "bitbucket_hooks.plugin.server",
]
"""None of them looks at the process that it is imported in, as `provider.base` does."""


def serve_dynamic(
    address: str, folder: Path, variables: Mapping[str, str], prints: Connection
) -> None:
    """Become `python -u -m pulumi.dynamic ADDRESS`, as the engine starts it."""
    _enter(folder, variables, prints)
    sys.argv = ["pulumi.dynamic", address]
    runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)


def serve_plugin(
    address: str, folder: Path, variables: Mapping[str, str], prints: Connection
) -> None:
    """Become `pulumi-resource-bitbucket-hooks ADDRESS`, as the engine starts it."""
    from bitbucket_hooks.plugin.server import main  # imported before, in the fork

    _enter(folder, variables, prints)
    sys.argv = ["pulumi-resource-bitbucket-hooks", address]
    main()


def _enter(folder: Path, variables: Mapping[str, str], prints: Connection) -> None:
    """Take over a folder, an environment and where output goes."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    with (folder / "stderr").open("ab") as errors:
        os.dup2(errors.fileno(), 2)
    os.dup2(prints.fileno(), 1)
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", 0), write_through=True)
