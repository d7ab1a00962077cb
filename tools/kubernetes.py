"""Asks a real kube-apiserver whether it takes `deploy/kubernetes`: `make kubernetes`."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from typing import Any

import yaml

from support.kube_apiserver import ApiServer, kube_apiserver
from support.kubernetes import KUSTOMIZATIONS, MANIFESTS, pod_template, rendered


def main() -> int:
    """Try every object by a server-side dry run, and the pods that the Jobs would make."""
    complaints = 0
    with kube_apiserver() as api:
        namespace, *_ = rendered("common")
        if complaint := api.apply(namespace, dry_run=False):
            raise SystemExit(complaint)
        for where, document in _objects():
            complaint = api.apply(document)
            complaints += bool(complaint)
            name = f"{document['kind']} {document['metadata']['name']}"
            print(f"{where}: {name}: {complaint or 'accepted'}")  # noqa: T201
        complaints += not _restricts(api)
    return 1 if complaints else 0


def _objects() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in KUSTOMIZATIONS:
        documents = rendered(name)
        yield from ((name, document) for document in documents)
        if name != "common":
            yield name, _pod(pod_template(documents))
    for file in ("secret.yaml", "operator.yaml"):
        for document in yaml.safe_load_all((MANIFESTS / file).read_text("utf-8")):
            if "pulumi.com/" not in document["apiVersion"]:  # no server knows these by itself
                yield file, document


def _pod(template: dict[str, Any]) -> dict[str, Any]:
    metadata = {**template["metadata"], "name": "try", "namespace": "bitbucket-hooks"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def _restricts(api: ApiServer) -> bool:
    """Whether a pod that may do more is turned down: else an accepted one says nothing."""
    free = copy.deepcopy(_pod(pod_template(rendered("up"))))
    del free["spec"]["containers"][0]["securityContext"]
    complaint = api.apply(free)
    print(f"a pod without a security context: {complaint or 'accepted'}")  # noqa: T201
    return "violates PodSecurity" in complaint


if __name__ == "__main__":
    sys.exit(main())
