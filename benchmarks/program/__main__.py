"""The program that is measured: its configuration says what is declared, and by whom."""

import importlib

import pulumi

config = pulumi.Config("bench")
slugs = [f"svc-{number:05}" for number in range(config.require_int("repositories"))]
# either alone: the floor must not pay for importing what it doesn't use
declaring = importlib.import_module(config.require("by"))
for number in range(config.require_int("hooks")):
    hook = {
        "owner": "acme",
        "url": f"https://ci.example.com/bitbucket/{number}",
        "description": f"{config.require('description')} {number}",
        "events": ["pullrequest:created", "repo:push"],
    }
    if config.require("kind") == "fleet":
        declaring.fleet(f"ci-{number}", slugs, hook)
    else:
        for slug in slugs:
            declaring.single(f"ci-{number}-{slug}", slug, hook)
