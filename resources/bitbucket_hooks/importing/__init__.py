"""From live hooks to entries of a stack's configuration, which the next `up` finds as they are."""
