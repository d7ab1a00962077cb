"""From a stack config to resources."""
