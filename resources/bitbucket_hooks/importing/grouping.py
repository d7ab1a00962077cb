"""Which live hooks are copies of one hook, and which have to be told apart by their uuids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from bitbucket_hooks.inventory.live import Live
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import UNDOCUMENTED, canonical_text

Listed = Mapping[Subject, Sequence[Live]]


def kind_of(live: Live) -> Live:
    """A live hook without what sets it apart from its copies.

    What Bitbucket doesn't tell can't set them apart either.
    """
    off: dict[str, Any] = {name: False for name in UNDOCUMENTED if getattr(live, name) is None}
    return evolve(live, uuid="", created_at=None, url="", description=_title(live), **off)


def _title(live: Live) -> str:
    return canonical_text(live.description or "")


@frozen
class HookGroup:
    """Hooks that one entry declares."""

    kind: Live
    """Everything that they have in common."""
    hooks: Mapping[Subject, Live]
    """One on each subject."""
    adopt: str | None
    """The uuid of the only one, where url and description don't tell which hook is meant."""
    titled: bool
    """Whether the description is needed to tell the hook from others with its url."""

    @property
    def workspace(self) -> bool:
        """Whether it is a hook of the workspace itself."""
        return None in self.slugs

    @property
    def slugs(self) -> tuple[str | None, ...]:
        """The repositories; None is the workspace."""
        return tuple(subject.repository for subject in self.hooks)


def mine(hooks: Sequence[Live]) -> list[Live]:
    """Those that can be managed: not what an app owns."""
    return [hook for hook in hooks if not hook.read_only]


def group_hooks(listed: Listed, left_out: Container[str]) -> list[HookGroup]:
    """Put equal hooks together, the largest group first; `left_out` has uuids.

    Doubles, of equal url and description on one subject, stay alone: each is adopted by its uuid.
    """
    together: dict[tuple[Live, bool, str], dict[Subject, Live]] = defaultdict(dict)
    titled: set[tuple[Live, bool, str]] = set()
    for subject, hooks in listed.items():
        for hook in mine(hooks):
            if hook.uuid in left_out:
                continue
            alike = [other for other in mine(hooks) if other.address == hook.address]
            doubled = sum(_title(other) == _title(hook) for other in alike) > 1
            key = (kind_of(hook), subject.repository is None, hook.uuid if doubled else "")
            together[key][subject] = hook
            if len(alike) > 1:
                titled.add(key)
    groups = [
        HookGroup(key[0], hooks, key[2] or None, key in titled) for key, hooks in together.items()
    ]
    return sorted(groups, key=_order)


def _order(group: HookGroup) -> tuple[object, ...]:
    """The same in every run: an address is another digest each time, and only then decides."""
    kind, first = group.kind, min(group.hooks.values(), key=lambda hook: hook.uuid)
    rest = (kind.description, first.url, kind.events, not kind.active, not kind.secret_set)
    return (-len(group.hooks), *rest, first.uuid)
