"""From a stack's configuration to resources."""
