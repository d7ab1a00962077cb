"""The rules by which declared hooks become live ones. Knows the API, but nothing of Pulumi."""
