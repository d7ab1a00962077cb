"""A `pulumi` that says what a test wants, of versions, backends and failures."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import attrs

_SCRIPT = """#!/bin/sh
words=
for word; do
    case $word in --all) words="$words $word" ;; --*) ;; *) words="$words $word" ;; esac
done
words=${{words# }}
while [ -n "$words" ]; do
    if [ -f "{answers}/$words.code" ]; then
        /bin/cat "{answers}/$words.out"
        /bin/cat "{answers}/$words.err" >&2
        exit "$(/bin/cat "{answers}/$words.code")"
    fi
    case $words in *" "*) words=${{words% *}} ;; *) words= ;; esac
done
echo "error: not foreseen" >&2
exit 99
"""


@attrs.frozen
class FakePulumi:
    """The command, in a folder of its own that is all there is on PATH beside Python's."""

    folder: Path

    @property
    def path(self) -> str:
        """What PATH is to be."""
        return os.pathsep.join([str(self.folder), str(Path(sys.executable).parent)])

    def put(self) -> FakePulumi:
        """Install it, with its language host."""
        self.folder.mkdir(exist_ok=True)
        script = _SCRIPT.format(answers=self._answers)
        for name in ("pulumi", "pulumi-language-python"):
            (self.folder / name).write_text(script)
            (self.folder / name).chmod(0o755)
        self.says("version", "v3.250.0\n")
        self.says("whoami", {"user": "olivia", "url": "file:///states"})
        return self.says("stack ls", [])

    def says(self, command: str, out: Any = "", error: str = "", code: int = 0) -> FakePulumi:
        """Answer a command, such as `stack ls`; what isn't text is printed as JSON."""
        printed = out if isinstance(out, str) else json.dumps(out)
        for kind, text in (("out", printed), ("err", error), ("code", str(code))):
            path = self._answers / f"{command}.{kind}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return self

    def has(self, *names: str, selected: str = "", **more: Any) -> FakePulumi:
        """Have stacks, without a resource in any."""
        for name in names:
            self.says(f"stack export {name}", {"version": 3, "deployment": {}})
        rows = [{"name": name, "current": name == selected, **more} for name in names]
        return self.says("stack ls", rows)

    @property
    def _answers(self) -> Path:
        return self.folder / "answers"


def unmeasured() -> dict[str, None]:
    """What an environment has to lack so that coverage leaves the processes below it alone."""
    return dict.fromkeys(name for name in os.environ if name.startswith("COVERAGE_"))
