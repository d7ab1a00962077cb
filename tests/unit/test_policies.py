"""The rules of the policy pack, without its framework."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hook_policies.declared import UNKNOWN, Declared, NotKnownYetError, Secret
from hook_policies.rules import POLICIES, mistakes
from hook_policies.tokens import looks_like_a_token, named_like_a_credential

ROOT = Path(__file__).parents[2]
BY_NAME = {policy.name: policy for policy in POLICIES}
FINE = {
    "owner": "acme",
    "repository": "api",
    "url": "https://ci.example.com/bitbucket",
    "events": ["repo:push"],
    "active": True,
    "skipCertVerification": False,
    "secretFrom": "env:CI_HOOK_SECRET",
    "description": "CI",
}
KEY = "Zk3Qy7Lw9Xc2Vb5Nm8"  # as drawn by a machine


def hook(kind: str = "Hook", **changed: Any) -> Declared:
    """A hook that complies, but for the properties given; None takes one away."""
    stack = changed.pop("stack", "dev")
    given = {name: value for name, value in {**FINE, **changed}.items() if value is not None}
    return Declared(kind, "ci", given, stack)


def complaint(policy: str, declared: Declared, **config: Any) -> str | None:
    """What a policy says of a hook."""
    return BY_NAME[policy].complaint(declared, config)


@pytest.mark.parametrize("policy", BY_NAME)
def test_a_hook_that_complies(policy: str) -> None:
    """Isn't mentioned, whatever its kind; what is merely looked up declares nothing."""
    for kind, changed in (
        ("Hook", {}),
        ("HookFleet", {"repository": None, "repositories": {"api": "as declared"}}),
        ("WorkspaceHook", {"owner": None, "repository": None, "workspace": "acme"}),
        ("Hook", dict.fromkeys(FINE)),
    ):
        assert complaint(policy, hook(kind, **changed)) is None


VIOLATIONS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("https-only", {"url": "http://ci.example.com/a"}, {}, "http://ci.example.com/… in the clear"),
    ("https-only", {"url": "HTTP://ci.example.com:80"}, {}, "http://ci.example.com:80/…"),
    ("https-only", {"url": Secret("http://c.example/a")}, {}, "to an address that is a secret in"),
    ("certificate-verification", {"skipCertVerification": True}, {}, "doesn't check the certif"),
    ("certificate-verification", {"skipCertVerification": True, "url": UNKNOWN}, {}, "known yet"),
    ("secret-required", {"secretFrom": None}, {}, "declares no secret, so"),
    ("secret-required", {"secretFrom": None, "secret": ""}, {}, "declares that it has no secret"),
    ("secret-required", {"secretFrom": None, "secret": Secret("")}, {}, "that it has no secret"),
    ("allowed-hosts", {}, {"hosts": ["example.com", "*.acme.io"]}, "none of: example.com, *.acme"),
    ("allowed-hosts", {"url": Secret("https://a.example/")}, {"hosts": ["b"]}, "that is a secret"),
    ("event-limit", {"events": [f"repo:{n}" for n in range(21)]}, {}, "21 events, more than 20"),
    ("event-limit", {"events": ["a", "b", "b"]}, {"max": 1.0}, "2 events, more than 1."),
    ("description-required", {"description": None}, {}, "no description"),
    ("description-required", {"description": " "}, {}, "no description"),
    ("protected-in-production", {"stack": "prod"}, {}, "an edit of the stack prod"),
    ("protected-in-production", {"stack": "eu-1"}, {"stacks": ["EU-*"]}, "protect: true"),
]


@pytest.mark.parametrize(("policy", "changed", "config", "says"), VIOLATIONS)
def test_a_hook_that_does_not_comply(
    policy: str, changed: dict[str, Any], config: dict[str, Any], says: str
) -> None:
    """Is named, with what is wrong; no other policy minds, unless it is exempt."""
    declared = hook(**changed)
    message = complaint(policy, declared, **config) or ""
    assert 'Hook "ci" (acme/api)' in message
    assert says in message
    others = [other for name, other in BY_NAME.items() if name != policy]
    assert UNKNOWN in changed.values() or not any(other.complaint(declared, {}) for other in others)
    assert complaint(policy, declared, **config, exempt=["other", "C*"]) is None


@pytest.mark.parametrize(
    ("policy", "changed", "config"),
    [
        ("https-only", {"url": "ftp://x"}, {}),  # the provider refuses it
        ("https-only", {"url": "https://[x"}, {}),
        ("https-only", {"url": 1.0}, {}),
        ("secret-required", {"secretFrom": None, "secret": UNKNOWN}, {}),
        ("secret-required", {"secretFrom": None, "secret": Secret("s")}, {}),
        ("allowed-hosts", {}, {"hosts": ["*.EXAMPLE.com"]}),
        ("allowed-hosts", {"url": "https://CI.example.com.:8443/"}, {"hosts": ["ci.example.com"]}),
        ("allowed-hosts", {"url": "https://[x"}, {"hosts": ["ci.example.com"]}),
        ("allowed-hosts", {"url": UNKNOWN}, {}),
        ("event-limit", {"events": [f"repo:{n % 20}" for n in range(40)]}, {}),
        ("event-limit", {"events": None}, {}),
        ("protected-in-production", {"stack": "staging"}, {}),
        ("no-credentials-in-url", {"url": Secret(f"https://c.example/{KEY}?token=a")}, {}),
    ],
)
def test_what_no_policy_minds(policy: str, changed: dict[str, Any], config: dict[str, Any]) -> None:
    """At the edges of each rule."""
    assert complaint(policy, hook(**changed), **config) is None


def test_a_protected_hook() -> None:
    """Complies in production."""
    protected = Declared("Hook", "ci", FINE, "prod", protected=True)
    assert complaint("protected-in-production", protected) is None


@pytest.mark.parametrize(
    ("policy", "name", "config"),
    [
        ("https-only", "url", {}),
        ("no-credentials-in-url", "url", {}),
        ("allowed-hosts", "url", {"hosts": ["a"]}),
        ("certificate-verification", "skipCertVerification", {}),
        ("event-limit", "events", {}),
        ("description-required", "description", {}),
    ],
)
def test_what_a_preview_can_not_tell(policy: str, name: str, config: dict[str, Any]) -> None:
    """Is said with the hook and the property, instead of a verdict."""
    with pytest.raises(NotKnownYetError, match=rf'"{name}" of Hook "ci" \(acme/api\)'):
        complaint(policy, hook(**dict[str, Any]({name: UNKNOWN})), **config)


@pytest.mark.parametrize(
    ("tail", "says"),
    [
        ("https://u:canary@h.example/", "a user name or password before its host"),
        ("https://canary@h.example/", "a user name or password before its host"),
        (f"https://h.example/services/T0000000000/{KEY}canary", "a token in part 3 of its path"),
        (f"https://h.example/{KEY[:9]}%2D{KEY[9:]}/x", "a token in part 1 of its path"),
        ("https://h.example/?accessToken=canary", '("token") in its query'),
        ("https://h.example/a?x=1&api_key=canary", '("apikey") in its query'),
        ("https://h.example/a?KEY=canary", '("key") in its query'),
        (f"https://h.example/?x={KEY}", "looks like a token in its query"),
        (f"https://h.example/?{KEY}canary", "looks like a token in its query"),
        ("https://h.example/#password=canary", '("password") in its fragment'),
    ],
)
def test_credentials_in_a_url(tail: str, says: str) -> None:
    """Are described, and shown by nothing."""
    message = complaint("no-credentials-in-url", hook(url=tail)) or ""
    assert says in message
    assert "https://h.example/…" in message
    assert "canary" not in message
    assert KEY not in message


def test_several_credentials_are_all_told() -> None:
    """Each once."""
    url = f"https://u@h.example/{KEY}?token=a&token=b"
    message = complaint("no-credentials-in-url", hook(url=url)) or ""
    assert message.count("parameter") == 1
    assert all(part in message for part in ("user name", " and what looks like", '("token")'))


ORDINARY = """
    bitbucket bitbucket-webhook generic-webhook-trigger multibranch-webhook-trigger
    BitbucketWebhookReceiver2 getAllOurNewPullRequests 3f2504e0-4f89-11d3-9a0c-0305e82c3301
    2024-10-01 20241001123456 1234567890123456789 T0000000000 my_very_long_hook_name_for_ci2
    acme-platform-engineering-notifications PullRequestCreatedHandlerV2 build-4711-nightly-2024
    internationalization0815 prod-eu-west-1-k8s-cluster-01 AcmeCIHooksForBitbucketCloud2024
    serviceDeskIntegrationV10 OAuth2CallbackHandler k8sIngressNginxController
    S3EventToSQSForwarder HTTP2ToHTTPSRedirect RESTAPIv2WebhookURL team42-build17-agent3
    bitbucketPullRequestWebhookHandler123 codebuild2codepipelineadapter {uuid}
"""


def test_ordinary_names_are_no_tokens() -> None:
    """Long ones, mixed ones, numbers and uuids."""
    assert [name for name in ORDINARY.split() if looks_like_a_token(name)] == []


@pytest.mark.parametrize(
    ("alphabet", "length"),
    [
        ("0123456789abcdef", 24),
        ("0123456789ABCDEF", 32),
        (string.ascii_letters + string.digits, 20),
        (string.ascii_letters + string.digits + "-_", 32),
        (string.ascii_letters + string.digits + "+/", 40),
    ],
)
def test_drawn_keys_are_tokens(alphabet: str, length: int) -> None:
    """At least 97 of 100."""
    drawn = random.Random(7)  # noqa: S311 -- the same ones each time
    keys = ["".join(drawn.choices(alphabet, k=length)) for _ in range(1000)]
    assert sum(map(looks_like_a_token, keys)) >= 970


def test_names_of_parameters() -> None:
    """In any spelling; a key of something else than access is no credential."""
    for name in ("token", "ACCESS_TOKEN", "apiKey", "x-api-key", "key", "sig", "clientSecret"):
        assert named_like_a_credential(name)
    for name in ("projectKey", "signal", "author", "keyboard", "channel", "design", ""):
        assert named_like_a_credential(name) is None


ANYTHING = st.none() | st.booleans() | st.text() | st.just(UNKNOWN) | st.lists(st.text())


@given(values=st.dictionaries(st.sampled_from([*FINE, "repositories", "secret"]), ANYTHING))
def test_any_input_gets_an_answer(values: dict[str, Any]) -> None:
    """A message, none, or that it isn't known: never another error."""
    declared = hook(**values)
    for policy in POLICIES:
        try:
            answer = policy.complaint(declared, {"hosts": ["x"]})
        except NotKnownYetError:
            continue
        assert answer is None or '"ci"' in answer


@given(value=st.text(min_size=6))
def test_a_secret_is_in_no_message(value: str) -> None:
    """Whatever was given as one, nor in what Python shows of it."""
    secrets: dict[str, Any] = dict.fromkeys(
        ("url", "secret", "description", "owner"), Secret(f"canary{value}")
    )
    declared = hook(secretFrom=None, skipCertVerification=True, stack="prod", **secrets)
    messages = [policy.complaint(declared, {"hosts": ["x"]}) for policy in POLICIES]
    assert any(messages)
    assert "canary" not in f"{messages}{declared}"


def test_where_a_hook_is() -> None:
    """As far as that is known."""
    several: dict[str, Any] = {"repository": None, "repositories": {"api": "", "web": ""}}
    assert hook("HookFleet", **several).title == 'HookFleet "ci" (2 repositories of acme)'
    single: dict[str, Any] = {"repository": None, "repositories": {"api": ""}}
    assert hook("HookFleet", **single).title == 'HookFleet "ci" (acme/api)'
    assert hook(repository=UNKNOWN).title == 'Hook "ci" (acme)'
    assert hook(owner=UNKNOWN).title == 'Hook "ci"'


def test_mistakes_of_a_configuration() -> None:
    """Names of policies and options that aren't there, each with those that are."""
    assert mistakes({"all": [], "https-only": ["exempt"], "event-limit": ["max"]}) == []
    first, second = mistakes({"https": [], "allowed-hosts": ["host", "hosts"]})
    assert first.startswith("there is no policy https; take one of https-only, ")
    assert second == "the policy allowed-hosts has no option host; take one of hosts, exempt"


def test_the_configuration_to_start_from_is_the_default() -> None:
    """`policies/config.json` names everything, and changes nothing."""
    written = json.loads((ROOT / "policies" / "config.json").read_text())
    assert written == {
        policy.name: {
            "enforcementLevel": policy.level,
            **{name: option.default for name, option in policy.options.items()},
        }
        for policy in POLICIES
    }
