"""A Pulumi CLI that the user has already is taken when it serves, and else said to be unfit."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from setup.conftest import Machine


@pytest.mark.parametrize("version", ["v3.200.0", "3.250.1", "v3.300.0-alpha.1"])
def test_one_that_is_new_enough_is_taken(machine: "Machine", version: str) -> None:
    """Its folder is the answer, and nothing is cached."""
    folder = machine.pulumi(f"echo {version}")
    assert machine.ask() == folder
    assert not machine.engines.exists()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo v3.199.9", "is too old: 3.199.9, wanted is 3.200 or newer"),
        ("echo v4.0.0", "is too new: 4.0.0, wanted is 3.x"),
        ("echo no library >&2; exit 127", "is broken: exit code 127 (no library)"),
        ("exit 3", "is broken: exit code 3 (no message)"),
        ("exit 0", "is broken, as `pulumi version` printed nothing"),
        ("echo hello", "is broken, as `pulumi version` printed hello"),
    ],
)
def test_one_that_does_not_serve_is_named(machine: "Machine", script: str, reason: str) -> None:
    """The error names the program and what is wrong with it."""
    folder = machine.pulumi(script)
    assert f"a pulumi on PATH: {folder}/pulumi {reason}" in machine.refusal()


def test_one_that_is_no_program_is_broken(machine: "Machine") -> None:
    """A file that the system can't execute is reported, not raised."""
    (machine.pulumi() / "pulumi").write_bytes(b"\x00\x01")
    assert "/pulumi is broken: Exec format error" in machine.refusal()


def test_one_without_its_language_host_does_not_serve(machine: "Machine") -> None:
    """A CLI alone can't run a Python program."""
    machine.program("pulumi", "echo v3.250.0")
    assert "has no pulumi-language-python beside it or on PATH" in machine.refusal()


def test_a_language_host_beside_the_real_file_counts(machine: "Machine") -> None:
    """Package managers link the CLI alone into a folder on PATH."""
    real = machine.pulumi(folder="opt")
    (machine.home / "bin").mkdir()
    (machine.home / "bin" / "pulumi").symlink_to(real / "pulumi")
    assert machine.ask() == machine.home / "bin"


def test_the_first_that_serves_is_taken(machine: "Machine") -> None:
    """An old one further up doesn't hide a good one."""
    machine.pulumi("echo v3.100.0")
    good = machine.pulumi(folder="good")
    machine.env["PATH"] += f":{good}"
    assert machine.ask() == good


def test_our_own_cache_on_path_is_no_find(gopher: "Machine") -> None:
    """After an activation the cached engine is on PATH; it is still the cache's answer."""
    folder = gopher.ask()
    (folder / "pulumi").write_text("#!/bin/sh\necho $0 >>$LOG; echo v3.250.0\n")
    before = gopher.log.read_text()
    gopher.env["PATH"] = f"{folder}:{gopher.env['PATH']}"
    assert gopher.ask() == folder
    assert gopher.log.read_text() == before
