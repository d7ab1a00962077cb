"""What stands between a stack and its webhooks: one module for each family of checks."""
