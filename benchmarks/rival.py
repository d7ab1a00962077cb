"""The same hooks with Terraform and DrFaust92/terraform-provider-bitbucket, where they are there.

That provider asks the public API's address alone, so the sandbox takes its place as a proxy.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Final

from attrs import define, field

from benchmarks.cases import Case, Phase
from benchmarks.project import Run, environment, timed
from benchmarks.serving import PUBLIC
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN

_TERRAFORM: Final = "terraform"
_PROVIDER: Final = "terraform-provider-bitbucket"
_OPENSSL: Final = "openssl"
_SOURCE: Final = "DrFaust92/bitbucket"

_APPLY: Final = ("apply", "-auto-approve")
_COMMANDS: Final[dict[Phase, tuple[str, ...]]] = {
    "create": _APPLY,
    "no-op": (*_APPLY, "-refresh=false"),  # as `pulumi up` reads nothing by default
    "refresh": ("plan",),
    "drift": ("plan",),
    "update": _APPLY,
    "destroy": ("destroy", "-auto-approve"),
}


def command(phase: Phase, case: Case) -> tuple[str, ...]:
    """What is run in a phase of a case."""
    asked = () if case.parallel is None else (f"-parallelism={case.parallel}",)
    return (*_COMMANDS[phase], *asked)


def missing() -> list[str]:
    """What isn't on PATH of all that it takes."""
    return [name for name in (_TERRAFORM, _PROVIDER, _OPENSSL) if shutil.which(name) is None]


def certificate(folder: Path) -> Path:
    """Make a certificate of the public API's name, with its key, for a client that trusts it."""
    key, made, both = folder / "key.pem", folder / "certificate.pem", folder / "both.pem"
    subprocess.run(
        [
            *(_OPENSSL, "req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"),
            *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", key, "-out", made),
            *("-subj", f"/CN={PUBLIC}", "-addext", f"subjectAltName=DNS:{PUBLIC}"),
        ],
        check=True,
        capture_output=True,
    )
    both.write_text(made.read_text() + key.read_text())
    return both


@define
class Terraform:
    """A folder with Terraform's configuration and state."""

    folder: Path
    proxy: str
    certificate: Path
    _env: dict[str, str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.folder.mkdir()
        settings = self.folder / "settings.tfrc"
        plugins = Path(shutil.which(_PROVIDER) or "").parent
        overrides = f'dev_overrides {{ "{_SOURCE}" = {json.dumps(str(plugins))} }}'
        settings.write_text(f"provider_installation {{\n  {overrides}\n  direct {{}}\n}}\n")
        self._env = {
            **environment(self.folder),
            "HTTPS_PROXY": self.proxy,
            "SSL_CERT_FILE": str(self.certificate),
            "TF_CLI_CONFIG_FILE": str(settings),
            "CHECKPOINT_DISABLE": "1",
            "BITBUCKET_USERNAME": OWNER_EMAIL,
            "BITBUCKET_PASSWORD": OWNER_TOKEN,
        }

    def configure(self, case: Case, description: str) -> None:
        """Write the configuration of a case."""
        (self.folder / "main.tf.json").write_text(json.dumps(configuration(case, description)))

    def run(self, *args: str) -> Run:
        """Run `terraform` and measure it. Raises RunFailed."""
        command = [_TERRAFORM, *args, "-no-color", "-input=false"]
        return timed(command, self.folder, self._env)

    def state_bytes(self) -> int:
        """The size of the state."""
        return (self.folder / "terraform.tfstate").stat().st_size


def configuration(case: Case, description: str) -> dict[str, object]:
    """The hooks of a case, as benchmarks/program declares them."""
    hook = {
        # a map for `for_each` would be read anew for each hook: minutes for a thousand of them
        "count": case.total,
        "owner": "acme",
        "repository": f'${{format("svc-%05d", floor(count.index / {case.hooks}))}}',
        "url": f"https://ci.example.com/bitbucket/${{count.index % {case.hooks}}}",
        "description": f"{description} ${{count.index % {case.hooks}}}",
        "events": ["pullrequest:created", "repo:push"],
        "skip_cert_verification": False,
    }
    return {
        "terraform": {"required_providers": {"bitbucket": {"source": _SOURCE}}},
        "resource": {"bitbucket_hook": {"hook": hook}},
    }
