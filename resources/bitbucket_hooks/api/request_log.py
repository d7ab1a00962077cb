"""What was sent as one identity in the last hour: what a log of it can do, wherever it is kept."""

from __future__ import annotations

from typing import Final, Protocol

HOUR: Final = 3600.0
"""Seconds over which Bitbucket counts (public documentation): a rolling hour per identity."""


class RequestLog(Protocol):
    """Counts the requests of one identity, of all processes that share the log."""

    def take(self, limit: int) -> float:
        """Note a request and return 0, or return in how many seconds there is room for one.

        `limit` is what an hour may hold. Raises ConfigError when the log can't be used.
        """
        ...

    def close(self, seconds: float) -> None:
        """Let nobody send anything for a while, at most as long as a request counts.

        Raises ConfigError when the log can't be used.
        """
        ...
