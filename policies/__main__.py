"""The policy pack: `pulumi preview --policy-pack policies`; see docs/policies.md."""

from pulumi_policy import PolicyPack

from binding import policies

PolicyPack("bitbucket-hooks", policies())
