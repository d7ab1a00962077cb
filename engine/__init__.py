"""How the Pulumi CLI is had: one on PATH, the official download, or a build from Go modules.

`python -m engine`, run in the project's root, prints the folder to put first on PATH;
`python -m engine languages yaml nodejs` has it run programs in these languages too.
"""
