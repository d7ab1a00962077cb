"""Which live hooks are copies of one hook, and their whole urls, which no inventory keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field, frozen

from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.inventory.live import Addresses, Live
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import UNDOCUMENTED, Observed, canonical_text

Listed = Mapping[Subject, Sequence[Live]]


@frozen
class HookGroup:
    """Hooks that one entry declares."""

    kind: Live
    """Everything that they have in common."""
    hooks: Mapping[Subject, Live]
    """One on each subject."""
    adopt: str | None
    """The uuid of the only one, where url and description fit several hooks."""
    titled: bool
    """Whether others have the same url, so that the description is needed."""

    @property
    def workspace(self) -> bool:
        """Whether it is a hook of the workspace itself."""
        return None in self.slugs

    @property
    def slugs(self) -> tuple[str | None, ...]:
        """The repositories; None is the workspace."""
        return tuple(subject.repository for subject in self.hooks)


@define
class Urls:
    """The whole urls by their digests, in memory alone: they may be secret."""

    addresses: Addresses
    _whole: dict[str, str] = field(factory=dict, repr=False)

    def add(self, hook: Observed) -> None:
        """Keep the url of a hook. Of several spellings of one, the first in the alphabet stays."""
        address = self.addresses.digest(hook.url)
        self._whole[address] = min(hook.url, self._whole.get(address, hook.url))

    def complete(self, groups: Iterable[HookGroup], listed: Listed, api: HookApi) -> None:
        """List again what a file kept without its url. Raises ApiError."""
        for subject in (next(iter(group.hooks)) for group in groups):
            if any(hook.address not in self._whole for hook in listed[subject]):
                for hook in api.listing(subject).hooks:
                    self.add(hook)

    def whole(self, group: HookGroup) -> str | None:
        """The whole url of a group; None: its hooks were changed since they were listed."""
        return self._whole.get(group.kind.address)


def manageable(hooks: Sequence[Live]) -> list[Live]:
    """Those that can be managed: not what an app owns."""
    return [hook for hook in hooks if not hook.read_only]


def group_hooks(listed: Listed, left_out: Container[str]) -> list[HookGroup]:
    """Put equal hooks together, the largest group first; `left_out` has uuids.

    Doubles, of equal url and description on one subject, stay alone: each is adopted by its uuid.
    """
    together: dict[tuple[Live, bool, str], dict[Subject, Live]] = defaultdict(dict)
    titled: set[tuple[Live, bool, str]] = set()
    for subject, hooks in listed.items():
        for hook in manageable(hooks):
            if hook.uuid in left_out:
                continue
            alike = [other for other in manageable(hooks) if other.address == hook.address]
            doubled = sum(_title(other) == _title(hook) for other in alike) > 1
            key = (_kind(hook), subject.repository is None, hook.uuid if doubled else "")
            together[key][subject] = hook
            if len(alike) > 1:
                titled.add(key)
    groups = [
        HookGroup(key[0], hooks, key[2] or None, key in titled) for key, hooks in together.items()
    ]
    return sorted(groups, key=_order)


def _kind(live: Live) -> Live:
    """A live hook without what sets it apart from its copies.

    What Bitbucket's answer leaves out can't set them apart either.
    """
    off: dict[str, Any] = {name: False for name in UNDOCUMENTED if getattr(live, name) is None}
    return evolve(live, uuid="", created_at=None, url="", description=_title(live), **off)


def _title(live: Live) -> str:
    return canonical_text(live.description or "")


def _order(group: HookGroup) -> tuple[object, ...]:
    """The same in every run: an address is another digest each time, and only then decides."""
    kind, first = group.kind, min(group.hooks.values(), key=lambda hook: hook.uuid)
    rest = (kind.description, first.url, kind.events, not kind.active, not kind.secret_set)
    return (-len(group.hooks), *rest, first.uuid)
