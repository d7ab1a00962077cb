"""The Pulumi engine as a command: starting it, and reading its events and the values it prints."""
