"""The project's own program: hooks from the stack config."""

import json
from pathlib import Path

import pytest

from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN
from support.engine import Project

pytestmark = pytest.mark.engine

KEY = "bitbucket-hooks:hooks"
CI = {
    "name": "ci",
    "url": "https://ci.example.com/hook",
    "description": "CI",
    "events": ["repo:push"],
    "repositories": ["api", "Web"],
}
AUDIT = {"name": "audit", "workspace": True, "url": "https://audit.example.com/"}


def test_hooks_from_config(stacks: Project) -> None:
    """Each entry becomes its hooks; the outputs count them, and give a workspace's uuid."""
    entries = [CI, {**AUDIT, "skipCertVerification": True, "historyEnabled": True, "active": False}]
    run = stacks.config({KEY: entries}).up().succeeded()
    api, web = stacks.only_hook("acme/api"), stacks.only_hook("acme/web")
    audit = stacks.only_hook("acme")
    assert stacks.outputs() == {"hooks": {"ci": 2, "audit": audit.uuid}}
    assert stacks.state()["ci"]["outputs"]["hooks"] == {"api": api.uuid, "web": web.uuid}
    assert "web" not in run.text
    assert (audit.skip_cert_verification, audit.history_enabled, audit.active) == (
        True,
        True,
        False,
    )
    stacks.calls()
    stacks.config({KEY: [entries[1], {**CI, "repositories": ["api"], "description": "CI 2"}]})
    stacks.preview_and_up().succeeded()
    assert stacks.calls() == {"GET acme": 2, "PUT acme/api/hooks": 1, "DELETE acme/web/hooks": 1}
    assert stacks.only_hook("acme/api").uuid == api.uuid


def test_no_hooks_and_wrong_account(stacks: Project) -> None:
    """No hooks are fine; a configuration of the account that can't be used is told in words."""
    stacks.up().succeeded()
    assert not stacks.calls()
    stacks.config({"bitbucket:missingRepository": "maybe"})
    assert "missingRepository" in stacks.preview().failed().text


def test_secure_values(stacks: Project) -> None:
    """A secret and a url that are encrypted in the configuration appear nowhere in plain."""
    plain = {"name": "plain", "url": "https://plain.example.com/", "repositories": ["web"]}
    stacks.config({KEY: [{k: v for k, v in CI.items() if k != "url"}, plain]})
    stacks.secret(f"{KEY}[0].url", "https://ci.example.com/canary-path?token=canary")
    stacks.secret(f"{KEY}[0].secret", "canary-secret")
    texts = [stacks.preview_and_up("--diff").succeeded().text]
    hook = stacks.only_hook("acme/api")
    assert hook.url == "https://ci.example.com/canary-path?token=canary"
    assert stacks.estate.secret_of(hook.uuid) == "canary-secret"
    stacks.estate.change_hook(hook.uuid, active=False, description="drift")
    texts.append(stacks.preview("--refresh", "--diff").succeeded().text)
    texts.append(stacks.up("--refresh", "--diff").succeeded().text)
    exported = json.dumps(stacks.state())
    assert "https://plain.example.com/" in exported
    assert "plain.example.com" in texts[0]
    for text in (*texts, exported, stacks.state_files(), stacks.config_file.read_text()):
        assert "canary" not in text


def test_repositories_by_pattern(stacks: Project) -> None:
    """A new one that matches appears in the next preview; an edit of one entry touches it alone."""
    stacks.estate.add_repositories([f"acme/svc-{i:03}" for i in range(120)], project="SVC")
    fleet = {**CI, "repositories": ["svc-*", "web"], "exclude": ["svc-00*"], "events": ["issue:*"]}
    chat = {**CI, "name": "chat", "url": "https://chat.example.com/", "repositories": ["*"]}
    stacks.config({KEY: [fleet, AUDIT, chat]}).up().succeeded()
    assert stacks.calls()["GET acme"] == 2  # two pages
    state = stacks.state()
    assert state["ci"]["inputs"]["events"] == [
        "issue:comment_created",
        "issue:created",
        "issue:updated",
    ]
    assert stacks.outputs()["hooks"]["ci"] == 111
    before = {hook.uuid for hook in stacks.hooks()}

    assert stacks.config({KEY: [chat, fleet, AUDIT]}).preview("--json").operations() == {}
    stacks.estate.add_repository("acme/svc-new")
    stacks.estate.delete_repository("acme/svc-050")
    run = stacks.preview("--diff").succeeded()
    assert '+ svc-new: "as declared"' in run.text
    assert "svc-051" not in run.text
    assert '- svc-050: "as declared"' in run.text
    stacks.calls()
    stacks.config({KEY: [{**fleet, "description": "Jenkins"}, chat]}).up().succeeded()
    calls = stacks.calls()
    assert calls["POST acme/svc-new/hooks"] == 2
    assert sum(n for call, n in calls.items() if call.startswith("PUT")) == 110
    # those of svc-050 are asked for again while they may be too new to be seen
    assert sum(call.startswith("DELETE") for call in calls) == 2
    after = {hook.uuid for hook in stacks.hooks()}
    assert (len(after - before), len(before - after)) == (2, 3)


def test_other_accounts_and_other_stacks(stacks: Project, tmp_path: Path) -> None:
    """Accounts and workspaces side by side; another stack reads the uuids that are exported."""
    program = stacks.folder / "stacks" / "__main__.py"
    program.write_text(program.read_text().replace("declare_hooks()", "declare_hooks(uuids=True)"))
    portal = {"name": "portal", "url": CI["url"], "account": "labs", "repositories": ["*"]}
    stacks.config({KEY: [CI, portal, {**AUDIT, "owner": "globex"}]})
    stacks.config(
        {"bitbucket-hooks:accounts": {"labs": {"username": OWNER_EMAIL, "workspace": "globex"}}}
    )
    stacks.secret("bitbucket-hooks:accounts.labs.password", OWNER_TOKEN)
    stacks.up().succeeded()
    hooks = stacks.outputs()["hooks"]
    assert hooks["portal"].keys() == {"portal", "website"}
    assert stacks.only_hook("globex").url == AUDIT["url"]
    assert stacks.only_hook("globex/portal").uuid == hooks["portal"]["portal"]
    assert not stacks.preview("--refresh", "--json").operations()
    assert OWNER_TOKEN not in stacks.state_files()

    reader = tmp_path / "reader"
    reader.mkdir()
    (reader / "Pulumi.yaml").write_text("name: reader\nruntime: python\n")
    (reader / "__main__.py").write_text(
        "import pulumi\n"
        "stack = pulumi.StackReference('organization/bitbucket-hooks/test')\n"
        "hooks = stack.require_output('hooks')\n"
        "pulumi.export('web', hooks.apply(lambda uuids: uuids['ci']['web']))\n"
    )
    other = Project(reader, stacks.estate, stacks.env)
    other.run("stack", "init").succeeded()
    other.up().succeeded()
    assert other.outputs() == {"web": stacks.only_hook("acme/web").uuid}


def test_a_misspelt_namespace_deletes_nothing(stacks: Project) -> None:
    """The key is named; and a config without hooks needs force, for two hooks as for hundreds."""
    stacks.config({KEY: [CI]}).up().succeeded()
    stacks.config({KEY: None, "bitbucket-hook:hooks": [CI]})
    mistake = "bitbucket-hook:hooks: is no key; did you mean bitbucket-hooks:hooks?"
    assert mistake in stacks.preview().failed().flat
    stacks.config({"bitbucket-hook:hooks": None})
    lost = f"{KEY}: declares nothing, so that all 2 hooks of this stack would be deleted: ci"
    assert lost in stacks.up().failed().flat
    assert lost in stacks.command("preview", "--stack", "test").failed().flat
    assert len(stacks.hooks("acme/api") + stacks.hooks("acme/web")) == 2
    stacks.command("up", "--yes", "--force", "--stack", "test").succeeded()
    assert not stacks.hooks("acme/api") + stacks.hooks("acme/web")
    stacks.up().succeeded()  # what there is not can't be lost
