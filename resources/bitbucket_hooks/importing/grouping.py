"""Which live hooks are copies of one hook, and which have to be told apart by their uuids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence

from attrs import frozen

from bitbucket_hooks.inventory.live import Live
from bitbucket_hooks.model.subject import Subject

Listed = Mapping[Subject, Sequence[Live]]


@frozen
class Kind:
    """Everything that copies of one hook have in common."""

    address: str
    """The digest of the whole url."""
    description: str
    events: tuple[str, ...]
    active: bool
    skip_cert_verification: bool
    history_enabled: bool
    secret_set: bool

    @classmethod
    def of(cls, live: Live) -> Kind:
        """What a live hook is a copy of. What Bitbucket doesn't tell can't be set apart."""
        return cls(
            live.address,
            live.description or "",
            live.events,
            live.active,
            bool(live.skip_cert_verification),
            bool(live.history_enabled),
            live.secret_set,
        )


@frozen
class Group:
    """Hooks that one entry declares."""

    kind: Kind
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
    return [one for one in hooks if not one.read_only]


def group(listed: Listed, left_out: Container[str]) -> list[Group]:
    """Put equal hooks together, the largest group first; `left_out` has uuids.

    Doubles, of equal url and description on one subject, stay alone: each is adopted by its uuid.
    """
    together: dict[tuple[Kind, bool, str], dict[Subject, Live]] = defaultdict(dict)
    titled: set[tuple[Kind, bool, str]] = set()
    for subject, hooks in listed.items():
        for one in mine(hooks):
            if one.uuid in left_out:
                continue
            alike = [two for two in mine(hooks) if two.address == one.address]
            doubled = sum(two.description == one.description for two in alike) > 1
            key = (Kind.of(one), subject.repository is None, one.uuid if doubled else "")
            together[key][subject] = one
            if len(alike) > 1:
                titled.add(key)
    groups = [
        Group(key[0], hooks, key[2] or None, key in titled) for key, hooks in together.items()
    ]
    return sorted(groups, key=_order)


def _order(group: Group) -> tuple[object, ...]:
    """The same in every run: an address is another digest each time, and only then decides."""
    kind, first = group.kind, min(group.hooks.values(), key=lambda one: one.uuid)
    told = (kind.description, first.url, kind.events, not kind.active, not kind.secret_set)
    return (-len(group.hooks), *told, first.uuid)
