"""Which unmanaged hooks a run found itself, and which of them its preview has shown.

A hook may be deleted when a preview could show it: the state knew of it before the run, or the
preview of this same run found it too. Processes of a run share this through its claims.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from bitbucket_hooks.reconcile.claims import Claims


@frozen
class Announced:
    """What this run has seen."""

    claims: Claims

    def found(self, uuids: Iterable[str]) -> None:
        """Note hooks that the state didn't know before this phase looked."""
        self.claims.note(map(self._found, uuids))

    def shown(self, uuids: Iterable[str]) -> None:
        """Note hooks whose deletion this phase has announced."""
        self.claims.note(map(_shown, uuids))

    def is_news(self, uuid: str) -> bool:
        """Whether this phase found the hook, and no phase before it has shown its deletion."""
        found = self.claims.noted_in(self._found(uuid)) is not None
        return found and not self.all_shown_before([uuid])

    def all_shown_before(self, uuids: Iterable[str]) -> bool:
        """Whether an earlier phase of the run, the preview, has announced the deletion of all."""
        phases = {self.claims.noted_in(_shown(uuid)) for uuid in uuids}
        return not phases & {None, self.claims.phase}

    def _found(self, uuid: str) -> str:
        return f"found {self.claims.phase} {uuid}"


def _shown(uuid: str) -> str:
    return f"shown {uuid}"
