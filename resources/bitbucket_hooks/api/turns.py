"""Whose turn it is: the requests of one piece of work wait in one line, and the lines take turns.

A fleet of thousands is one line, so a single hook beside it waits for a request or two.
"""

from __future__ import annotations

import threading
from collections import deque
from contextvars import ContextVar
from typing import Final

from attrs import define, field, frozen

LINE: Final[ContextVar[object]] = ContextVar("line", default=None)
"""What the present piece of work belongs to; equal values are one line."""


@frozen(eq=False)
class Ticket:
    """A place in a line."""

    line: object
    called: threading.Event = field(factory=threading.Event)
    """Set when it may be this one's turn."""


@define
class Turns:
    """The tickets of all who wait, for callers that hold a lock."""

    _lines: dict[object, deque[Ticket]] = field(factory=dict, init=False)
    """Each in its order; the first line is next."""

    def join(self) -> Ticket:
        """Stand at the end of one's line."""
        ticket = Ticket(LINE.get())
        self._lines.setdefault(ticket.line, deque()).append(ticket)
        return ticket

    def is_next(self, ticket: Ticket) -> bool:
        """Whether it is this one's turn."""
        return self._next() is ticket

    def leave(self, ticket: Ticket) -> None:
        """Go, served or not: then it is the next line's turn."""
        line = self._lines.pop(ticket.line)
        line.remove(ticket)
        if line:
            self._lines[ticket.line] = line
        self.call()

    def call(self) -> None:
        """Let the next one look whether there is room."""
        ticket = self._next()
        if ticket is not None:
            ticket.called.set()

    def _next(self) -> Ticket | None:
        line = next(iter(self._lines.values()), None)
        return line[0] if line else None
