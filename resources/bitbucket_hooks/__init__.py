"""Bitbucket Cloud webhooks as infrastructure, on Pulumi."""
