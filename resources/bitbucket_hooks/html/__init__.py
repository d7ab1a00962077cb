"""What every page that is made has: its frame and its style."""
