"""The policy pack, run by the real engine."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from support.engine import ROOT, Project, Run

pytestmark = pytest.mark.engine

PACK = ROOT / "policies"
KEY = "Zk3Qy7Lw9Xc2Vb5Nm8"  # as drawn by a machine
LINE = re.compile(r"- \[(\w+)\]\s+(\S+)\s+\(pulumi-python:dynamic/bitbucket:\w+: (\S+)\)")

# Complies with everything, by each of our types and with each kind of value.
FINE = """
fine = dict(
    url="https://ci.example.com/bitbucket",
    events=["repo:push"],
    secret_from="env:CI_HOOK_SECRET",
    description="CI",
)
opts = pulumi.ResourceOptions(protect=True)
plain = bitbucket.Hook("plain", repository="api", **fine, opts=opts)
bitbucket.HookFleet("fleet", repositories=["web", "worker"], **fine, opts=opts)
concealed = {
    **fine,
    "url": pulumi.Output.secret("https://chat.example.com/canary-path/KEY?token=canary"),
    "secret_from": None,
    "secret": pulumi.Output.secret("canary-secret"),
    "events": ["repo:deleted"],
}
bitbucket.WorkspaceHook("concealed", workspace="acme", **concealed, opts=opts)
""".replace("KEY", KEY)

# Each is named after the one policy that it violates.
VIOLATIONS = """
def hook(name, **changed):
    opts = None if name == "protected-in-production" else pulumi.ResourceOptions(protect=True)
    own = {"url": f"https://ci.example.com/{name}", "description": name}
    bitbucket.Hook(name, repository="worker", **{**fine, **own, **changed}, opts=opts)

hook("https-only", url="http://ci.example.com/canary?t=canary")
hook("certificate-verification", skip_cert_verification=True)
hook("no-credentials-in-url", url="https://ci.example.com/KEY/canary?token=canary")
hook("secret-required", secret_from=None)
hook("allowed-hosts", url="https://elsewhere.example.org/canary?t=canary")
hook("event-limit", events=["repo:push", "repo:fork", "issue:created", "issue:updated"])
hook("description-required", description=None)
hook("protected-in-production")
""".replace("KEY", KEY)

UNKNOWN = """
later = plain.uuid.apply(lambda uuid: "http://ci.example.com/" + uuid.strip("{}"))
bitbucket.Hook("later", repository="web", **{**fine, "url": later}, opts=opts)
"""

OPTIONS: dict[str, dict[str, Any]] = {
    "allowed-hosts": {"hosts": ["*.example.com"]},
    "event-limit": {"max": 3},
    "protected-in-production": {"stacks": ["te?t"]},
}
MANDATORY = {"https-only", "certificate-verification", "no-credentials-in-url"}
ADVISORY = {
    "secret-required",
    "allowed-hosts",
    "event-limit",
    "description-required",
    "protected-in-production",
}


@pytest.fixture
def policed(project: Project) -> Project:
    """Give a project whose engine can start the pack."""
    (project.folder / "Pulumi.yaml").write_text(
        "name: e2e\nruntime: python\nplugins:\n  analyzers:\n"
        f"    - {{name: policy-bitbucket-hooks, path: '{PACK / 'bin'}'}}\n"
    )
    project.env["CI_HOOK_SECRET"] = "canary-from-the-environment"
    return project


def configured(project: Project, config: dict[str, Any], pack: Path = PACK) -> list[str]:
    """Give the arguments for a run with the pack."""
    file = project.folder / "config.json"
    file.write_text(json.dumps(config))
    return ["--policy-pack", str(pack), "--policy-pack-config", str(file)]


def reported(run: Run) -> set[tuple[str, str, str]]:
    """Give what the engine shows of the policies: level, policy, and the resource's name."""
    assert "canary" not in run.text, run.text
    assert KEY not in run.text, run.text
    return set(LINE.findall(run.text))


def test_what_violates_a_policy_is_stopped_or_warned_of(policed: Project) -> None:
    """As the policy's level says, and nothing else is; what a preview can't tell, it says."""
    policed.program(FINE + VIOLATIONS + UNKNOWN)
    stopped = policed.preview(*configured(policed, OPTIONS)).failed()
    unsure = {"https-only", "no-credentials-in-url", "allowed-hosts"}
    assert reported(stopped) == {
        *(("mandatory", policy, policy) for policy in MANDATORY),
        *(("advisory", policy, policy) for policy in ADVISORY),
        *(("advisory", policy, "later") for policy in unsure),
    }
    for sentence in (
        'Hook "https-only" (acme/worker) delivers to http://ci.example.com/… in the clear',
        'a parameter named like a credential ("token") in its query',
        "whose host is none of: *.example.com. Use one of these",
        'the preview can\'t tell "url" of Hook "later" (acme/web)',
    ):
        assert sentence in stopped.flat, stopped.text

    other = {
        **{name: {**OPTIONS.get(name, {}), "enforcementLevel": "mandatory"} for name in ADVISORY},
        "https-only": "advisory",
        "certificate-verification": "disabled",
        "no-credentials-in-url": {"exempt": ["no-*"]},
    }
    args = configured(policed, other)
    stopped = policed.program(FINE + VIOLATIONS).preview(*args).failed()
    assert reported(stopped) == {
        *(("mandatory", policy, policy) for policy in ADVISORY),
        ("advisory", "https-only", "https-only"),
    }
    reported(policed.up(*args).failed())
    assert not {hook.description for hook in policed.hooks()} & {"", *ADVISORY}


def test_advice_stops_nothing_and_a_stack_that_complies_hears_none(policed: Project) -> None:
    """In an update as in a preview, which knows more; what is only looked up is not asked."""
    planted = policed.estate.plant_hook("acme/api", "http://old.example.com/", description="old")
    looked_up = (
        f"\nbitbucket.Hook.get('old', 'acme/api/{planted.uuid}')\n"
        "bitbucket.RepositoryHooksExclusive('only', repositories=['api'], hooks=[plain])\n"
    )
    strict = configured(policed, {"all": "mandatory", **OPTIONS})
    complies = policed.program(FINE + looked_up).preview_and_up(*strict).succeeded()
    assert reported(complies) == set()
    assert "✅ bitbucket-hooks@" in complies.text
    assert len(policed.hooks()) == 5

    lenient = configured(policed, {"all": "advisory", **OPTIONS})
    warned = policed.program(FINE + VIOLATIONS + UNKNOWN).up(*lenient).succeeded()
    assert reported(warned) == {
        *(("advisory", policy, policy) for policy in MANDATORY | ADVISORY),
        ("advisory", "https-only", "later"),
    }
    assert 'Hook "later" (acme/web) delivers to http://ci.example.com/… in the clear' in warned.flat
    assert len(policed.hooks("acme/worker")) == 9


def test_mistakes_are_told(policed: Project, tmp_path: Path) -> None:
    """A configuration that means nothing, and a pack that isn't set up, stop the run."""
    policed.program(FINE)
    wrong = {"https": "disabled", "allowed-hosts": {"host": ["*"]}}
    stopped = policed.preview(*configured(policed, wrong)).failed()
    assert "there is no policy https; take one of https-only, certificate" in stopped.flat
    assert "the policy allowed-hosts has no option host; take one of hosts, exempt" in stopped.flat

    copied = tmp_path / "policies"
    shutil.copytree(PACK, copied, ignore=shutil.ignore_patterns(".venv"))
    stopped = policed.preview(*configured(policed, {}, copied)).failed()
    assert f"the policy pack in {copied} isn't set up; run `make policies`" in stopped.flat
