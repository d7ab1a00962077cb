"""The policies: what each asks of a hook, and what it says of one that doesn't comply.

No message shows a secret, or more of a url than its host.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from hook_policies.credentials import credentials_in
from hook_policies.declared import Declared, Secret
from hook_policies.policy import Option, Options, Policy, matches, texts

_ALL: Final = "all"  # the engine's word for a level of every policy


def _https_only(hook: Declared, _: Options) -> str | None:
    if hook.url.scheme.lower() != "http":
        return None
    return (
        f"{hook.title} delivers to {hook.receiver} in the clear, for everybody on the way to read "
        "and to change. Let its url begin with https://."
    )


def _certificate_verification(hook: Declared, _: Options) -> str | None:
    if not hook.value("skipCertVerification"):
        return None
    return (
        f"{hook.title} doesn't check the certificate of {hook.receiver}, so anybody can pose as "
        "its receiver. Take skipCertVerification out, and give the receiver a valid certificate."
    )


def _secret_required(hook: Declared, _: Options) -> str | None:
    if hook.has("secretFrom") or hook.properties.get("secret") not in (None, "", Secret("")):
        return None
    says = "declares that it has no secret" if hook.has("secret") else "declares no secret"
    return (
        f"{hook.title} {says}, so its receiver can't tell Bitbucket from anybody else. "
        "Give it secretFrom (env:NAME or file:PATH), or a secret."
    )


def _allowed_hosts(hook: Declared, options: Options) -> str | None:
    if not (hosts := options["hosts"]):
        return None
    host = (hook.url.hostname or "").rstrip(".")
    if not host or matches(host, hosts):
        return None
    return (
        f"{hook.title} delivers to {hook.receiver}, whose host is none of: {', '.join(hosts)}. "
        "Use one of these, or have the host added to hosts."
    )


def _no_credentials_in_url(hook: Declared, _: Options) -> str | None:
    if hook.is_secret("url") or not (found := dict.fromkeys(credentials_in(hook.url))):
        return None
    return (
        f"The url of {hook.title}, {hook.receiver}, has {' and '.join(found)}, which every reader "
        "of the configuration and of the hook sees. Take it out and let the receiver check the "
        "signature (secret), or where the receiver wants it so, give the url as a Pulumi secret."
    )


def _event_limit(hook: Declared, options: Options) -> str | None:
    events = hook.value("events")
    count = len(set(events)) if isinstance(events, Sequence) else 0
    if count <= options["max"]:
        return None
    return (
        f"{hook.title} listens to {count} events, more than {options['max']:g}. "
        "Name those that its receiver uses in place of a pattern."
    )


def _description_required(hook: Declared, _: Options) -> str | None:
    if str(hook.value("description") or "").strip():
        return None
    return (
        f"{hook.title} has no description, so nobody can tell on Bitbucket's page what it is for. "
        "Give it a description."
    )


def _protected_in_production(hook: Declared, options: Options) -> str | None:
    if hook.protected or not matches(hook.stack, options["stacks"]):
        return None
    return (
        f"{hook.title} isn't protected, so an edit of the stack {hook.stack} can take it down. "
        "Give it protect: true."
    )


POLICIES: Final = (
    Policy(
        "https-only",
        "A hook delivers over https.",
        "mandatory",
        _https_only,
    ),
    Policy(
        "certificate-verification",
        "A hook checks its receiver's certificate.",
        "mandatory",
        _certificate_verification,
    ),
    Policy(
        "no-credentials-in-url",
        "A hook's url holds no credentials, unless it is a Pulumi secret.",
        "mandatory",
        _no_credentials_in_url,
    ),
    Policy(
        "secret-required",
        "A hook signs what it delivers.",
        "advisory",
        _secret_required,
    ),
    Policy(
        "allowed-hosts",
        "A hook delivers to hosts that are allowed.",
        "advisory",
        _allowed_hosts,
        {"hosts": texts("hosts, or globs over hosts; none: every host is allowed")},
    ),
    Policy(
        "event-limit",
        "A hook listens to what its receiver uses.",
        "advisory",
        _event_limit,
        {"max": Option({"type": "integer", "minimum": 1, "description": "events per hook"}, 20)},
    ),
    Policy(
        "description-required",
        "A hook says what it is for.",
        "advisory",
        _description_required,
    ),
    Policy(
        "protected-in-production",
        "A hook in production is protected.",
        "advisory",
        _protected_in_production,
        {"stacks": texts("names of stacks, or globs", "prod", "production")},
    ),
)
"""All of them, in the order of the documentation."""


def mistakes(config: Mapping[str, Collection[str]]) -> list[str]:
    """Tell what a configuration names that isn't there: policies, and options of each.

    Types and levels are the engine's to check.
    """
    known = {policy.name: policy for policy in POLICIES}
    wrong = []
    for name, given in config.items():
        if policy := known.get(name):
            there_are = ", ".join(policy.options)
            unknown = [option for option in given if option not in policy.options]
            wrong += [
                f"the policy {name} has no option {option}; take one of {there_are}"
                for option in unknown
            ]
        elif name != _ALL:
            wrong.append(f"there is no policy {name}; take one of {', '.join(known)}")
    return wrong
