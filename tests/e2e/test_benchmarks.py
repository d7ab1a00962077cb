"""The benchmark runs, and no phase sends a request more than it must."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.engine import ROOT

pytestmark = pytest.mark.engine


def test_requests_are_the_least_possible(tmp_path: Path) -> None:
    """In every phase of two fleets over five repositories; the floor sends none at all."""
    kept = tmp_path / "measured.json"
    command = [sys.executable, "-m", "benchmarks", "--case", "fleet-5x2", "--json-file", str(kept)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    (case,) = json.loads(kept.read_text())["cases"]
    sent = {phase["phase"]: phase["ours"]["requests"] for phase in case["phases"]}
    assert sent == {
        "create": {"GET": 5, "POST": 10},
        "no-op": {},
        "refresh": {"GET": 5},
        "drift": {"GET": 5},
        "update": {"PUT": 10},
        "destroy": {"DELETE": 10},
    }
    assert sent == {phase["phase"]: phase["unavoidable"] for phase in case["phases"]}
    assert all(phase["floor"]["requests"] == {} for phase in case["phases"])
    assert "PUT 10" in run.stdout
