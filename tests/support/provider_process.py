"""The SDK's provider process, forked from one that has imported nearly all that it needs."""

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
    "bitbucket_hooks.operations.session",
]
"""None of them looks at the process that it is imported in, as `provider.base` does."""


def serve(address: str, folder: Path, variables: Mapping[str, str], prints: Connection) -> None:
    """Become `python -u -m pulumi.dynamic ADDRESS`, as the engine starts it."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    with (folder / "stderr").open("ab") as errors:
        os.dup2(errors.fileno(), 2)
    os.dup2(prints.fileno(), 1)
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", 0), write_through=True)
    sys.argv = ["pulumi.dynamic", address]
    runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)
