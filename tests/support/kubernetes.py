"""What kustomize makes of the folders in `deploy/kubernetes`."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from typing import Any, Final

import yaml

from support.engine import ROOT
from support.go_tools import built

MANIFESTS: Final = ROOT / "deploy" / "kubernetes"
KUSTOMIZATIONS: Final = sorted(path.parent.name for path in MANIFESTS.glob("*/kustomization.yaml"))


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
