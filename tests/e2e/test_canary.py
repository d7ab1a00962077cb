"""Secrets appear nowhere in plain: not in the most talkative output, not in the state."""

import pytest

from bitbucket_hooks.sandbox.seed import OWNER_EMAIL
from support.engine import Project, Run

pytestmark = pytest.mark.engine

URL = "https://ci.example.com/canary-url/x?key=canary-query"
PROGRAM = """
bitbucket.Hook(
    "ci",
    repository="{repository}",
    url=pulumi.Output.secret("{url}"),
    secret="canary-secret-{n}",
    description="{n}",
)
bitbucket.WorkspaceHook("audit", url=pulumi.Output.secret("{url}"), secret="canary-secret-{n}")
"""
TALKATIVE = ("-v=9", "--logtostderr", "--logflow", "--debug")
# At that level the engine itself writes down every input and output, secret or not.
ENGINES_OWN = ('"msg":"Marshaling ', '"msg":"Unmarshaling ', '"msg":"Planner decided to ')


def _program(n: int, url: str = URL, repository: str = "api") -> str:
    return PROGRAM.format(n=n, url=url, repository=repository)


def _plain(run: Run) -> list[str]:
    """The lines that show a canary, and that the engine didn't write on its own account."""
    lines = [line for line in run.text.splitlines() if "canary" in line]
    return [line[:400] for line in lines if not any(own in line for own in ENGINES_OWN)]


def test_state_and_output(served: Project) -> None:
    """Create, update, drift, repair, refusals and deletion, at the level that people work at."""
    token = served.estate.issue_api_token(OWNER_EMAIL)
    served.config({"bitbucket:username": OWNER_EMAIL}).secret("bitbucket:password", token)
    runs = [served.program(_program(1)).preview_and_up("--diff").succeeded()]
    runs.append(served.program(_program(2)).preview_and_up("--diff", "--debug").succeeded())
    hook = served.only_hook("acme/api")
    served.estate.change_hook(hook.uuid, url="https://by-hand.example.com/", secret="")
    runs.append(served.preview("--refresh", "--diff").succeeded())
    runs.append(served.up("--refresh", "--diff").succeeded())
    assert served.only_hook("acme/api").url == URL
    served.estate.plant_hook("acme/web", URL, description="3")
    runs.append(served.program(_program(3, repository="web")).up("--diff").succeeded())
    served.estate.plan_fault("html", method="PUT", path="*acme/web*", times=50)
    runs.append(served.program(_program(4, repository="web")).up("--diff", "--debug").failed())
    served.estate.clear_faults()
    runs.append(served.program(_program(4, url="ftp://canary")).up("--diff").failed())
    runs.append(served.destroy("--diff").succeeded())
    assert not served.hooks()
    for run in runs:
        assert "canary" not in run.text
        assert token not in run.text
    files = served.state_files()
    assert token not in files
    assert "canary" not in files


def test_at_the_most_talkative(served: Project) -> None:
    """At the engine's highest level we add nothing, and what it never had can't appear."""
    token = served.estate.issue_api_token(OWNER_EMAIL)
    served.env |= {"BITBUCKET_USERNAME": OWNER_EMAIL, "BITBUCKET_PASSWORD": token}
    served.env["FROM_ENV"] = "kept-out"
    kept_out = 'bitbucket.Hook("kept", repository="web", url="https://a.example.com/", '
    kept_out += 'secret_from="env:FROM_ENV")\n'
    runs = [served.program(_program(1) + kept_out).up(*TALKATIVE).succeeded()]
    served.env["FROM_ENV"] = "kept-out-too"
    runs.append(served.program(_program(2) + kept_out).up(*TALKATIVE).succeeded())
    served.estate.plan_fault("html", method="PUT", path="*acme/api*", times=50)
    runs.append(served.program(_program(3) + kept_out).up(*TALKATIVE).failed())
    assert served.estate.secret_of(served.only_hook("acme/web").uuid) == "kept-out-too"
    for run in runs:
        assert token not in run.text
        assert "kept-out" not in run.text
        assert not _plain(run)
