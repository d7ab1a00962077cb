"""`. ./activate` in the shells that people have: what it sets, what it leaves alone."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHELLS = [shell for shell in ("sh", "bash", "zsh") if shutil.which(shell)]
SYSTEM = "/usr/local/bin:/usr/bin:/bin"
SETUP = """setup:
\t@echo setting up; mkdir -p .venv; echo $(CURDIR)/engine >.venv/engine; echo x >>made
"""


@dataclass
class Project:
    """A project with `activate` in it, set up or not."""

    root: Path
    shell: str

    @property
    def engine(self) -> Path:
        """The folder of its engine."""
        return self.root / "engine"

    @property
    def path(self) -> str:
        """What PATH starts with once it is activated."""
        return f"{self.root}/.venv/bin:{self.engine}:"

    def program(self, path: Path) -> None:
        """Put a program there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)

    def run(
        self, script: str, env: Mapping[str, str] | None = None, *, cwd: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run a script in a shell of the project's kind, without any start-up file."""
        options = ["-f"] if self.shell == "zsh" else []
        return subprocess.run(
            [self.shell, *options, "-c", script],
            cwd=cwd or self.root,
            env={"PATH": SYSTEM, "HOME": str(self.root), **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    def variable(self, name: str, **env: str) -> str:
        """Return what a variable holds after the activation; `unset` when there is none."""
        done = self.run(f'. ./activate; printf %s "${{{name}-unset}}"', env)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout


@pytest.fixture(params=SHELLS)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """Return a project that is set up, in a folder with a space in its name."""
    project = Project(tmp_path / "the project", request.param)
    project.program(project.engine / "pulumi")
    project.program(project.root / ".venv" / "bin" / "python3")
    (project.root / ".venv" / "engine").write_text(f"{project.engine}\n")
    (project.root / ".venv" / "root").write_text(f"{project.root}\n")
    (project.root / "Makefile").write_text(SETUP)
    (project.root / "Pulumi.yaml").touch()
    shutil.copy(ROOT / "activate", project.root)
    return project


def test_it_puts_the_project_first_on_path(project: Project) -> None:
    """The environment's python3 and the engine's pulumi are the ones that are found."""
    assert project.variable("PATH") == project.path + SYSTEM
    found = project.run(". ./activate; command -v python3; command -v pulumi").stdout
    assert found == f"{project.root}/.venv/bin/python3\n{project.engine}/pulumi\n"


def test_a_second_time_changes_nothing(project: Project) -> None:
    """PATH doesn't grow, not even when something came before it meanwhile."""
    script = '. ./activate; PATH="/first:$PATH"; . ./activate; . ./activate; printf %s "$PATH"'
    assert project.run(script).stdout in {
        project.path + f"/first:{SYSTEM}",
        f"{project.root}/.venv/bin:/first:{project.engine}:{SYSTEM}",
    }


def test_it_chooses_the_local_backend(project: Project) -> None:
    """Nothing needs an account: state is kept in the project, which is there to write to."""
    assert project.variable("PULUMI_BACKEND_URL") == f"file://{project.root}/.state?metadata=skip"
    assert (project.root / ".state").is_dir()
    assert project.variable("PULUMI_CONFIG_PASSPHRASE") == "sandbox"
    assert project.variable("PULUMI_SKIP_UPDATE_CHECK") == "true"


def test_what_kills_left_beside_the_state_goes(project: Project) -> None:
    """The engine's metadata, as an older activate had it written, empty or not; no state goes."""
    stacks = project.root / ".state" / ".pulumi" / "stacks" / "hooks"
    stacks.mkdir(parents=True)
    state, meta = stacks / "dev.json", stacks.parents[1] / "meta.yaml"
    metadata = [path.with_name(f"{path.name}.attrs") for path in (state, meta)]
    for path in (state, meta, *metadata):
        path.write_text("" if path is metadata[0] else "{}")
    assert project.variable("PULUMI_BACKEND_URL", PULUMI_BACKEND_URL="s3://mine") == "s3://mine"
    assert metadata[0].exists()
    assert project.variable("PULUMI_BACKEND_URL").endswith("?metadata=skip")
    assert (state.read_text(), meta.read_text()) == ("{}", "{}")
    assert not any(path.exists() for path in metadata)


@pytest.mark.parametrize("value", ["mine", ""])
@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("PULUMI_BACKEND_URL", "PULUMI_BACKEND_URL"),
        ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE"),
        ("PULUMI_SKIP_UPDATE_CHECK", "PULUMI_SKIP_UPDATE_CHECK"),
    ],
)
def test_what_is_set_stays(project: Project, given: str, asked: str, value: str) -> None:
    """Set to nothing is set."""
    assert project.variable(asked, **{given: value}) == value


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("PULUMI_ACCESS_TOKEN", "PULUMI_BACKEND_URL"),
        ("PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_CONFIG_PASSPHRASE"),
    ],
)
def test_another_choice_is_respected(project: Project, given: str, asked: str) -> None:
    """An account is a backend, and a file is a passphrase."""
    assert project.variable(asked, **{given: "x"}) == "unset"
    assert not (project.root / ".state").exists() or asked != "PULUMI_BACKEND_URL"


def test_it_leaves_nothing_behind(project: Project) -> None:
    """No helper is left in the user's shell, and its options are as they were."""
    script = 'set; echo "options $-"'
    before = project.run(script).stdout
    after = project.run(f". ./activate; {script}").stdout
    names = {
        line.split("=")[0] for line in after.splitlines() if "=" in line and line[0].isalpha()
    } - {line.split("=")[0] for line in before.splitlines()}
    allowed = {"PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_SKIP_UPDATE_CHECK"}
    assert names - {"BASH_REMATCH", "PIPESTATUS"} == allowed
    assert "_bitbucket_hooks_activate ()" not in after
    assert after.splitlines()[-1] == before.splitlines()[-1]


def test_it_works_in_a_strict_shell(project: Project) -> None:
    """With `set -eu` an unset variable or a false test would end the shell."""
    assert project.run("set -eu; . ./activate; . ./activate; echo alive").stdout == "alive\n"


def test_it_starts_nothing(project: Project) -> None:
    """No program is started when everything is there: it works where none is found."""
    (project.root / ".state").mkdir()
    done = project.run("PATH=/nowhere; . ./activate; echo $PATH")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{project.path}/nowhere\n"


def test_from_elsewhere(project: Project, tmp_path: Path) -> None:
    """Bash and zsh know where the script is; sh can't, and says what to do."""
    done = project.run('. "$HOME/activate"; echo "$? $PATH"', cwd=tmp_path)
    if project.shell == "sh" and "bash" not in os.path.realpath(shutil.which("sh") or ""):
        assert done.stdout == f"1 {SYSTEM}\n"
        assert "in this shell it has to be the project's folder" in done.stderr
    else:
        assert done.stdout == f"0 {project.path}{SYSTEM}\n"


@pytest.mark.parametrize("lost", ["engine/pulumi", ".venv/engine", ".venv/bin/python3"])
def test_it_sets_up_what_is_missing(project: Project, lost: str) -> None:
    """Nothing installed, or no longer: `make setup` runs, and is said to."""
    (project.root / lost).unlink()
    done = project.run('. ./activate; echo "$? $PATH"')
    assert "activate: setting the project up" in done.stderr
    assert done.stdout.startswith("0 ")
    assert (project.root / "made").read_text() == "x\n"


def test_a_project_that_was_moved_is_set_up_again(project: Project) -> None:
    """The scripts of a virtual environment hold the path that it was made at."""
    (project.root / ".venv" / "root").write_text("/elsewhere\n")
    assert "activate: setting the project up" in project.run(". ./activate").stderr


def test_a_set_up_that_fails_leaves_the_shell_alive_and_as_it_was(project: Project) -> None:
    """The reason is shown, the answer is a failure, and nothing is half set."""
    (project.root / ".venv" / "engine").unlink()
    (project.root / "Makefile").write_text("setup:\n\t@echo the reason >&2; exit 1\n")
    done = project.run('. ./activate; echo "$? $PATH ${PULUMI_BACKEND_URL-unset}"')
    assert done.stdout == f"1 {SYSTEM} unset\n"
    assert "the reason" in done.stderr
    assert "activate: the set-up failed, so nothing was activated" in done.stderr


def test_an_engine_of_the_users_own_stays_where_it_is(project: Project) -> None:
    """Its folder may hold much else: it isn't moved before what the user put before it."""
    path = f"/first:{project.engine}:{SYSTEM}"
    assert project.variable("PATH", PATH=path) == f"{project.root}/.venv/bin:{path}"
