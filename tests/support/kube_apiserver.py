"""A real kube-apiserver with an etcd of its own: made in an empty folder, gone with the block."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final

import requests
from attrs import frozen

from support.go_tools import built

_TOKEN: Final = "token"  # of a server that lives for seconds, on this machine alone
_ANY_PORT: Final = "http://127.0.0.1:0"
_SECONDS: Final = 120


@frozen
class ApiServer:
    """A running server, asked as one who may do everything."""

    url: str
    session: requests.Session

    def apply(self, document: dict[str, Any], *, dry_run: bool = True) -> str:
        """Apply an object on the server's side; give its complaint, or nothing."""
        metadata = document["metadata"]
        parameters = {"fieldManager": "check", "fieldValidation": "Strict"}
        answer = self.session.patch(
            f"{self._place(document)}/{metadata['name']}",
            params=parameters | ({"dryRun": "All"} if dry_run else {}),
            json=document,
            headers={"Content-Type": "application/apply-patch+yaml"},
        )
        return "" if answer.ok else str(answer.json().get("message", answer.text))

    def _place(self, document: dict[str, Any]) -> str:
        version = document["apiVersion"]
        group = f"{self.url}/{'apis' if '/' in version else 'api'}/{version}"
        (resource,) = (
            known
            for known in self.session.get(group).json()["resources"]
            if known["kind"] == document["kind"] and "/" not in known["name"]
        )
        namespace = document["metadata"].get("namespace")
        within = f"/namespaces/{namespace}" if resource["namespaced"] else ""
        return f"{group}{within}/{resource['name']}"


@contextmanager
def kube_apiserver() -> Iterator[ApiServer]:
    """Run both until the block ends."""
    etcd = shutil.which("etcd")
    if etcd is None:
        raise RuntimeError("a kube-apiserver needs etcd: install it (apt-get install etcd-server)")
    server = built("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver")
    with tempfile.TemporaryDirectory(prefix="kube-") as place, ExitStack() as running:
        folder = Path(place)
        store = f"http://127.0.0.1:{_free_port()}"
        urls = {"listen-client": store, "advertise-client": store, "listen-peer": _ANY_PORT}
        options = [f"--{name}-urls={url}" for name, url in urls.items()]
        command = [etcd, f"--data-dir={folder}/etcd", *options]
        running.enter_context(_started(command, folder / "etcd.log"))
        key = str(folder / "accounts.key")
        subprocess.run(["openssl", "genrsa", "-out", key], check=True, capture_output=True)
        (folder / "tokens").write_text(f"{_TOKEN},tester,tester,system:masters\n")
        port = _free_port()
        settings = {
            "etcd-servers": store,
            "bind-address": "127.0.0.1",
            "secure-port": port,
            "cert-dir": folder,
            "token-auth-file": folder / "tokens",
            "authorization-mode": "RBAC",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": key,
            "service-account-signing-key-file": key,
            "disable-admission-plugins": "ServiceAccount",  # whose controller isn't here
        }
        command = [str(server), *(f"--{name}={value}" for name, value in settings.items())]
        process = running.enter_context(_started(command, folder / "server.log"))
        session = running.enter_context(requests.Session())
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {_TOKEN}"
        session.verify = f"{folder}/apiserver.crt"
        api = ApiServer(f"https://127.0.0.1:{port}", session)
        ends = time.monotonic() + _SECONDS
        while not _ready(api):
            log = (folder / "server.log").read_text(errors="replace")
            assert process.poll() is None, log[-3000:]
            assert time.monotonic() < ends, log[-3000:]
            time.sleep(0.2)
        yield api


def _ready(api: ApiServer) -> bool:
    try:
        return api.session.get(f"{api.url}/readyz").ok
    except (requests.ConnectionError, OSError):  # the latter: its certificate isn't there yet
        return False


@contextmanager
def _started(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
