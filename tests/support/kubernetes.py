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
_PINNED: Final = Path(__file__).with_name("kustomize")
"""A go.mod with its sums."""
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
    """Kubectl has it within; else it is built once, and kept in the user's cache."""
    if kubectl := shutil.which("kubectl"):
        return (kubectl, "kustomize")
    pinned = b"".join(file.read_bytes() for file in sorted(_PINNED.iterdir()))
    ask = [sys.executable, "-c", _KEPT]
    kept = subprocess.run(ask, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    built = Path(kept) / "kustomize" / hashlib.sha256(pinned).hexdigest()[:8]
    built.parent.mkdir(parents=True, exist_ok=True)
    with (built.parent / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not built.exists():
            package = "sigs.k8s.io/kustomize/kustomize/v5"
            new = built.with_suffix(".new")
            subprocess.run(
                ["go", "build", "-mod=readonly", "-trimpath", "-o", str(new), package],
                cwd=_PINNED,
                env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"},
                check=True,
            )
            new.replace(built)
    return (str(built), "build")
