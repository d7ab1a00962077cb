"""Every mistake in a stack config: all at once, each with path, value and remedy."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN
from support.stack_program import Stack

QUOTES = "; in the file, put it in quotes, or set it with `pulumi config set --path --type string`"


URL = "https://ci.example.com/"
CI = {"name": "ci", "url": URL, "repositories": ["web"]}
AUDIT = {"name": "audit", "url": URL, "workspace": True}
UUID = "{00000000-0000-4000-8000-000000000001}"


ENTRY_MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name: is required"),
    (
        {"name": "no name"},
        'name: must be a short name of letters, digits, . _ and - (it is "no name")',
    ),
    ({"name": 7}, "name: must be a short name of letters, digits, . _ and - (it is 7)"),
    ({"url": None}, "url: is required"),
    ({"url": "ftp://x"}, "url: must start with https:// (or http://)"),
    ({"url": "https://canary:pw@x.example.com"}, "url: "),
    ({"events": ["pullrequest:merge"]}, 'events[0]: unknown event "pullrequest:merge"; d'),
    ({"events": ["repo:*", "x"]}, 'events[1]: unknown event "x"'),
    ({"events": ["repo:*", 7]}, f"events[1]: must be text, not a number (it is 7){QUOTES}"),
    ({"events": ["pr:*"]}, 'events[0]: "pr:*" matches no event; did you mean "pullreq'),
    ({"events": []}, "events: must not be empty; the API needs at least one event"),
    ({"events": "repo:push"}, "events: must be a list of event keys, not text"),
    ({"repositories": []}, "repositories: must be a list with at least one repository"),
    (
        {"repositories": "web"},
        'repositories: must be a list with at least one repository or glob (it is "web")',
    ),
    ({"repositories": ["web", ""]}, "repositories[1]: must not be empty"),
    ({"repositories": ["web", 7]}, "repositories[1]: must be text, not a number (it is 7)"),
    ({"repositories": ["acme/web"]}, 'repositories[0]: is "acme/web", which is no slug'),
    ({"repositories": ["a b*"]}, 'repositories[0]: is "a b*", which no slug can match'),
    ({"repositories": ["web", "WEB"]}, "repositories: names web twice; remove one"),
    (
        {"repositories": ["wbe"]},
        (
            'repositories[0]: "wbe" is no repository that this identity sees in acme; '
            'did you mean "web"'
        ),
    ),
    (
        {"repositories": ["qqq"]},
        'repositories[0]: "qqq" is no repository that this identity sees in acme; check',
    ),
    (
        {"project": "PLAT"},
        'repositories[0]: "web" is in the project WEB, not in PLAT; give it an entry',
    ),
    (
        {"project": "PLTA"},
        (
            "project: no repository that this identity sees in acme is in a project "
            '"PLTA"; did you mean "PLAT"'
        ),
    ),
    ({"project": "no project"}, "project: must be the key of a project"),
    ({"repositories": None}, "repositories: is required; list repositories or globs"),
    (
        {"workspace": True},
        "repositories: is given together with workspace: true; keep one of the two",
    ),
    ({"workspace": "yes"}, 'workspace: must be true or false, not text (it is "yes")'),
    ({"exclude": "web"}, "exclude: must be a list with at least one repository or glob"),
    (
        {"exclude": ["w*"]},
        'exclude[0]: "w*" leaves "web" out, which repositories names; remove one',
    ),
    (
        {"strict": True, "repositories": ["svc-*"]},
        (
            'repositories[0]: "svc-*" matches none of the 8 repositories that this '
            "identity sees in acme; correct or remove it"
        ),
    ),
    (
        {"strict": True, "exclude": ["docs"]},
        'exclude[0]: "docs" leaves nothing out; correct or remove it',
    ),
    (
        {"strict": True, "repositories": ["w*"], "exclude": ["*"]},
        "exclude: leaves out all 2 repositories that the entry means, so that it has no",
    ),
    ({"strict": 1}, "strict: must be true or false, not a number (it is 1)"),
    ({"protect": 1}, "protect: must be true or false, not a number (it is 1)"),
    ({"active": "yes"}, 'active: must be true or false, not text (it is "yes")'),
    ({"description": True}, "description: must be text, not true or false (it is true)"),
    ({"secret": 8128256}, "secret: must be text, not a number"),
    ({"secret": "canary" * 30}, "secret: has 180 characters; shorten it, as the API takes"),
    (
        {"secret": "canary", "secretFrom": "env:X"},
        "secret: is given together with secretFrom; keep one of the two",
    ),
    ({"secretFrom": "canary"}, "secretFrom: must be env:NAME or file:PATH"),
    ({"adopt": "maybe"}, 'adopt: must be "match", "never" or the uuid of a hook (it is "maybe")'),
    (
        {"adopt": UUID, "repositories": ["web", "api"]},
        "adopt: names one hook, and the entry may have many; move its repository",
    ),
    ({"owner": "a/b"}, 'owner: is "a/b", which is no slug'),
    ({"account": "lbas"}, 'account: there is no account "lbas"; did you mean "labs"'),
    ({"account": "x"}, 'account: there is no account "x"; declare it under bitbucket-h'),
    ({"colour\x1b": 1}, "colour\\x1b: is no key of a hook; take one of name, url, rep"),
    ({"ulr": URL}, 'ulr: is no key of a hook; did you mean "url"?'),
]

KEY_MISTAKES: list[tuple[dict[str, Any], str]] = [
    (
        {"hooks": "text"},
        "hooks: must be a list of hooks, each with name, url and repositories, not text",
    ),
    ({"hooks": {"name": "ci"}}, "hooks: must be a list of hooks"),
    ({"hooks": ["text"]}, "hooks[0]: must be a mapping with name, url and repositories"),
    ({"hooks": [CI, CI]}, 'hooks[1].name: "ci" is the name of [0] too; rename one'),
    (
        {"hooks": [CI, {**CI, "name": "b", "repositories": ["api", "web", "docs"]}]},
        "hooks[1]: declares the same hook as [0] on acme/web; give the two different urls or",
    ),
    (
        {"hooks": [AUDIT, {**AUDIT, "name": "b", "url": URL.upper()}]},
        "hooks[1]: declares the same hook as [0] on workspace acme; give the two different urls",
    ),
    ({"unmanaged": False}, 'unmanaged: is "False"; use one of ignore, report, delete'),
    ({"unmanaged": "remove"}, 'unmanaged: is "remove"; use one of ignore, report, delete'),
    ({"unmanged": "report"}, "unmanged: is no key; did you mean bitbucket-hooks:unmanaged?"),
    ({"qqq": 1}, "qqq: is no key; take one of hooks, defaults, shared, accounts, unmanaged"),
    ({"defaults": ["x"]}, "defaults: must be a mapping, not a list"),
    ({"defaults": {"url": URL}}, "defaults.url: is no key of a hook; take one of repositories"),
    ({"defaults": {"events": ["x"]}, "hooks": [CI]}, 'defaults.events[0]: unknown event "x"'),
    ({"shared": {"ci": "x"}}, "shared.ci: must be a mapping with properties of the hook"),
    ({"shared": {"ci": {"name": "x"}}}, "shared.ci.name: is no key of a hook"),
    ({"shared": {"ci": {"active": 1}}, "hooks": [CI]}, "shared.ci.active: must be true or false"),
    ({"accounts": {"x": "canary"}}, "accounts.x: must be a mapping with credentials"),
    ({"accounts": {"x": {"oautToken": "canary"}}}, "accounts.x.oautToken: is no key of an account"),
    ({"accounts": {"x": {"username": "a"}}}, "accounts.x: the account 'x' holds username but not"),
    (
        {"accounts": {"x": {"username": "a"}}, "hooks": [{**CI, "account": "x"}]},
        "accounts.x: the account 'x' holds username but not",
    ),
    ({"accounts": {"x": {"oauthToken": 7}}}, "accounts.x.oauthToken: must be text, not a number"),
    ({"accounts": {"": {"oauthToken": "canary"}}}, "accounts.: can't be the name of an account"),
    ({"accounts": {"a::b": {}}}, "accounts.a::b: can't be the name of an account; use letters"),
    ({"accounts": {"default": {}}}, "accounts.default: can't be the name of an account; use lett"),
]


@pytest.mark.parametrize(("wrong", "says"), ENTRY_MISTAKES)
def test_a_mistake_of_an_entry(stack: Stack, wrong: dict[str, Any], says: str) -> None:
    """Its path, what is wrong, and the remedy; no value of a url or a secret."""
    lines = stack.refuses({**CI, **wrong}, accounts={"labs": {"oauthToken": "canary"}})
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"hooks[0].{says}")
    assert "canary" not in lines[0]


@pytest.mark.parametrize(("keys", "says"), KEY_MISTAKES)
def test_a_mistake_beside_the_entries(stack: Stack, keys: dict[str, Any], says: str) -> None:
    """Likewise."""
    lines = stack.refuses(**{"hooks": None, **keys})
    assert len(lines) == 1, lines
    assert lines[0].startswith(says)
    assert "canary" not in lines[0]


def test_all_mistakes_at_once(stack: Stack) -> None:
    """Those that only the workspace can tell with those that the text tells."""
    lines = stack.refuses(
        CI,
        {"url": "https://canary:pw@x.example.com", "name": "-", "events": [], "x": 1, "y": 2},
        "text",
        {**CI, "name": "b", "url": "", "repositories": ["wbe"], "project": "WEB"},
        {**CI, "name": "s", "url": f"{URL}s", "secretFrom": "env:NOWHERE"},
        {**CI, "name": "c", "owner": "nowhere", "repositories": ["x*"]},
        CI,
        unmanaged="x",
    )
    assert [line.partition(": ")[0] for line in lines[:-1]] == [
        "unmanaged",
        "hooks[1].x",
        "hooks[1].y",
        "hooks[2]",
        "hooks[6].name",
        "hooks[1].repositories",
        "hooks[1].name",
        "hooks[1].url",
        "hooks[1].events",
        "hooks[3].url",
        "hooks[3].repositories[0]",
        "hooks[4].secretFrom",
        "workspace nowhere",
    ]
    assert "canary" not in "".join(lines)


def test_no_workspace(stack: Stack) -> None:
    """It has to be told somewhere."""
    assert stack.refuses(CI, account={"workspace": None}) == [
        "hooks[0].owner: is required; give it, or set bitbucket:workspace"
    ]


def test_settings_that_cannot_be_used(stack: Stack) -> None:
    """Are told at once, beside what is wrong with the entries."""
    account = {"rateLimit": "many", "apiUrl": "http://x.example.com", "wrkspace": "acme"}
    lines = stack.refuses({**CI, "active": "yes", "events": ["nope:*"]}, account=account)
    assert [line.partition(" ")[0] for line in lines] == [
        "bitbucket:apiUrl",
        "bitbucket:rateLimit",
        "bitbucket:wrkspace:",
        "hooks[0].events[0]:",
        "hooks[0].active:",
    ]
    assert lines[2] == "bitbucket:wrkspace: is no key; did you mean bitbucket:workspace?"
    lines = stack.refuses(CI, account={"username": "a", "oauthToken": "canary", "adopt": "x"})
    assert [line.partition(";")[0] for line in lines] == [
        "the stack config holds two kinds of credentials at once: username, oauthToken",
        'bitbucket:adopt (or BITBUCKET_ADOPT) is "x", which can\'t be used',
    ]
    assert "canary" not in "".join(lines)


def test_workspaces_that_cannot_be_listed(stack: Stack) -> None:
    """Are all told, each once, whichever account asked."""
    globbed = {**CI, "repositories": ["*"]}
    lines = stack.refuses(
        {**globbed, "owner": "nowhere"},
        {**globbed, "name": "b", "owner": "nowhere", "account": "x"},
        {**globbed, "name": "c", "owner": "elsewhere"},
        accounts={"x": {"username": MEMBER_EMAIL, "password": MEMBER_TOKEN}},
    )
    assert [line.split(":")[0] for line in lines if line.startswith("workspace")] == [
        "workspace nowhere",
        "workspace nowhere",
        "workspace elsewhere",
    ]
    assert MEMBER_EMAIL in "".join(lines)


def test_what_may_be_wrong(stack: Stack) -> None:
    """Is a warning, and the rest is declared."""
    declared = stack.declares({**CI, "repositories": ["web", "svc-*"], "exclude": ["old-*"]})
    assert sorted(declared.inputs("ci")["repositories"]) == ["web"]
    assert declared.warnings == [
        (
            'bitbucket-hooks:hooks[0].repositories[1]: "svc-*" matches none of the 8 repositories '
            "that this identity sees in acme; correct or remove it, unless it is meant"
        ),
        (
            'bitbucket-hooks:hooks[0].exclude[0]: "old-*" leaves nothing out; '
            "correct or remove it, unless it is meant"
        ),
    ]
    declared = stack.declares({**CI, "repositories": ["w*"], "exclude": ["*"]})
    assert sorted(declared.inputs("ci")["repositories"]) == []
    assert declared.warnings == [
        (
            "bitbucket-hooks:hooks[0].exclude: leaves out all 2 repositories that the entry means, "
            "so that it has no hooks; correct or remove it, unless it is meant"
        )
    ]
    declared = stack.declares({**CI, "repositories": ["svc-*"], "project": "plat"})
    assert sorted(declared.inputs("ci")["repositories"]) == []
    assert declared.warnings[0].endswith(
        "4 repositories that this identity sees in the project PLAT of acme; correct or remove it, "
        "unless it is meant"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
KEYS = ["hooks", "defaults", "shared", "accounts", "unmanaged", "x"]
ENTRIES = JSON | st.fixed_dictionaries(
    {}, optional=dict.fromkeys([*CI, "events", "workspace", "adopt", "project"], JSON)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(KEYS), JSON), st.lists(ENTRIES, max_size=3) | JSON)
def test_no_configuration_breaks_it(stack: Stack, keys: dict[str, Any], hooks: Any) -> None:
    """Resources, or an error of ours."""
    try:
        stack.declares(**{**keys, "hooks": hooks})
    except pulumi.RunError as error:
        assert "bitbucket" in str(error)  # noqa: PT017  # either may happen


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("bitbucket-hook:hooks", "bitbucket-hooks:hooks"),
        ("bitbuckethooks:shared", "bitbucket-hooks:shared"),
        ("bitbucket_hooks:defaults", "bitbucket-hooks:defaults"),
        ("Bitbucket-Hooks:hoks", "bitbucket-hooks:hooks"),
        ("bitbucket-webhooks:unmanaged", "bitbucket-hooks:unmanaged"),
        ("bitbuket:workspace", "bitbucket:workspace"),
        ("bitbuckets:oauthTokn", "bitbucket:oauthToken"),
        ("bitbucket:hooks", "bitbucket-hooks:hooks"),
        ("bitbucket-hooks:workspace", "bitbucket:workspace"),
    ],
)
def test_a_key_in_a_wrong_namespace(stack: Stack, key: str, meant: str) -> None:
    """Is a mistake that names the key which is meant."""
    (line,) = stack.refuses(CI, others={key: "x"})
    assert f"bitbucket-hooks:{line}".endswith(f"{key}: is no key; did you mean {meant}?")


@pytest.mark.parametrize(
    "key", ["hooks:hooks", "aws:region", "bitbucket-tools:token", "bitbucket-cloud:workspace"]
)
def test_keys_of_others(stack: Stack, key: str) -> None:
    """Are none of ours: of the program itself (the project is called hooks), and of neighbours."""
    assert stack.declares(CI, others={key: "x"}).resources
