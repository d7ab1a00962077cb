"""A project for the real engine: a program, a stack, a state backend and a sandbox of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from unittest import mock
from urllib.parse import urlsplit

import attrs
import yaml
from click.testing import CliRunner

from bitbucket_hooks.cli import main
from bitbucket_hooks.sandbox.admin import LoggedRequest
from bitbucket_hooks.sandbox.webhook import StoredHook
from support.hooks import with_slugs
from support.processes import end_session
from support.sandbox import Sandbox

ROOT: Final = Path(__file__).parents[2]
STACK: Final = "test"
PASSPHRASE: Final = "correct horse"  # for states in throw-away folders

_HEAD: Final = "import pulumi\nimport bitbucket_hooks as bitbucket\n\n"
_SECONDS: Final = 120
_QUIET_FOR: Final = 2.0  # seconds, several times as long as a request takes in these tests
# Branch coverage is measured by the quicker tests: it would slow each of the engine's processes.
_OURS: Final = ("BITBUCKET_", "PULUMI_", "COVERAGE_", "XDG_")
_QUIET: Final = ("same", "refresh")
_LIST: Final = ["list", "-v", "--format", "json"]
_PIP: Final = """
import os, runpy, sys
if (os.path.realpath(sys.prefix + "/lib"), sys.argv[1:]) == ({!r}, {}):
    print({!r})
else:
    sys.path[:] = [entry for entry in sys.path if entry != __file__.rpartition("/pip/")[0]]
    del sys.modules["pip"]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def _engine_folder() -> list[str]:
    """Where the project's own engine is; nothing when the one on PATH is to serve."""
    noted = ROOT / ".venv" / "engine"
    return [noted.read_text().strip()] if noted.is_file() else []


def environment(home: Path) -> dict[str, str]:
    """Everything that a run of the engine sees: nothing of the caller's accounts and stacks."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_OURS) and name.lower() not in _PROXIES
    }
    folders = [*_engine_folder(), str(Path(sys.executable).parent), kept.get("PATH", "")]
    temporary = home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {
        **kept,
        "HOME": str(home),
        "BITBUCKET_HOOKS_CACHE": str(home / "cache"),
        "TMPDIR": str(temporary),
        "PATH": os.pathsep.join(folders),
        "PULUMI_HOME": str(home / ".pulumi"),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "GOGC": "800",  # the engine lives for seconds: collected less often, it takes 0.1 s less
        # pulumi-bitbucket is installed, for its signatures; no run needs its plugin from GitHub.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


@attrs.frozen
class Run:
    """What one run of the engine came to."""

    args: tuple[str, ...]
    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """All that the terminal shows."""
        return self.stdout + self.stderr

    @property
    def flat(self) -> str:
        """The same on one line, for sentences that the engine breaks or indents."""
        return " ".join(self.text.split())

    def succeeded(self) -> Run:
        """Give itself; fail the test with the output when the engine exited with an error."""
        assert self.code == 0, f"pulumi {' '.join(self.args)} exited with {self.code}\n{self.text}"
        return self

    def failed(self) -> Run:
        """Give itself; fail the test when the engine was content, or showed a traceback."""
        assert self.code != 0, f"pulumi {' '.join(self.args)} should have failed\n{self.text}"
        assert "Traceback" not in self.text, self.text
        return self

    def steps(self) -> dict[str, dict[str, Any]]:
        """With `--json`: the steps by the resource's name, without the stack itself."""
        steps: list[dict[str, Any]] = json.loads(self.stdout)["steps"]
        return {name_of(item["urn"]): item for item in steps if "pulumi:pulumi:" not in item["urn"]}

    def operations(self) -> dict[str, str]:
        """With `--json`: what is done to each resource that doesn't stay as it is, by name."""
        steps = self.steps().items()
        return {name: step["op"] for name, step in steps if step["op"] not in _QUIET}


def _restore(state: Path) -> None:
    """Put the newest whole copy of a stack's state in the place of the broken one."""
    (stack,) = (file for file in (state / "stacks").rglob("*.json"))
    copies = [*stack.parent.glob("*.json.bak"), *(state / "backups").rglob("*.json")]
    whole = [file for file in copies if file.stat().st_size]
    assert whole, sorted(str(file) for file in state.rglob("*"))
    shutil.copy(max(whole, key=lambda file: file.stat().st_mtime), stack)
    for attributes in stack.parent.glob("*.attrs"):
        if not attributes.stat().st_size:  # these can be what is empty, too
            attributes.unlink()


def name_of(urn: str) -> str:
    """The name that a program gave a resource."""
    return urn.rpartition("::")[2]


@attrs.define
class Project:
    """A folder with a program and everything that its runs read and write."""

    folder: Path
    estate: Sandbox
    env: dict[str, str]
    _started: list[subprocess.Popen[str]] = attrs.field(factory=list, init=False)

    @property
    def database(self) -> Path:
        """The file of the sandbox."""
        return self.folder / "sandbox.db"

    @property
    def backend(self) -> Path:
        """The folder of the state backend."""
        return self.folder / "backend"

    @property
    def config_file(self) -> Path:
        """The stack config."""
        project = yaml.safe_load((self.folder / "Pulumi.yaml").read_text())
        return self.folder / (project.get("stackConfigDir") or ".") / f"Pulumi.{STACK}.yaml"

    def program(self, text: str) -> Project:
        """Replace the program; `pulumi` and `bitbucket` are imported already."""
        (self.folder / "__main__.py").write_text(_HEAD + text)
        return self

    def config(self, values: Mapping[str, Any]) -> Project:
        """Set keys of the stack config; None takes one away."""
        whole = yaml.safe_load(self.config_file.read_text())
        merged = {**whole.get("config", {}), **values}
        whole["config"] = {key: value for key, value in merged.items() if value is not None}
        self.config_file.write_text(yaml.safe_dump(whole))
        return self

    def secret(self, key: str, value: str) -> Project:
        """Set an encrypted value; a key such as `bitbucket-hooks:hooks[0].url` is a path."""
        path = ["--path"] if set("[.") & set(key) else []
        self.run("config", "set", "--secret", *path, key, value).succeeded()
        return self

    def up(self, *args: str) -> Run:
        """Deploy without the preview before it, which halves the time."""
        return self.run("up", "--yes", "--skip-preview", *args)

    def preview_and_up(self, *args: str) -> Run:
        """Deploy as people do: the preview and the update are two phases of one run."""
        return self.run("up", "--yes", *args)

    def preview(self, *args: str) -> Run:
        """Preview a deployment."""
        return self.run("preview", *args)

    def refresh(self, *args: str) -> Run:
        """Take what is live into the state."""
        return self.run("refresh", "--yes", "--skip-preview", *args)

    def destroy(self, *args: str) -> Run:
        """Take everything down."""
        return self.run("destroy", "--yes", "--skip-preview", *args)

    def free(self) -> Run:
        """Free the stack that a killed engine held.

        An engine that is killed just while it writes its state leaves an empty file, and beside it
        the backup of the state before: what a person restores by hand, this does.
        """
        freed = self.run("cancel", "--yes")
        if "failed to load checkpoint" in freed.text:
            _restore(self.backend / ".pulumi")
            freed = self.run("cancel", "--yes")
        return freed.succeeded()

    def run(self, *args: str) -> Run:
        """Run `pulumi` to its end."""
        return finish(self.start(*args), args)

    def command(self, *args: str, **variables: str) -> Run:
        """Run `bitbucket-hooks` in the project, as a pipeline does: in this process, for speed."""
        here = Path.cwd()
        with mock.patch.dict(os.environ, {**self.env, **variables}, clear=True):
            os.chdir(self.folder)
            try:
                done = CliRunner().invoke(main, args)
            finally:
                os.chdir(here)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Run(args, done.exit_code, done.stdout, done.stderr)

    def start(self, *args: str) -> subprocess.Popen[str]:
        """Start `pulumi`, in a session of its own; `--stack` names another stack."""
        stack = [] if "--stack" in args else ["--stack", STACK]
        process = subprocess.Popen(
            ["pulumi", *args, "--color", "never", "--non-interactive", *stack],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def end_what_is_left(self) -> None:
        """End the language hosts of killed engines, which find out about it only minutes later."""
        for engine in self._started:
            if (engine.returncode or 0) < 0:
                end_session(engine.pid)

    def state(self) -> dict[str, dict[str, Any]]:
        """The resources of the state by name, without the stack and its providers."""
        resources = self._resources()
        return {name_of(item["urn"]): item for item in resources if "pulumi:" not in item["type"]}

    def outputs(self) -> dict[str, Any]:
        """The outputs of the stack."""
        (stack,) = (item for item in self._resources() if item["type"] == "pulumi:pulumi:Stack")
        outputs: dict[str, Any] = stack.get("outputs", {})
        return outputs

    def _resources(self) -> list[dict[str, Any]]:
        """The resources in the state's file, which is quicker than to export them."""
        backend = Path(urlsplit(self.env["PULUMI_BACKEND_URL"]).path)
        name = yaml.safe_load((self.folder / "Pulumi.yaml").read_text())["name"]
        file = backend / ".pulumi" / "stacks" / name / f"{STACK}.json"
        latest = json.loads(file.read_text())["checkpoint"]["latest"] or {}
        resources: list[dict[str, Any]] = latest.get("resources", [])
        return resources

    def state_files(self) -> str:
        """Everything that lies in the state backend, history and backups included."""
        files = (path for path in sorted(self.backend.rglob("*")) if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)

    def hooks(self, target: str | None = None) -> list[StoredHook]:
        """The live hooks, of one repository (`acme/api`) or workspace, or all."""
        return self.estate.hooks(target)

    def only_hook(self, target: str | None = None) -> StoredHook:
        """The one live hook there is."""
        (hook,) = self.hooks(target)
        return hook

    def calls(self) -> Counter[str]:
        """The requests since the last time this was asked, such as `GET .../acme/api/hooks`."""
        requests = with_slugs(self.estate)
        self.estate.clear_requests()
        return Counter(map(shown, requests))

    def writes(self) -> list[LoggedRequest]:
        """The requests that change something."""
        return [item for item in self.estate.requests() if item.method != "GET"]


def shown(request: LoggedRequest) -> str:
    """A request in short: the verb, and the path without its beginning and a hook's uuid."""
    path, hooks, _ = request.path.removeprefix("/2.0/").partition("/hooks")
    return f"{request.method} {path.removeprefix('repositories/')}{hooks}"


def finish(process: subprocess.Popen[str], args: Sequence[str] = ()) -> Run:
    """Wait for a started `pulumi`."""
    try:
        out, err = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"pulumi {' '.join(args)} hangs\n{out}{err}") from None
    return Run(tuple(args), process.returncode, out, err)


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for something that a started `pulumi` does."""
    ends = time.monotonic() + _SECONDS
    while not condition():
        if process.poll() is not None or time.monotonic() > ends:
            raise AssertionError(f"waited in vain\n{finish(process).text}")
        time.sleep(0.02)


def settled_writes(project: Project) -> int:
    """Wait until nothing more is written, and tell how much was.

    After an engine's death, what was on its way may still arrive.
    """
    ends = time.monotonic() + _SECONDS
    count, since = -1, 0.0
    while count < 0 or time.monotonic() - since < _QUIET_FOR:
        assert time.monotonic() < ends, "it writes and writes"
        if (now := len(project.writes())) != count:
            count, since = now, time.monotonic()
        time.sleep(0.1)
    return count


@attrs.frozen
class Templates:
    """Empty stacks and a fresh sandbox to copy, which is quicker than to make them each time."""

    folder: Path
    python: Path | None = None
    """What projects have the engine run as Python; None for the one on PATH."""

    def sandbox(self) -> Path:
        """A freshly seeded sandbox."""
        path = self.folder / "sandbox.db"
        if not path.exists():
            Sandbox(path).close()
        return path

    def project(self, kind: str, lay_out: Callable[[Path], None]) -> Path:
        """A project with an initialised, empty stack."""
        folder = self.folder / kind
        if not folder.exists():
            folder.mkdir()
            lay_out(folder)
            (folder / "backend").mkdir()
            env = {**environment(self.folder / "home"), **_backend(folder)}
            command = ["pulumi", "stack", "init", STACK, "--non-interactive"]
            subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)
        return folder

    def pip(self) -> Path:
        """A folder for PYTHONPATH whose pip gives the engine the list that the real one gave once.

        Each run looks through the installed packages for plugins, which takes a seventh of its
        time. Whatever else it is asked, or in an environment that has other packages, the real pip
        answers.
        """
        folder = self.folder / "pip"
        if not folder.exists():
            listed = subprocess.check_output([sys.executable, "-m", "pip", *_LIST], text=True)
            (folder / "pip").mkdir(parents=True)
            (folder / "pip" / "__init__.py").touch()
            (folder / "pip" / "__main__.py").write_text(
                _PIP.format(os.path.realpath(f"{sys.prefix}/lib"), _LIST, listed)
            )
        return folder


def _backend(folder: Path) -> dict[str, str]:
    return {"PULUMI_BACKEND_URL": f"file://{folder / 'backend'}?metadata=skip"}


def own_program(folder: Path) -> None:
    """Lay out a project whose program each test writes."""
    (folder / "Pulumi.yaml").write_text("name: e2e\nruntime: python\n")


def stacks_program(folder: Path) -> None:
    """Lay out a copy of this project's own program."""
    (folder / "stacks").mkdir()
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    shutil.copy(ROOT / "stacks" / "__main__.py", folder / "stacks")
    (folder / "policies").symlink_to(ROOT / "policies")


def project(
    templates: Templates, folder: Path, lay_out: Callable[[Path], None]
) -> Iterator[Project]:
    """Make a project in an empty folder, configured for its own embedded sandbox."""
    template = templates.project(lay_out.__name__, lay_out)
    shutil.copytree(template, folder, symlinks=True, dirs_exist_ok=True)
    database = shutil.copy(templates.sandbox(), folder / "sandbox.db")
    env = {**environment(folder / "home"), **_backend(folder), "PYTHONPATH": str(templates.pip())}
    if templates.python is not None:
        env["PULUMI_PYTHON_CMD"] = str(templates.python)
    with Sandbox(database) as estate:
        made = Project(folder, estate, env)
        made.config({"bitbucket:apiUrl": f"sandbox:{database}", "bitbucket:workspace": "acme"})
        try:
            yield made
        finally:
            made.end_what_is_left()
