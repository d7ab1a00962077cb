"""A machine of one's own for each test: its PATH, its cache, its Go and its Pulumi."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Appended, so that nothing else changes its meaning: the package runs from the project's root.
sys.path.append(str(ROOT))

# Builds what the real one builds, as scripts, and keeps a record.
GO = """
echo "$*" >>"$LOG"
case $1 in
build)
    while [ "$1" != -o ]; do shift; done
    while [ -n "$GO_WAITS_FOR" ] && [ ! -e "$GO_WAITS_FOR" ]; do sleep 0.05; done
    if [ -n "$GO_FAILS" ]; then echo "$GO_FAILS" >&2; exit 1; fi
    printf '#!/bin/sh\\n%s\\n' "${GO_BUILDS:-echo v3.250.0}" >"$2"
    chmod +x "$2" ;;
list)
    mkdir -p "$SDK/python/cmd" "$SDK/python/dist" "$SDK/nodejs/dist"
    touch "$SDK/nodejs/dist/pulumi-resource-pulumi-nodejs"
    touch "$SDK/python/cmd/pulumi-language-python-exec"
    touch "$SDK/python/dist/pulumi-resource-pulumi-python"
    touch "$SDK/python/dist/pulumi-analyzer-policy-python"
    echo "$SDK" ;;
esac
"""


# Whoever runs the tests under `nohup` hands down that a hang-up is ignored. Put right by a program
# of its own: a `preexec_fn` would run in a fork of this process, where gRPC's threads are gone.
HEED_HANGUPS = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@dataclass
class Machine:
    """A machine that reaches nothing and has only the programs that a test puts on it."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Lay out its folders; its proxy is closed, so that no test ever leaves it."""
        self.log.touch()
        self.env |= {
            "HOME": str(self.home),
            "PATH": str(self.home / "bin"),
            "BITBUCKET_HOOKS_CACHE": str(self.home / "cache"),
            "LOG": str(self.log),
            "SDK": str(self.home / "sdk"),
            "https_proxy": "http://127.0.0.1:9",
        }

    @property
    def log(self) -> Path:
        """What the fake Go was asked."""
        return self.home / "log"

    @property
    def engines(self) -> Path:
        """Where the cache keeps engines."""
        return self.home / "cache" / "engine"

    def program(self, name: str, script: str, folder: str = "bin") -> Path:
        """Put a program on the machine."""
        path = self.home / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\nPATH=/usr/local/bin:/usr/bin:/bin\n{script}\n")
        path.chmod(0o755)
        return path

    def pulumi(self, script: str = "echo v3.210.0", folder: str = "bin") -> Path:
        """Put a whole Pulumi CLI on the machine; return its folder."""
        self.program("pulumi-language-python", "", folder)
        return self.program("pulumi", script, folder).parent

    def start(self, *args: str) -> subprocess.Popen[str]:
        """Start `python -m engine`."""
        return subprocess.Popen(
            [sys.executable, "-c", HEED_HANGUPS, "-m", "engine", *args],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, *args: str) -> Path:
        """Return the folder that `python -m engine` prints; fail when it doesn't."""
        process = self.start(*args)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        return Path(out.removesuffix("\n"))

    def refusal(self, *args: str) -> str:
        """Return the message of a `python -m engine` that must fail with one and no traceback."""
        process = self.start(*args)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (1, "")
        assert "Traceback" not in err
        return err

    def builds(self, program: str = "pulumi") -> int:
        """How many times a program was built, the CLI itself or another."""
        asked = self.log.read_text().splitlines()
        return sum(f"/{program} " in line and line.startswith("build ") for line in asked)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine without a Pulumi and without Go."""
    return Machine(tmp_path)


@pytest.fixture
def gopher(machine: Machine) -> Machine:
    """Return a machine that has Go."""
    machine.program("go", GO)
    return machine
