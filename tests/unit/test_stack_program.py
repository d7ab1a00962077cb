"""From a stack config to resources: which repositories, events and accounts are meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_hooks.model.safety import REMEDY
from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN, OWNER_EMAIL, OWNER_TOKEN
from support.hooks import asked
from support.sandbox import Sandbox
from support.stack_program import Stack

URL = "https://ci.example.com/"
CI = {"name": "ci", "url": URL, "repositories": ["web", "API"]}
AUDIT = {"name": "audit", "url": f"{URL}?token=canary", "workspace": True}
LISTING = "GET acme 200"


def test_one_resource_for_each_entry(stack: Stack, sandbox: Sandbox) -> None:
    """What isn't given stays so: the provider knows the defaults. The workspace is listed once."""
    more = {
        "name": "more",
        "url": f"{URL}more",
        "project": "web",
        "protect": True,
        "secretFrom": "env:X",
    }
    declared = stack.declares(CI, more, AUDIT)
    assert [
        (made.kind.rpartition(":")[2], made.name, made.protect) for made in declared.resources
    ] == [
        ("WorkspaceHook", "audit", False),
        ("HookFleet", "ci", False),
        ("HookFleet", "more", True),
    ]
    assert declared.inputs("ci") == {
        "owner": "acme",
        "repositories": dict.fromkeys(["api", "web"], "as declared"),
        "url": URL,
        "urlIsSecret": False,
    }
    assert sorted(declared.inputs("more")["repositories"]) == [
        "design-system",
        "docs",
        "mobile",
        "web",
    ]
    assert declared.inputs("more")["secretFrom"] == "env:X"
    assert declared.inputs("audit") == {"workspace": "acme", "url": AUDIT["url"]}
    assert not any("url" in made.secrets for made in declared.resources)
    assert asked(sandbox) == [LISTING]
    (request,) = sandbox.requests()
    assert "fields=next%2Csize%2Cvalues.slug" in request.query
    assert "pagelen=100" in request.query


def test_nothing_declared(stack: Stack, sandbox: Sandbox) -> None:
    """Asks for nothing; neither do hooks of workspaces."""
    assert stack.declares().resources == []
    assert len(stack.declares(AUDIT).resources) == 1
    assert asked(sandbox) == []


@pytest.mark.parametrize(
    ("selecting", "chosen"),
    [
        ({"repositories": ["*"]}, "api billing design-system docs infra mobile web worker"),
        ({"repositories": ["w*", "?pi"]}, "api web worker"),
        ({"repositories": ["[ab]*"]}, "api billing"),
        ({"repositories": ["W*"], "exclude": ["worker"]}, "web"),
        ({"repositories": ["*"], "exclude": ["*i*", "w*"]}, "docs"),
        ({"project": "PLAT"}, "api billing infra worker"),
        ({"project": "plat", "exclude": ["b*"]}, "api infra worker"),
        ({"project": "PLAT", "repositories": ["w*", "api"]}, "api worker"),
    ],
)
def test_which_repositories(stack: Stack, selecting: dict[str, object], chosen: str) -> None:
    """By name, glob, project and exclusion."""
    declared = stack.declares({"name": "ci", "url": URL, **selecting})
    assert sorted(declared.inputs("ci")["repositories"]) == chosen.split()
    assert declared.warnings == []


def test_a_repository_by_its_uuid(stack: Stack, sandbox: Sandbox) -> None:
    """Is known by its slug, whatever that is by now; also one that is left out."""
    uuid = next(found.uuid for found in sandbox.repositories() if found.slug == "web")
    sandbox.rename_repository("acme/web", "site")
    declared = stack.declares({**CI, "repositories": [uuid]})
    assert sorted(declared.inputs("ci")["repositories"]) == ["site"]
    declared = stack.declares({**CI, "repositories": ["[sw]*"], "exclude": [uuid]})
    assert sorted(declared.inputs("ci")["repositories"]) == ["worker"]
    assert declared.warnings == []


def test_projects_alone_are_listed_alone(stack: Stack, sandbox: Sandbox) -> None:
    """Each by a query of its own, once."""
    entries = [
        {"name": name, "url": URL + name, "project": project, "repositories": ["*"]}
        for name, project in {"a": "PLAT", "b": "WEB", "c": "PLAT"}.items()
    ]
    declared = stack.declares(*entries)
    assert len(declared.inputs("c")["repositories"]) == 4
    assert asked(sandbox) == [LISTING] * 2
    assert ["PLAT" in request.query for request in sandbox.requests()] == [True, False]


def test_a_new_repository(stack: Stack, sandbox: Sandbox) -> None:
    """Is there the next time; an entry is no other for where it stands."""
    globbed = {**CI, "repositories": ["svc-*", "web"]}
    assert sorted(stack.declares(globbed, AUDIT).inputs("ci")["repositories"]) == ["web"]
    sandbox.add_repository("acme/svc-new")
    declared = stack.declares(AUDIT, globbed)
    assert sorted(declared.inputs("ci")["repositories"]) == ["svc-new", "web"]


def test_events_by_pattern(stack: Stack, sandbox: Sandbox) -> None:
    """As the live list of the entry's subject has them, each once."""
    sandbox.add_event("repo:new", "repository")
    events = ["repo:*", "repo:push", "issue:?reated"]
    declared = stack.declares({**CI, "events": events}, {**AUDIT, "events": ["issue:*"]})
    assert "repo:new" in declared.inputs("ci")["events"]
    assert declared.inputs("ci")["events"] == sorted(set(declared.inputs("ci")["events"]))
    assert "issue:created" in declared.inputs("ci")["events"]
    assert "pullrequest:push" not in declared.inputs("ci")["events"]
    assert declared.inputs("audit")["events"] == [
        "issue:comment_created",
        "issue:created",
        "issue:updated",
    ]
    assert sorted(asked(sandbox)) == [
        LISTING,
        "GET hook_events/repository 200",
        "GET hook_events/workspace 200",
    ]


def test_what_hooks_share(stack: Stack) -> None:
    """An entry wins over what its name has in all stacks, and that over what all hooks have."""
    declared = stack.declares(
        {"name": "ci", "url": URL, "active": False, "description": None},
        {"name": "audit", "url": URL},
        {**CI, "name": "other", "url": f"{URL}other", "secret": "canary"},
        {**CI, "name": "nearer", "url": f"{URL}nearer"},
        defaults={"events": ["issue:created"], "secretFrom": "env:X", "exclude": ["docs"]},
        shared={
            "ci": {"project": "WEB", "active": True, "description": "CI", "events": ["repo:fork"]},
            "audit": {"workspace": True},
            "nearer": {"workspace": True},
        },
    )
    assert sorted(declared.inputs("nearer")["repositories"]) == ["api", "web"]
    ci, audit, other = (declared.inputs(name) for name in ("ci", "audit", "other"))
    assert (ci["active"], ci["events"], ci["secretFrom"]) == (False, ["repo:fork"], "env:X")
    assert "description" not in ci
    assert sorted(ci["repositories"]) == ["design-system", "mobile", "web"]
    assert (audit["workspace"], audit["events"]) == ("acme", ["issue:created"])
    assert (other["secret"], "secretFrom" in other) == ("canary", False)


def test_an_exclusion_that_is_shared(stack: Stack) -> None:
    """Needn't leave anything out of every entry, not even of a strict one."""
    every = {"name": "every", "url": f"{URL}every", "repositories": ["*"]}
    declared = stack.declares(CI, every, defaults={"exclude": ["d*"], "strict": True})
    assert sorted(declared.inputs("ci")["repositories"]) == ["api", "web"]
    assert "docs" not in declared.inputs("every")["repositories"]
    assert declared.warnings == []


def test_other_workspaces(stack: Stack, sandbox: Sandbox) -> None:
    """Each is listed by itself."""
    portal = {"name": "portal", "url": URL, "owner": "Globex", "repositories": ["*"]}
    declared = stack.declares(CI, portal, {**AUDIT, "owner": "globex"})
    assert declared.inputs("portal")["owner"] == "globex"
    assert sorted(declared.inputs("portal")["repositories"]) == ["portal", "website"]
    assert declared.inputs("audit")["workspace"] == "globex"
    assert asked(sandbox) == [LISTING, "GET globex 200"]


def test_other_accounts(stack: Stack, sandbox: Sandbox) -> None:
    """Each is a provider of its own, with its own workspace, and lists for itself."""
    labs = {"username": OWNER_EMAIL, "password": OWNER_TOKEN, "workspace": "globex"}
    declared = stack.declares(
        {**CI, "account": "labs", "repositories": ["portal"]},
        {**CI, "name": "own", "repositories": ["web"]},
        accounts={"labs": labs},
    )
    assert declared.inputs("ci")["owner"] == "globex"
    ci, provider, own = declared.resources
    assert (provider.kind, provider.name) == ("pulumi:providers:pulumi-python", "labs")
    assert provider.inputs["bitbucket:username"] == OWNER_EMAIL
    assert "bitbucket:password" in provider.secrets
    assert (ci.provider, own.provider) == ("labs", None)
    assert [request.identity for request in sandbox.requests()] == [OWNER_EMAIL] * 2


def test_a_workspace_that_cannot_be_listed(stack: Stack, sandbox: Sandbox) -> None:
    """Names are believed, with a warning: a token may have the scope of webhooks alone."""
    token = sandbox.issue_access_token("acme", ["webhook"])
    account = {"oauthToken": token}
    declared = stack.declares(
        {**CI, "exclude": ["x*"]},
        {**CI, "name": "two", "repositories": ["nowhere"]},
        account=account,
    )
    assert sorted(declared.inputs("ci")["repositories"]) == ["api", "web"]
    assert sorted(declared.inputs("two")["repositories"]) == ["nowhere"]
    (warning,) = declared.warnings
    assert warning.startswith("not checked whether the repositories exist: workspace acme")
    assert (
        "scope"
        in stack.refuses(CI, {"name": "g", "url": URL, "repositories": ["w*"]}, account=account)[0]
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Pulumi.dev.yaml", text)
        for text in (None, "", "text", "{", "\x00", "config: text", "config: {other: 1}")
    ]
    + [("Pulumi.dev.yaml", "config: {'bitbucket-hooks:hooks': x}"), ("Pulumi.yaml", "[")],
)
def test_every_url_is_secret_when_no_file_says_which(
    stack: Stack, tmp_path: Path, name: str, text: str | None
) -> None:
    """The engine says only that something among the hooks is encrypted."""
    if text is not None:
        (tmp_path / name).write_text(text)
    declared = stack.declares({**AUDIT, "name": "a"}, {**CI, "url": URL}, secret=("hooks",))
    assert all("url" in made.secrets for made in declared.resources)


def test_secret_urls_stay_secret(stack: Stack, tmp_path: Path) -> None:
    """Those that the stack's file says are."""
    hooks = ({"name": "a", "url": URL, "workspace": True}, AUDIT)
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "config:\n  bitbucket-hooks:hooks:\n    - url: x\n    - url: {secure: abc}\n"
    )
    declared = stack.declares(*hooks, secret=("hooks",))
    assert [made.name for made in declared.resources if "url" in made.secrets] == ["audit"]
    shared = {"audit": {"url": f"{URL}audit", "workspace": True}}
    declared = stack.declares(hooks[0], {"name": "audit"}, shared=shared, secret=("shared",))
    assert [made.name for made in declared.resources if "url" in made.secrets] == ["audit"]


@pytest.mark.parametrize(
    ("api_url", "passphrase", "warned"),
    [
        ("https://api.example.com", "sandbox", True),
        ("https://api.example.com", "own", False),
        (None, "sandbox", False),
    ],
)
def test_a_passphrase_that_everybody_knows(
    stack: Stack,
    monkeypatch: pytest.MonkeyPatch,
    api_url: str | None,
    passphrase: str,
    warned: bool,
) -> None:
    """Is warned of where real secrets are."""
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", passphrase)
    declared = stack.declares(account={"apiUrl": api_url} if api_url else None)
    assert any("PULUMI_CONFIG_PASSPHRASE" in warning for warning in declared.warnings) is warned


def test_a_member_sees_what_he_may(stack: Stack) -> None:
    """Globs are over what the identity sees."""
    account = {"username": MEMBER_EMAIL, "password": MEMBER_TOKEN, "workspace": "globex"}
    declared = stack.declares({**CI, "repositories": ["*"]}, account=account)
    assert sorted(declared.inputs("ci")["repositories"]) == ["website"]


def test_hooks_that_nothing_declares(stack: Stack) -> None:
    """Are looked for wherever an account declares hooks, and nowhere else."""
    labs = {"username": OWNER_EMAIL, "password": OWNER_TOKEN, "workspace": "globex"}
    hooks = (
        CI,
        {**CI, "name": "docs", "url": f"{URL}docs", "repositories": ["docs", "api"]},
        AUDIT,
        {**CI, "name": "labs", "repositories": ["*"], "account": "labs"},
    )
    assert len(stack.declares(*hooks, accounts={"labs": labs}).resources) == 5
    for kind in ("report", "delete"):
        declared = stack.declares(*hooks, accounts={"labs": labs}, unmanaged=kind)
        watched = {
            (made.kind.rpartition(":")[2], made.name): made
            for made in declared.resources
            if "Exclusive" in made.kind
        }
        assert watched.keys() == {
            ("RepositoryHooksExclusive", "acme"),
            ("WorkspaceHooksExclusive", "acme"),
            ("RepositoryHooksExclusive", "labs/globex"),
        }
        acme = watched["RepositoryHooksExclusive", "acme"].inputs
        assert (acme["owner"], acme["onUnmanaged"]) == ("acme", kind)
        assert acme["repositories"] == ["api", "docs", "web"]
        assert len(acme["hooks"]) == 2
        assert watched["RepositoryHooksExclusive", "labs/globex"].provider == "labs"


def test_accounts_that_share_a_workspace(stack: Stack) -> None:
    """Each place is looked at by one of them, and what another declares there is no stranger."""
    mate = {"username": MEMBER_EMAIL, "password": MEMBER_TOKEN}
    docs = {"name": "docs", "url": f"{URL}docs", "account": "mate", "repositories": ["docs", "api"]}
    for hooks in ((CI, docs, AUDIT), (AUDIT, docs, CI)):
        declared = stack.declares(*hooks, accounts={"mate": mate}, unmanaged="report")
        assert sorted(declared.inputs("mate/acme")["repositories"]) == ["docs"]
        assert len(declared.inputs("mate/acme")["hooks"]) == 1
        (acme,) = [
            made.inputs
            for made in declared.resources
            if made.name == "acme" and made.kind.endswith("RepositoryHooksExclusive")
        ]
        assert acme["repositories"] == ["api", "web"]
        assert len(acme["hooks"]) == 2
    inside = {**docs, "repositories": ["web"]}
    declared = stack.declares(CI, inside, accounts={"mate": mate}, unmanaged="report")
    assert "mate/acme" not in {made.name for made in declared.resources}


_STATE = {
    "pulumi-python:dynamic/bitbucket:HookFleet::ci": {"hooks": {"api": "{1}", "web": "{2}"}},
    "my:Team$pulumi-python:dynamic/bitbucket:WorkspaceHook::audit": {"uuid": "{3}"},
    "pulumi-python:dynamic/bitbucket:Hook::own": {"uuid": "{4}"},
}


def test_a_config_without_hooks_for_a_stack_that_has_some(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is refused however few they are, unless it is forced; a `Hook` comes of no stack config."""
    lines = stack.refuses(state=_STATE)
    assert lines == [
        "hooks: declares nothing, so that all 3 hooks of this stack would be deleted: audit, ci",
        (
            "Look whether the key or its namespace is misspelt; a program that declares all hooks "
            f"itself doesn't call declare_hooks(). {REMEDY}"
        ),
    ]
    assert stack.declares(AUDIT, state=_STATE).resources
    assert not stack.declares(state={key: _STATE[key] for key in list(_STATE)[2:]}).resources
    monkeypatch.setenv("BITBUCKET_HOOKS_FORCE", "1")
    assert not stack.declares(state=_STATE).resources
