"""What kustomize makes of the folders in `deploy/kubernetes`."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from support.engine import ROOT

MANIFESTS: Final = ROOT / "deploy" / "kubernetes"
KUSTOMIZATIONS: Final = sorted(path.parent.name for path in MANIFESTS.glob("*/kustomization.yaml"))
_KEPT: Final = "from engine import cache; print(cache.root())"


def rendered(name: str) -> list[dict[str, Any]]:
    """Give the objects of a kustomization."""
    done = subprocess.run(
        [*_kustomize(), str(MANIFESTS / name)], check=True, capture_output=True, text=True
    )
    return list(yaml.safe_load_all(done.stdout))


def pod_template(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the template of the pods of the only Job, or CronJob, among them."""
    (job,) = (item["spec"] for item in objects if item["kind"] in ("Job", "CronJob"))
    template: dict[str, Any] = job.get("jobTemplate", {"spec": job})["spec"]["template"]
    return template


@cache
def _kustomize() -> tuple[str, ...]:
    """Kubectl has it within; else it is built."""
    if kubectl := shutil.which("kubectl"):
        return (kubectl, "kustomize")
    return (str(built("kustomize", "sigs.k8s.io/kustomize/kustomize/v5")), "build")


def built(name: str, package: str) -> Path:
    """Build a program of Kubernetes once, and keep it in the user's cache.

    The folder of that name beside this file has its go.mod with the sums.
    """
    folder = Path(__file__).with_name(name)
    pinned = b"".join(file.read_bytes() for file in sorted(folder.iterdir()))
    ask = [sys.executable, "-c", _KEPT]
    kept = subprocess.run(ask, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    program = Path(kept) / name / hashlib.sha256(pinned).hexdigest()[:8]
    program.parent.mkdir(parents=True, exist_ok=True)
    with (program.parent / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not program.exists():
            new = program.with_suffix(".new")
            subprocess.run(
                ["go", "build", "-mod=readonly", "-trimpath", "-o", str(new), package],
                cwd=folder,
                env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"},
                check=True,
            )
            new.replace(program)
    return program
