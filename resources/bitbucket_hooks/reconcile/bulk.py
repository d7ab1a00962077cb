"""Work on many repositories side by side: what failed of it, and messages in few lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Final, TypeVar

from attrs import define, evolve
from typing_extensions import Self

from bitbucket_hooks.api.worker_pool import PoolResult, WorkerPool
from bitbucket_hooks.model.errors import ConflictError, HooksError, RemoteError
from bitbucket_hooks.model.wording import first_lines, first_names
from bitbucket_hooks.reconcile.lifecycle import Lifecycle

_FEW: Final = 5  # repositories that may refuse by chance
_SHOWN: Final = 10  # failures that a message names
_NAMED: Final = 3  # repositories that a folded message names
_UUID: Final = re.compile(r" \{[0-9a-f-]{36}\}")

T = TypeVar("T")
Work = TypeVar("Work", bound="BulkWork")


class Incomplete(RemoteError):
    """Some repositories failed; `known` is what the state has to know now."""

    def __init__(self, message: str, remedy: str, known: Any) -> None:
        """Keep what was done beside the message."""
        super().__init__(message, remedy)
        self.known = known


@define
class BulkWork:
    """Works on all repositories of a resource."""

    what: ClassVar[str]
    """The resource's name in messages."""
    lifecycle: Lifecycle
    pool: WorkerPool

    @contextmanager
    def folded(self) -> Iterator[Self]:
        """The same, whose messages of each repository are shown together at the end."""
        with _folding(self.lifecycle.warn) as warn, _folding(self.lifecycle.notify) as notify:
            yield evolve(self, lifecycle=evolve(self.lifecycle, notify=notify, warn=warn))

    def read(self, reads: Mapping[str, Callable[[], T]], total: int, known: Any) -> PoolResult[T]:
        """Read repositories, and warn of those that refuse: what was `known` of them stays.

        Raises ApiError for what concerns all, and Incomplete when so many refuse that it isn't
        about single ones. Of `total` only some are due: where these are few, all may be such.
        """
        result = self.pool.run(self.what, reads)
        if result.stopped:
            raise result.stopped
        if result.failed and not result.done and len(result.failed) >= min(total, _FEW):
            raise_failures(self.what, known, result)
        if errors := result.failed.values():
            remedies = "\n".join(dict.fromkeys(error.remedy for error in errors))
            self.lifecycle.warn(
                f"{self.what}: {len(errors):,} of {result.total:,} repositories couldn't be looked "
                f"at; what was last known of them is kept\n{_listed(errors)}\n{remedies}"
            )
        return result


def raise_failures(what: str, known: Any, *results: PoolResult[Any]) -> None:
    """Raise Incomplete when something failed or was not tried."""
    failed = [error for result in results for error in result.failed.values()]
    stopped = next((result.stopped for result in results if result.stopped), None)
    if not failed and stopped is None:
        return
    total = sum(result.total for result in results)
    how = f"{len(failed):,} of {total:,} repositories failed" if failed else "stopped"
    done = sum(len(result.done) for result in results)
    message = f"{what}: {how}, {done:,} are done\n{_listed(failed)}"
    if stopped is not None:
        message += f"\nstopped: {stopped.message}"
    remedies = dict.fromkeys(error.remedy for error in (*failed, *filter(None, [stopped])))
    again = "The next `pulumi up` does just what is left."
    raise Incomplete(message, "\n".join((*filter(None, remedies), again)), known)


def not_found(what: str, result: PoolResult[Any]) -> ConflictError:
    """The error of a look-up that not all repositories could answer."""
    errors = result.failed.values()
    remedies = dict.fromkeys(error.remedy for error in errors if error.remedy)
    return ConflictError(
        f"{what}: {len(errors):,} of {result.total:,} repositories don't fit\n{_listed(errors)}",
        "\n".join(remedies),
    )


def _listed(errors: Iterable[HooksError]) -> str:
    return first_lines(sorted(f"  {error.message}" for error in errors), _SHOWN)


@contextmanager
def _folding(show: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Give what takes messages such as `acme/web: adopted the existing hook {uuid}: …`.

    They are shown at the end; those that say the same of many repositories are one.
    """
    messages: list[str] = []
    try:
        yield messages.append
    finally:
        groups: dict[str, list[tuple[str, str]]] = {}
        for message in messages:
            subject, _, text = message.partition(": ")
            groups.setdefault(_UUID.sub("", text), []).append((subject, message))
        for text, group in groups.items():
            subjects = [subject for subject, _ in sorted(group)]
            folded = f"{first_names(subjects, _NAMED)}: {text}"
            few = [message for _, message in sorted(group)]
            for message in few if len(group) <= _NAMED else [folded]:
                show(message)
