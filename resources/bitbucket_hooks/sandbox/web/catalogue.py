"""The events that a sandbox knows today, as forms offer them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from operator import attrgetter
from typing import TYPE_CHECKING

from bitbucket_hooks.model.events import Event

if TYPE_CHECKING:
    import sqlite3


def events(connection: sqlite3.Connection, *subject_types: str) -> list[Event]:
    """Give the events of some subject types, each once, in the catalogue's order."""
    found: dict[str, Event] = {}
    for kind in subject_types:
        rows = connection.execute(
            "SELECT event, category, label, description FROM events"
            " WHERE subject_type = ? ORDER BY rowid",
            (kind,),
        )
        for row in rows:
            found.setdefault(row["event"], Event(**dict(row)))
    return list(found.values())


def grouped(found: Iterable[Event]) -> list[tuple[str, list[Event]]]:
    """Put events under their categories, which keep the order of their first events."""
    found = list(found)
    order = list(dict.fromkeys(each.category for each in found))
    ordered = sorted(found, key=lambda each: order.index(each.category))
    groups = itertools.groupby(ordered, attrgetter("category"))
    return [(category, list(group)) for category, group in groups]
