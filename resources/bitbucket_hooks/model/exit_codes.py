"""What our commands exit with, so that scripts can tell; 0 is fine."""

from typing import Final

USERS_MISTAKE: Final = 1
"""What was asked for is wrong, or not allowed."""

REMOTE_FAILED: Final = 2
"""The remote side, or the way to it, failed."""

DIFFERENCE: Final = 3
"""Drift, or another difference, was found."""
