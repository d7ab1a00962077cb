"""`bitbucket-hooks plugin install`: the file that the engine gets, and refusals."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from bitbucket_hooks.plugin.distribution import semantic
from support.command import run

PRINT = "from bitbucket_hooks.plugin.distribution import executable; print(executable())"


@pytest.mark.parametrize(
    ("python", "engine"),
    [("0.1.0", "0.1.0"), ("1.0.0rc1", "1.0.0-rc.1"), ("2.0.10.dev3", "2.0.10-dev.3")],
)
def test_the_version_is_a_semantic_one(python: str, engine: str) -> None:
    """Python writes pre-releases without a dash."""
    assert semantic(python) == engine


def test_the_file_starts_the_plugin_of_its_environment(tmp_path: Path) -> None:
    """Also of one with a long path, and spaces in it; modules of the project don't disturb it."""
    environment = tmp_path / f"an environment {'x' * 120}"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "here.pth").write_text("\n".join((sysconfig.get_path("purelib"), *sys.path)))
    python = environment / "bin" / "python"
    file = tmp_path / "plugin"
    file.write_text(subprocess.check_output([python, "-c", PRINT], text=True))
    file.chmod(0o755)
    project = tmp_path / "project"
    project.mkdir()
    (project / "json.py").write_text("raise SystemExit('of the project')")
    with subprocess.Popen([file], cwd=project, stdout=subprocess.PIPE, text=True) as plugin:
        assert plugin.stdout
        port = plugin.stdout.readline()
        plugin.terminate()
    assert int(port) > 0

    (packages / "here.pth").unlink()
    without_package = subprocess.run([file], capture_output=True, text=True, check=False)
    python.unlink()
    without_python = subprocess.run([file], capture_output=True, text=True, check=False)
    for ended in (without_package, without_python):
        assert ended.returncode == 1
        assert "run 'bitbucket-hooks plugin install'" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_without_an_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Says what is missing, and what to do."""
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("plugin", "install", code=1)
    assert "there is no `pulumi` on the PATH" in result.stderr
    assert "Install the Pulumi CLI" in result.stderr
