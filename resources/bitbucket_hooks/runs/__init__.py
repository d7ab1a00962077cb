"""Running `pulumi` for a person or a pipeline: progress, exit codes, and what was reviewed."""
