"""What `make generate` writes is committed as it writes it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from support.engine import environment
from tools import generate
from tools.regions import REGIONS

GENERATED = generate.generated()


@pytest.mark.parametrize("path", GENERATED)
def test_it_is_up_to_date(path: str) -> None:
    """After a change of a property or a setting, run `make generate`."""
    assert (generate.ROOT / path).read_text("utf-8") == GENERATED[path]


@pytest.mark.parametrize("path", REGIONS)
def test_every_region_is_there(path: str) -> None:
    """Or something would silently not be generated."""
    assert sorted(generate.regions_in(path)) == sorted(REGIONS[path])


@pytest.mark.engine
def test_the_engine_takes_the_package_schema(tmp_path: Path) -> None:
    """Without an error and without a warning, so that SDKs can be made of it."""
    command = ["pulumi", "schema", "check", str(generate.ROOT / generate.PACKAGE_SCHEMA)]
    done = subprocess.run(
        command, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
