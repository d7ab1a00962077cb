"""From live hooks to entries of a stack config, which the next `up` finds as they are."""
