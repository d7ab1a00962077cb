"""The webhooks of this stack, from its configuration; see docs/ for the keys."""

import pulumi

from bitbucket_hooks.stack.declare import declare_hooks

pulumi.export("hooks", declare_hooks())
