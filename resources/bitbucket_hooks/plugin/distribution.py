"""How the plugin is handed to the engine: its name, its version, and the file that starts it."""

from __future__ import annotations

import re
import sys
from importlib.metadata import version
from typing import Final

from bitbucket_hooks.model.resources import PACKAGE

EXECUTABLE: Final = f"pulumi-resource-{PACKAGE}"
"""The name by which the engine finds the file that starts the plugin."""

_PRE_RELEASE: Final = re.compile(r"\.?(a|b|rc|dev)(\d+)$")
# The shell reads commands where Python reads a text: so the interpreter's path may be long and have
# spaces, which the first line of a script can't take.
_STARTS_IT: Final = """#!/bin/sh
''':'
[ -x "{python}" ] || {{ echo "{python}: not there any more; {remedy}" >&2; exit 1; }}
exec "{python}" "$0" "$@"
'''
try:
    from bitbucket_hooks.plugin.server import main
except ModuleNotFoundError as error:
    raise SystemExit(f"{{error}}; {remedy}") from None
main()
"""
_REMEDY: Final = "run 'bitbucket-hooks plugin install' in an environment with the package"


def semantic(python_version: str) -> str:
    """A version as the engine takes it: `1.0.0-rc.1` for Python's `1.0.0rc1`."""
    return _PRE_RELEASE.sub(r"-\1.\2", python_version)


VERSION: Final = semantic(version(PACKAGE))


def executable() -> str:
    """The text of a file that starts the plugin with this Python and its packages."""
    return _STARTS_IT.format(python=sys.executable, remedy=_REMEDY)
