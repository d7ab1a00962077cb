"""Options that several commands share, handed to each as one mapping."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any


def gathered(
    name: str, options: Mapping[str, Callable[..., Any]]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add options to a command, and hand their values on by their names, as the argument `name`."""

    def decorator(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def gathering(**given: Any) -> None:
            values = {option: given.pop(option) for option in options}
            command(**given, **{name: values})

        decorated: Callable[..., None] = gathering
        for option in options.values():
            decorated = option(decorated)
        return decorated

    return decorator
