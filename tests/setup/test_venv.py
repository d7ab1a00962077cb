"""The virtual environment: what is wrong with an interpreter is said before anything is made."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project whose lock holds nothing."""
    (tmp_path / "engine").mkdir()
    shutil.copy(ROOT / "engine" / "venv.sh", tmp_path / "engine")
    (tmp_path / "requirements").mkdir()
    for name in ("run", "dev"):
        (tmp_path / "requirements" / f"{name}.txt").write_text("a==1 \\\n    --hash=x\nb==2\n")
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def interpreter(project: Path, script: str) -> str:
    """Return an interpreter that answers as told and makes environments of its own kind."""
    path = project / "python"
    path.write_text(
        f"""#!/bin/sh
echo "$*" >>{project}/asked
case $* in
{script}
-V) echo Python 3.12.1 ;;
"-m venv"*)
    mkdir -p .venv/bin .venv/lib; ln -s lib .venv/lib64
    cp {path} .venv/bin/python; cp {path} .venv/bin/python3 ;;
esac
"""
    )
    path.chmod(0o755)
    return str(path)


def install(project: Path, python: str, lock: str = "run") -> "subprocess.CompletedProcess[str]":
    """Bring the environment in line with a lock."""
    return subprocess.run(
        ["/bin/sh", str(project / "engine" / "venv.sh"), lock],
        env={"PATH": "/usr/bin:/bin", "PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
    )


def asked(project: Path) -> list[str]:
    """Return what the interpreter was asked, and forget it."""
    log = project / "asked"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return lines


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("*version_info*) exit 1 ;;", "is Python 3.12.1, wanted is 3.10 or newer; name one: make"),
        ("*ensurepip*) exit 1 ;;", "on Debian and Ubuntu: apt-get install python3-venv"),
    ],
)
def test_an_interpreter_that_does_not_serve_is_refused(
    project: Path, script: str, reason: str
) -> None:
    """With the remedy, and before anything is made."""
    done = install(project, interpreter(project, script))
    assert done.returncode == 1
    assert reason in done.stderr
    assert not (project / ".venv").exists()


def test_an_interpreter_that_is_not_there_is_named(project: Path) -> None:
    """A typo in PYTHON is answered with the name."""
    done = install(project, "python2.99")
    assert done.returncode == 1
    assert "there is no python2.99; install Python 3.10 or newer" in done.stderr


def test_it_installs_the_lock_with_hashes_and_the_project_without_its_needs(project: Path) -> None:
    """What is installed is what was locked."""
    done = install(project, interpreter(project, ""))
    assert done.returncode == 0, done.stderr
    assert "installing 2 packages of requirements/run.txt" in done.stderr
    *_, lock, editable = asked(project)
    assert lock.endswith("install --require-hashes -r requirements/run.txt")
    assert editable.endswith("install --no-deps --no-build-isolation -e .")


def test_a_second_time_does_nothing_and_says_nothing(project: Path) -> None:
    """Unless the lock or the project's own metadata changed."""
    python = interpreter(project, "")
    install(project, python)
    asked(project)
    assert install(project, python).stderr == ""
    assert asked(project) == []
    (project / "requirements" / "run.txt").write_text("a==2\n")
    assert "installing 1 packages" in install(project, python).stderr
    assert not any("-m venv" in line for line in asked(project))


def test_the_lock_for_development_holds_the_other(project: Path) -> None:
    """After `make setup-dev`, `make setup` has nothing to do, but not the other way round."""
    python = interpreter(project, "")
    install(project, python)
    assert "installing" in install(project, python, "dev").stderr
    assert install(project, python, "run").stderr == ""


def test_an_installation_that_fails_is_tried_again(project: Path) -> None:
    """Its failure is the script's, and no stamp says that it is done."""
    assert install(project, interpreter(project, "*--require-hashes*) exit 9 ;;")).returncode == 9
    assert not list((project / ".venv").glob("installed-*"))


def test_an_environment_made_elsewhere_is_made_anew(project: Path) -> None:
    """Its scripts would start an interpreter that isn't there any more."""
    python = interpreter(project, "")
    install(project, python)
    (project / ".venv" / "root").write_text("/elsewhere\n")
    asked(project)
    install(project, python)
    assert any("-m venv --clear .venv" in line for line in asked(project))


def test_no_link_to_a_folder_is_left(project: Path) -> None:
    """`pulumi new` copies a used clone with its environment, and fails on such a link."""
    python = interpreter(project, "")
    link = project / ".venv" / "lib64"
    install(project, python)
    assert link.parent.is_dir()
    assert not link.is_symlink()
    link.symlink_to("lib")  # of an environment that was made before
    assert install(project, python).stderr == ""
    assert not link.is_symlink()


def test_the_policy_pack_has_an_environment_of_its_own(project: Path) -> None:
    """Made of its own lock, without the project, and touching nothing of the project's."""
    (project / "policies").mkdir()
    (project / "policies" / "requirements.txt").write_text("c==3 \\\n    --hash=x\n")
    python = interpreter(project, "")
    done = install(project, python, "policies")
    assert done.returncode == 0, done.stderr
    assert "making policies/.venv" in done.stderr
    assert "installing 1 packages of policies/requirements.txt" in done.stderr
    assert asked(project)[-1].endswith("install --require-hashes -r requirements.txt")
    assert not (project / ".venv").exists()
    assert install(project, python, "policies").stderr == ""
    assert "installing 2 packages of requirements/run.txt" in install(project, python).stderr
