"""How far long work is: one moving line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from bitbucket_hooks.cli import output
from bitbucket_hooks.model.errors import printable

_EVERY: Final = 10.0  # seconds between lines where nobody watches


class Progress:
    """Tells how far it is, on standard error."""

    def __init__(
        self,
        what: str,
        show: Callable[[str], None] | None = None,
        hidden: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Begin now; `show` is what a watcher sees it by, if there is one, until it is `hidden`."""
        self._what = what
        self._show = show
        self._hidden = hidden
        self._printing = threading.Lock()
        self._began = self._shown_at = time.monotonic()

    def notify(self, text: str) -> None:
        """Say how far it is by now; a watcher sees each, a log one in a while."""
        line = f"{self._what}: {printable(text.splitlines()[0] if text else '', 200)}"
        if self._show is not None:
            self._show(line)
        elif time.monotonic() - self._shown_at >= _EVERY:
            self._shown_at = time.monotonic()
            output.meanwhile(f"{line} ({self._shown_at - self._began:.0f} s)")

    def note(self, text: str) -> None:
        """Tell what a log must have as well; the line of a watcher shows it until there is more."""
        if self._show is not None:
            self.notify(text)
        else:
            output.meanwhile(f"Note: {output.text(text)}")

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Print something else, from any thread."""
        with self._printing, self._hidden():
            yield


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """Show progress for as long as the work takes."""
    if not sys.stderr.isatty():
        yield Progress(what)
        return
    from bitbucket_hooks.cli import moving_line  # rich, for terminals alone

    with moving_line.moving(what) as (show, hidden):
        yield Progress(what, show, hidden)
