"""Every hook of a workspace and its repositories, and what is worth knowing about each."""
