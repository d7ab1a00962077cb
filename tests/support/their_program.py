"""A program for `pulumi-bitbucket` 0.0.12, as its users write it; what `import` line to change.

Its configuration: `email` and the secret `token` of a second account, and `manual`, a hook's uuid.
"""

from __future__ import annotations

THEIRS = "import pulumi_bitbucket as bitbucket\n"
OURS = "import bitbucket_hooks as bitbucket\n"

PROGRAM = (
    "import pulumi\n"
    + THEIRS
    + """
member = bitbucket.Provider(
    "member",
    username=pulumi.Config().require("email"),
    password=pulumi.Config().require_secret("token"),
)
deploy = bitbucket.Hook(
    "deploy",
    description="Deploy",
    events=["repo:push", "issue:created"],
    owner="acme",
    repository="api",
    secret="canary-deploy",
    skip_cert_verification=False,
    url="https://ci.example.com/deploy",
)
args = bitbucket.HookArgs(
    description="Nightly",
    events=["repo:push"],
    owner="acme",
    repository="web",
    url="https://ci.example.com/nightly",
    history_enabled=True,
)
args.active = False
group = pulumi.ComponentResource("acme:index:Group", "group")
nightly = bitbucket.Hook(
    "nightly", args, pulumi.ResourceOptions(parent=group, protect=True, depends_on=[deploy])
)
audit = bitbucket.WorkspaceHook(
    "audit",
    bitbucket.WorkspaceHookArgs(
        description="Audit",
        events=["repo:push"],
        url=deploy.uuid.apply(lambda uuid: f"https://audit.example.com/{uuid.strip('{}')}"),
        workspace="acme",
    ),
)
docs = bitbucket.Hook(
    "docs",
    pulumi.ResourceOptions(provider=member),
    description="Docs",
    events=["repo:push"],
    owner="acme",
    repository="docs",
    url="https://ci.example.com/docs",
)
team = pulumi.ComponentResource(
    "acme:index:Team", "team", None, pulumi.ResourceOptions(providers={"bitbucket": member})
)
pages = bitbucket.Hook(
    "pages",
    bitbucket.HookArgs(
        description="Pages",
        events=["repo:push"],
        owner="acme",
        repository="docs",
        url="https://ci.example.com/pages",
    ),
    opts=pulumi.ResourceOptions(parent=team),
)
manual = bitbucket.Hook.get(
    "manual", pulumi.Config().require("manual"), owner="acme", repository="worker"
)

types = bitbucket.get_hook_types(subject_type="repository")
later = bitbucket.get_hook_types_output(
    subject_type=deploy.uuid.apply(lambda _: "workspace"),
    opts=pulumi.InvokeOptions(provider=member),
)
ranges = bitbucket.get_ip_ranges(opts=pulumi.InvokeOptions(parent=group))
ranges_later = bitbucket.get_ip_ranges_output()

pulumi.export("deploy", [deploy.id, deploy.uuid, deploy.secret_set, deploy.events])
pulumi.export("nightly", [nightly.active, nightly.skip_cert_verification, nightly.owner])
pulumi.export("manual", [manual.url, manual.description, manual.uuid])
pulumi.export("username", [bitbucket.config.username, member.username])
pulumi.export("types", [each.event for each in types.hook_types])
pulumi.export("later", [later.subject_type, later.hook_types[0]["event"]])
pulumi.export("ranges", [each.cidr for each in ranges.ranges if "bitbucket" in each.products])
pulumi.export("first", ranges_later.ranges[0])
"""
)
