"""The manifests of `deploy/kubernetes` against the schemas of Kubernetes."""

from __future__ import annotations

import kubernetes_validate
import pytest
import yaml

from support.kubernetes import KUSTOMIZATIONS, MANIFESTS, pod_template, rendered


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_each_object_fits_its_schema(name: str) -> None:
    """Strictly: a key that Kubernetes doesn't know is a mistake."""
    for document in rendered(name):
        kubernetes_validate.validate(document, "1.37", strict=True)


def test_the_secret_fits_its_schema_and_holds_nothing() -> None:
    """It is to be filled in, and no kustomization applies it over the real one."""
    (secret,) = yaml.safe_load_all((MANIFESTS / "secret.yaml").read_text("utf-8"))
    kubernetes_validate.validate(secret, "1.37", strict=True)
    assert all("FILL-IN" in value or "PASSWORD" in value for value in secret["stringData"].values())
    assert not [
        item for name in KUSTOMIZATIONS for item in rendered(name) if item["kind"] == "Secret"
    ]


def test_what_the_operator_needs() -> None:
    """What Kubernetes itself knows of it fits; its own objects name what is there."""
    documents = list(yaml.safe_load_all((MANIFESTS / "operator.yaml").read_text("utf-8")))
    *known, stack = documents
    for document in known:
        kubernetes_validate.validate(document, "1.37", strict=True)
    there = {(item["kind"], item["metadata"]["name"]) for item in [*known, *rendered("common")]}
    assert ("ServiceAccount", stack["spec"]["serviceAccountName"]) in there
    workspace = stack["spec"]["workspaceTemplate"]["spec"]
    settings, _ = workspace["envFrom"]
    assert ("ConfigMap", settings["configMapRef"]["name"]) in there
    runs_as = pod_template(rendered("up"))["spec"]["securityContext"]
    assert workspace["podTemplate"]["spec"]["securityContext"].items() <= runs_as.items()


@pytest.mark.parametrize("name", ["drift", "up", "up-in-parts"])
def test_pods_name_what_is_there(name: str) -> None:
    """The account, the settings, the labels of the network's policy, the volumes."""
    objects = rendered(name)
    there = {(item["kind"], item["metadata"]["name"]) for item in objects}
    policy = next(item for item in objects if item["kind"] == "NetworkPolicy")
    pod = pod_template(objects)
    (container,) = pod["spec"]["containers"]
    assert ("ServiceAccount", pod["spec"]["serviceAccountName"]) in there
    assert ("ConfigMap", container["envFrom"][0]["configMapRef"]["name"]) in there
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    assert {item["metadata"].get("namespace") for item in objects[1:]} == {"bitbucket-hooks"}
