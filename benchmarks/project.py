"""A Pulumi project in a folder of its own, and one measured run of the engine in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from attrs import define, field, frozen

from benchmarks.cases import Case
from benchmarks.processes import Part, Sampler, Used
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN

ROOT: Final = Path(__file__).parents[1]
_PROGRAM: Final = Path(__file__).parent / "program"
_STACK: Final = "bench"
_THEIRS: Final = ("BITBUCKET_", "PULUMI_", "COVERAGE_")
_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class RunFailed(Exception):
    """A program ended with an error: then there is nothing to measure."""


@frozen
class Run:
    """One run of the engine."""

    wall: float
    """Seconds."""
    parts: dict[Part, Used]
    printed: str = ""


@define
class Project:
    """A stack with an empty state, in `folder`."""

    folder: Path
    checkpoints: bool = False
    """Whether the engine writes its state after each step, as it does by default."""
    program: Path = _PROGRAM
    """The folder of the program that declares the hooks."""
    _env: dict[str, str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        backend = self.folder / "backend"
        backend.mkdir(parents=True)
        shutil.copytree(self.program, self.folder, dirs_exist_ok=True)
        (self.folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
        self._env = {
            **environment(self.folder),
            "PULUMI_BACKEND_URL": f"file://{backend}?metadata=skip",
        }
        if not self.checkpoints:
            self._env["PULUMI_SKIP_CHECKPOINTS"] = "true"
        self.run("stack", "init")

    def configure(self, values: Mapping[str, Any]) -> None:
        """Write the stack's configuration."""
        path = self.folder / f"Pulumi.{_STACK}.yaml"
        kept = yaml.safe_load(path.read_text())
        path.write_text(yaml.safe_dump({**kept, "config": dict(values)}))

    def declare_in_yaml(self, case: Case, description: str, api: str) -> None:
        """Write a YAML program with the single hooks of a case, by the plugin."""
        hooks = {
            f"ci-{number}-{slug}": {
                "type": "bitbucket-hooks:Hook",
                "properties": {"repository": slug, **hook_of(number, description)},
            }
            for number in range(case.hooks)
            for slug in slugs_of(case)
        }
        program = {"name": "bench", "runtime": "yaml", "resources": hooks}
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(program))
        install = ["bitbucket-hooks", "plugin", "install"]
        subprocess.run(install, env=self._env, check=True, capture_output=True)
        self.configure(_parallel(case, "bitbucket-hooks") | account("bitbucket-hooks", api))

    def run(self, *args: str, **variables: str) -> Run:
        """Run `pulumi` and measure it. Raises RunFailed."""
        command = ["pulumi", *args, "--color", "never", "--non-interactive", "--stack", _STACK]
        return timed(command, self.folder, {**self._env, **variables})

    def run_ours(self, *args: str, **variables: str) -> Run:
        """Run `bitbucket-hooks`, which may find changes, and measure it. Raises RunFailed."""
        command = ["bitbucket-hooks", *args, "--stack", _STACK]
        return timed(command, self.folder, {**self._env, **variables}, fine=(0, 3))

    def state_bytes(self) -> int:
        """The size of the state in its backend."""
        (state,) = (self.folder / "backend" / ".pulumi" / "stacks").rglob(f"{_STACK}.json")
        return state.stat().st_size


def timed(
    command: Sequence[str], folder: Path, env: Mapping[str, str], fine: Container[int] = (0,)
) -> Run:
    """Run a program in a folder and measure it. Raises RunFailed unless its exit code is fine."""
    with (folder / "output").open("w+") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        sampler = Sampler(process.pid)
        sampler.start()
        code = process.wait()
        wall = time.perf_counter() - began
        parts = sampler.stop()
        output.seek(0)
        text = output.read()
    if code not in fine:
        raise RunFailed(f"{' '.join(command)} exited with {code}\n{text[-4000:]}")
    return Run(wall, parts, text)


def environment(home: Path) -> dict[str, str]:
    """Everything that a run sees: nothing of the caller's accounts, stacks and proxies."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_THEIRS) and name.lower() not in _PROXIES
    }
    noted = ROOT / ".venv" / "engine"
    engine = [noted.read_text().strip()] if noted.is_file() else []
    folders = [*engine, str(Path(sys.executable).parent), kept.get("PATH", "")]
    return {
        **kept,
        "HOME": str(home),
        "PATH": os.pathsep.join(folder for folder in folders if folder),
        "PULUMI_HOME": str(home / ".pulumi"),
        "PULUMI_CONFIG_PASSPHRASE": "nothing to hide",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def engine_version() -> str:
    """What the engine calls itself."""
    env = environment(Path.home())
    shown = subprocess.run(
        ["pulumi", "version"], env=env, capture_output=True, text=True, check=True
    )
    return shown.stdout.strip()


def configuration(case: Case, by: str, description: str, api: str) -> dict[str, Any]:
    """The stack's configuration for one case, as benchmarks/program reads it."""
    return {
        **_parallel(case, "bitbucket"),
        **account("bitbucket", api),
        "bench:by": by,
        "bench:kind": "fleet" if case.kind == "fleet" else "hook",
        "bench:repositories": str(case.repositories),
        "bench:hooks": str(case.hooks),
        "bench:description": description,
    }


def slugs_of(case: Case) -> list[str]:
    """The repositories of a case."""
    return [f"svc-{number:05}" for number in range(case.repositories)]


def hook_of(number: int, description: str) -> dict[str, Any]:
    """What is declared of each repository's hook of a number."""
    return {
        "owner": "acme",
        "url": f"https://ci.example.com/bitbucket/{number}",
        "description": f"{description} {number}",
        "events": ["pullrequest:created", "repo:push"],
    }


def account(namespace: str, api: str) -> dict[str, Any]:
    """The configuration of the account that owns a sandbox's repositories."""
    return {
        f"{namespace}:apiUrl": api,
        f"{namespace}:username": OWNER_EMAIL,
        f"{namespace}:password": OWNER_TOKEN,
    }


def _parallel(case: Case, namespace: str) -> dict[str, Any]:
    return {} if case.parallel is None else {f"{namespace}:parallel": str(case.parallel)}
