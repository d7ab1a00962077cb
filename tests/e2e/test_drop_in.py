"""A program for `pulumi-bitbucket` runs after nothing but its import is changed."""

from __future__ import annotations

from collections import defaultdict

import pytest

from bitbucket_hooks.model.events import CATALOGUE
from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN, OWNER_EMAIL, OWNER_TOKEN
from support.engine import Project
from support.their_program import OURS, PROGRAM, THEIRS

pytestmark = pytest.mark.engine


def test_only_the_import_changes(served: Project) -> None:
    """Keywords, args, options, a Provider, a look-up, both functions in both forms, config."""
    assert PROGRAM.count(THEIRS) == 1
    planted = served.estate.plant_hook("acme/worker", "https://x.example.com/", description="Hand")
    served.estate.grant(MEMBER_EMAIL, "acme/docs", "admin")
    served.config({"bitbucket:username": OWNER_EMAIL, "e2e:manual": planted.uuid})
    served.config({"e2e:email": MEMBER_EMAIL})
    served.secret("bitbucket:password", OWNER_TOKEN)
    served.secret("e2e:token", MEMBER_TOKEN)
    (served.folder / "__main__.py").write_text(PROGRAM.replace(THEIRS, OURS))

    preview = served.preview("--json").succeeded()
    assert preview.operations() == {
        **dict.fromkeys(
            ("member", "deploy", "group", "nightly", "audit", "docs", "team", "pages"), "create"
        ),
        "manual": "read",
    }
    assert not served.writes()
    assert {call.rpartition("/")[2] for call in served.calls()} >= {"ip-ranges", "repository"}

    served.up().succeeded()
    _check_hooks(served)
    _check_state(served)
    _check_outputs(served, planted.uuid)
    _check_identities(served)
    assert "canary-deploy" not in served.state_files()

    # the same account from the environment
    served.config({"bitbucket:username": None, "bitbucket:password": None})
    served.env |= {"BITBUCKET_USERNAME": OWNER_EMAIL, "BITBUCKET_PASSWORD": OWNER_TOKEN}
    served.preview_and_up("--refresh", "--expect-no-changes").succeeded()
    assert served.outputs()["username"] == [OWNER_EMAIL, MEMBER_EMAIL]
    assert not served.writes()
    assert OWNER_TOKEN not in served.state_files()


def _check_hooks(project: Project) -> None:
    live = {hook.description: hook for hook in project.hooks()}
    assert live.keys() == {"Deploy", "Nightly", "Audit", "Docs", "Pages", "Hand"}
    deploy, nightly = live["Deploy"], live["Nightly"]
    assert project.estate.secret_of(deploy.uuid) == "canary-deploy"
    assert sorted(deploy.events) == ["issue:created", "repo:push"]
    assert (nightly.active, nightly.history_enabled) == (False, True)
    assert live["Audit"].url == f"https://audit.example.com/{deploy.uuid.strip('{}')}"
    # where we differ on purpose: certificates are checked unless the program says otherwise
    assert not any(hook.skip_cert_verification for hook in live.values())


def _check_state(project: Project) -> None:
    state = project.state()
    nightly, deploy = state["nightly"], state["deploy"]
    assert nightly["protect"] is True
    assert nightly["parent"] == state["group"]["urn"]
    assert nightly["dependencies"] == [deploy["urn"]]
    assert "::member::" in state["docs"]["provider"]
    assert state["pages"]["provider"] == state["docs"]["provider"]
    assert "::default::" in deploy["provider"]
    assert state["manual"]["external"] is True
    assert [request.method for request in project.writes()] == ["POST"] * 5


def _check_outputs(project: Project, planted: str) -> None:
    outputs = project.outputs()
    (deploy,) = [hook for hook in project.hooks("acme/api") if hook.description == "Deploy"]
    first = outputs.pop("first")
    assert outputs.pop("types") == [event.event for event in CATALOGUE]
    ranges = outputs.pop("ranges")
    assert "198.51.100.0/25" in ranges
    assert first["cidr"] == ranges[0]
    assert first.keys() == {
        *("cidr", "network", "mask", "maskLen", "regions", "products", "directions", "perimeter")
    }
    assert outputs == {
        "deploy": [deploy.uuid, deploy.uuid, True, ["issue:created", "repo:push"]],
        "nightly": [False, False, "acme"],
        "manual": ["https://x.example.com/", "Hand", planted],
        "username": [OWNER_EMAIL, MEMBER_EMAIL],
        "later": ["workspace", "repo:push"],
    }


def _check_identities(project: Project) -> None:
    """Each account asks for itself; for address ranges nobody's credentials are used."""
    who = defaultdict(set)
    for request in project.estate.requests():
        who[request.path.removeprefix("/2.0/")].add(request.identity)
    project.estate.clear_requests()
    assert who["/ip-ranges"] == {"anonymous@127.0.0.1"}
    (owner,), (member,) = who["repositories/acme/api/hooks"], who["repositories/acme/docs/hooks"]
    assert owner != member
    assert who["hook_events/repository"] == {owner}
    assert who["hook_events/workspace"] == {member}
