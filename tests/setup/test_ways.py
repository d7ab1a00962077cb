"""The download and the build: bounded, clean when they fail, and told apart in the error."""

import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from setup.conftest import Machine

INSTALLS = """
import os, subprocess, time
class PulumiCommand:
    @staticmethod
    def install(root):
        os.makedirs(os.path.join(root, "bin"))
        for name in ("pulumi", "pulumi-language-python"):
            path = os.path.join(root, "bin", name)
            with open(path, "w") as file:
                file.write("#!/bin/sh\\necho v3.272.0\\n")
            os.chmod(path, 0o755)
            {then}
"""


Behave = Callable[[str], None]


@pytest.fixture
def installer(machine: "Machine", monkeypatch: pytest.MonkeyPatch) -> Behave:
    """Return what makes the SDK's installer behave as told, with a host that can be reached."""
    from engine import download

    def behave(then: str) -> None:
        package = machine.home / "sdk" / "pulumi"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "automation.py").write_text(INSTALLS.format(then=then))

    for name, value in machine.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", str(machine.home / "sdk"))
    monkeypatch.setattr(download, "reach", lambda _url: None)
    return behave


def test_the_error_says_what_each_way_answered_and_what_to_install(machine: "Machine") -> None:
    """One message, three answers, one remedy."""
    message = machine.refusal()
    assert "a pulumi on PATH: there is none" in message
    assert "the official download: https://get.pulumi.com/ can't be reached" in message
    assert "a build from Go modules: no go on PATH" in message
    assert "Install the Pulumi CLI, 3.200 or newer" in message
    assert "or Go 1.25 or newer" in message


def test_a_build_that_fails_says_why(gopher: "Machine") -> None:
    """Go's own last words are in the error."""
    gopher.env["GO_FAILS"] = "go: go.mod requires go >= 1.25.11 (running go 1.20)"
    message = gopher.refusal()
    assert "building pulumi failed with exit code 1: go: go.mod requires go >= 1.25" in message


def test_a_build_that_starts_says_how_long_it_takes(gopher: "Machine") -> None:
    """Whoever waits for minutes is told so beforehand."""
    process = gopher.start()
    _, err = process.communicate(timeout=60)
    assert "building the Pulumi CLI 3.250.0 from Go modules, once: some 5 minutes" in err
    assert "built in" in err


def test_the_go_build_takes_only_what_is_pinned(gopher: "Machine") -> None:
    """Whatever the user's flags say, go.mod and go.sum are not rewritten."""
    gopher.env["GOFLAGS"] = "-mod=mod"
    gopher.ask()
    asked = [line for line in gopher.log.read_text().splitlines() if "-mod=readonly" in line]
    assert asked == gopher.log.read_text().splitlines()
    assert "version.Version=v3.250.0" in asked[0]


def test_a_download_is_cached_under_the_version_of_the_sdk(installer: Behave) -> None:
    """The official CLI comes before a build."""
    from engine import choose, download

    installer("pass")
    folder = choose.folder()
    assert folder.parent.name == download.name()
    assert (folder / "pulumi").exists()


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        ("raise OSError('the disk is full')", "OSError: the disk is full"),
        (
            "raise subprocess.CalledProcessError(1, 'install.sh', b'no such version')",
            "the installer failed with exit code 1: no such version",
        ),
    ],
)
def test_half_a_download_never_counts(
    installer: Behave, machine: "Machine", then: str, reason: str
) -> None:
    """An installer that fails after the first program leaves nothing."""
    from engine import choose
    from engine.errors import NoEngineError

    installer(then)
    with pytest.raises(NoEngineError, match=reason):
        choose.folder()
    assert [file.name for file in machine.engines.iterdir()] == ["lock"]


def test_an_installer_that_hangs_is_ended_with_all_it_started(
    installer: Behave, machine: "Machine", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shell script that it runs, and what that runs, don't outlive it."""
    from engine import download
    from engine.errors import UnavailableError

    mark = machine.home / "outlived"
    installer(f"subprocess.run(['/bin/sh', '-c', '/bin/sleep 2; : >{mark}'])")
    monkeypatch.setattr(download, "LIMIT", 1.0)
    with pytest.raises(UnavailableError, match="the installer took longer than 1 s"):
        download.make(machine.home)
    time.sleep(1.5)
    assert not mark.exists()


def test_a_host_that_never_answers_is_given_up() -> None:
    """A connection that is taken and then silent must not hold anyone up."""
    from engine import download
    from engine.errors import UnavailableError

    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        pytest.raises(UnavailableError, match=r"in 0\.3 s|timed out"),
    ):
        download.reach(f"http://127.0.0.1:{server.getsockname()[1]}/", 0.3)


class Refuses(BaseHTTPRequestHandler):
    """A server that answers, if only with a no."""

    def do_HEAD(self) -> None:
        """Say that this page isn't for everyone."""
        self.send_error(403)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def test_a_host_that_answers_with_a_no_can_be_reached() -> None:
    """What it says to the installer is the installer's affair."""
    from engine import download

    with HTTPServer(("127.0.0.1", 0), Refuses) as server:
        threading.Thread(target=server.handle_request).start()
        download.reach(f"http://127.0.0.1:{server.server_port}/", 5)


def test_long_commands_show_that_they_live(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What, for how long, and the last that was heard of it."""
    from engine import progress

    monkeypatch.setattr(progress, "TICK", 0.2)
    script = tmp_path / "slow.sh"
    script.write_text("echo compiling; sleep 0.5; echo done")
    assert progress.run("the build", ["/bin/sh", str(script)], limit=5) == "done"
    assert "engine: the build: 0 s (compiling)" in capsys.readouterr().err
