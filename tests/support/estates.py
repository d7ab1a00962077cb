"""Whole workspaces of hooks that people made by hand: uniform, messy, and with hostile names."""

from __future__ import annotations

from typing import Any, Final

from support.sandbox import Sandbox

CI: Final = "https://ci.example.com/bitbucket"
CANARY: Final = "canary-in-the-url"
MANY: Final = ("repo:push", "pullrequest:created", "pullrequest:updated", "pullrequest:fulfilled")
HOSTILE: Final = (
    "Строительство 建設 🏗️",
    "null",
    "true",
    "123",
    "- name: evil\n  url: https://evil.example.com/",
    "#comment: {secure: v1} & *anchor | > % @ `",
    "\x1b[31mred\x07 \u202egnp \u2028 \x00",
    "</script><script>alert(1)</script>",
    "trailing space ",
    "'single' \"double\" \\back",
    "x" * 10_000,
    "~",
    "${PULUMI} {{ jinja }}",
)


def uniform(sandbox: Sandbox) -> int:
    """Plant 500 hooks: CI on 400 repositories, chat on a project's 80, and a few more."""
    services = [f"svc-{number:03}" for number in range(320)]
    platform = [f"plat-{number:02}" for number in range(80)]
    sandbox.add_repositories([f"acme/{slug}" for slug in services], project="SVC")
    sandbox.add_repositories([f"acme/{slug}" for slug in platform], project="PLATFORM")
    for slug in (*services, *platform):
        _plant(sandbox, slug, CI, description="CI", events=MANY, secret="canary-secret")
    for slug in platform:
        _plant(sandbox, slug, "https://chat.example.com/hook", description="Chat")
    for slug in services[:19]:
        _plant(sandbox, slug, "https://scan.example.com/", description="Scanner (nightly)")
    sandbox.plant_hook("acme", "https://audit.example.com/", description="Audit")
    return len(sandbox.hooks())


def messy(sandbox: Sandbox) -> int:
    """Plant what years leave: doubles, other titles, events and switches, no titles, tokens."""
    for slug in ("api", "web", "worker"):
        _plant(sandbox, slug, CI, description="CI", secret="canary-secret")
    _plant(sandbox, "web", CI, description="CI", secret="canary-secret")
    _plant(sandbox, "web", CI, description="CI", events=("repo:fork",))
    _plant(sandbox, "worker", CI, description="Jenkins")
    _plant(sandbox, "docs", CI, description="")
    _plant(sandbox, "infra", CI, description="")
    _plant(sandbox, "infra", CI, description="CI", active=False)
    _plant(sandbox, "mobile", CI, description="CI", skip_cert_verification=True)
    _plant(sandbox, "billing", CI, description="CI", history_enabled=True)
    _plant(sandbox, "api", "http://old.example.com/x", description="old", events=MANY)
    _plant(sandbox, "api", f"https://chat.example.com/?token={CANARY}", description="Chat")
    _plant(sandbox, "web", f"https://chat.example.com/?token={CANARY}", description="Chat")
    _plant(sandbox, "web", f"https://chat.example.com/?token={CANARY}-2", description="Chat")
    _plant(sandbox, "docs", "HTTPS://CI.example.com:443/upper", description="Upper")
    _plant(sandbox, "api", "https://app.example.com/", description="App", read_only=True)
    sandbox.plant_hook("acme", CI, description="CI", secret="canary-secret")
    sandbox.plant_hook("acme", CI, description="CI", history_enabled=True)
    sandbox.plant_hook("acme", "https://audit.example.com/", events=("repo:created",))
    return len(sandbox.hooks())


def hostile(sandbox: Sandbox) -> int:
    """Plant titles, slugs and urls that break what isn't careful."""
    slugs = ["true", "null", "123", "1e3", "-dash", "_x", "0x1f", "no", "a.b-c_d"]
    sandbox.add_repositories(f"acme/{slug}" for slug in slugs)
    for number, title in enumerate(HOSTILE):
        _plant(sandbox, "web", f"https://h{number}.example.com/", description=title)
    for slug in slugs:
        _plant(sandbox, slug, "https://odd.example.com/", description="")
    for tail in ("a%20b", "a:b", "a,b", "a'b", "[a]{b}", "@x", "a|b>c&d*e!f", "~u/", "\u00fc"):
        _plant(sandbox, "api", f"https://u.example.com/{tail}", description=tail)
    for tail in (f"#{CANARY}", f"?a=b&c={CANARY}", f"?{CANARY}:x'\"{{}}"):
        _plant(sandbox, "docs", f"https://u.example.com/{tail}", description="")
    _plant(sandbox, "docs", f"https://hooks.slack.com/services/T0/B0/{CANARY}", description="")
    return len(sandbox.hooks())


def _plant(sandbox: Sandbox, slug: str, url: str, **properties: Any) -> None:
    sandbox.plant_hook(f"acme/{slug}", url, **properties)
