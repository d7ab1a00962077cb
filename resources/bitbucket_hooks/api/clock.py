"""Time, as one seam: tests replace it so that nothing waits for real."""

from __future__ import annotations

import random
import time
from datetime import datetime, timezone


class Clock:
    """Monotonic seconds, sleeping, and the jitter that keeps callers from marching in step."""

    def now(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def wall(self) -> datetime:
        """The time of day, to compare with what the service stamps."""
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def jittered(self, seconds: float) -> float:
        """Something between half of it and all of it."""
        return seconds * random.uniform(0.5, 1)  # noqa: S311  # spreads load, protects nothing
