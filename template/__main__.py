"""The webhooks of a workspace."""

import pulumi

import bitbucket_hooks as bitbucket

# One hook on many repositories, one resource for all of them.
ci = bitbucket.HookFleet(
    "ci",
    repositories=["api", "web"],
    url="https://ci.example.com/bitbucket",
    description="CI",
    events=["repo:push", "pullrequest:created", "pullrequest:updated"],
)

# A hook of a single repository.
chat = bitbucket.Hook(
    "chat",
    repository="web",
    url="https://chat.example.com/hooks/bitbucket",
    description="Chat",
    events=["pullrequest:comment_created"],
)

pulumi.export("ci", ci.hooks)
pulumi.export("chat", chat.uuid)
