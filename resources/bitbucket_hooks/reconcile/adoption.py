"""Which live hook a new declaration means, if any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attrs import evolve

from bitbucket_hooks.model.adopt_policy import MATCH, NEVER
from bitbucket_hooks.model.errors import ConflictError, printable, printable_value
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import origin_shown
from bitbucket_hooks.model.webhook import (
    Desired,
    Observed,
    SecretChange,
    canonical_text,
    differences,
    secret_change,
)


def adoptable(
    desired: Desired, live: Mapping[str, Observed], policy: str, taken: Callable[[str], bool]
) -> Observed | None:
    """Choose the hook to adopt; None: make a new one.

    `policy` is `match`, `never` or a uuid; `taken` says whether another declaration has a uuid.
    Raises ConflictError when several match, or the uuid isn't there to be taken.
    """
    if policy not in (MATCH, NEVER):
        return _named(desired, live, policy, taken)
    matches = candidates(desired, live.values(), policy, taken)
    if len(matches) > 1:
        raise ConflictError(
            f"{desired.subject}: {len(matches)} hooks already match this declaration: "
            + ", ".join(f"{hook.uuid} ({described(hook)})" for hook in matches),
            "Say which one with adopt=UUID, or delete the others.",
        )
    return matches[0] if matches else None


def candidates(
    desired: Desired, live: Iterable[Observed], policy: str, taken: Callable[[str], bool]
) -> list[Observed]:
    """The hooks that a declaration may adopt; several are one too many."""
    if policy == NEVER:
        return []
    if policy != MATCH:
        return [hook for hook in live if hook.uuid == policy]
    matches = (hook for hook in live if desired.matches(hook) and not hook.read_only)
    return [hook for hook in matches if not taken(hook.uuid)]


def near_misses(
    desired: Desired, live: Iterable[Observed], taken: Callable[[str], bool]
) -> dict[str, str]:
    """Live hooks that a declaration doesn't mean, though it seems so: by uuid, why it seems so."""
    free = [hook for hook in live if not hook.read_only and not taken(hook.uuid)]
    found = {hook.uuid: desired.resembles(hook) for hook in free}
    return {uuid: why for uuid, why in found.items() if why}


def changed_text_warning(desired: Desired, live: Observed) -> str | None:
    """Warn that the service stored a text in another form than it was sent; None: it didn't."""
    sent, stored = desired.description, live.description
    if sent in (None, stored) or canonical_text(sent or "") != canonical_text(stored or ""):
        return None
    return (
        f"{desired.subject}: the description of the hook {live.uuid} was stored in another form "
        f"than it is declared ({_ascii(sent)}, stored {_ascii(stored)}): spaces at the ends and "
        "Unicode forms are not compared"
    )


def _ascii(text: str | None) -> str:
    """A text in which the Unicode form shows."""
    return printable(ascii(text), 100)


def _named(
    desired: Desired, live: Mapping[str, Observed], uuid: str, taken: Callable[[str], bool]
) -> Observed:
    if taken(uuid):
        raise ConflictError(
            f"{desired.subject}: the hook {uuid} that adopt names belongs to another resource",
            "Take it out of the other resource first, or name another hook.",
        )
    if uuid not in live:
        there = ", ".join(sorted(live)) or "none"
        raise ConflictError(
            f"{desired.subject}: there is no hook {uuid}, which adopt names (there are: {there})",
            "Correct the uuid, or take adopt away to make a new hook.",
        )
    return live[uuid]


def ours_after_lost_answer(
    desired: Desired, before: Mapping[str, Observed], now: Mapping[str, Observed]
) -> list[Observed]:
    """The hooks that a POST with a lost answer may have made: equal, and not there before."""
    sent = evolve(desired, description=desired.description or "")
    return [hook for uuid, hook in now.items() if uuid not in before and sent.matches(hook)]


def described(hook: Observed) -> str:
    """A hook for a message."""
    return f'"{printable(hook.description, 60)}"' if hook.description else "without description"


def changes_by_adoption(
    desired: Desired, found: Observed, show: Callable[[str], str] = origin_shown
) -> tuple[str, ...]:
    """Each thing that adopting a hook changes on it, in words; `show` hides what urls may not."""
    old, new = evolve(found, url=show(found.url)), evolve(desired, url=show(desired.url))
    changes = [
        _change(name, getattr(old, name), getattr(new, name))
        for name in differences(desired, found)
        if name != "secret"
    ]
    secret = secret_change(desired.secret, known=None, is_set=found.secret_set)
    if secret is not SecretChange.KEEP:
        changes.append("secret " + ("set" if secret is SecretChange.SET else "removed"))
    return tuple(changes)


def adoption_notice(subject: Subject, uuid: str, changes: Iterable[str]) -> str:
    """Say that a hook was adopted, and what this changes on it."""
    what = "; ".join(changes) or "nothing changes on it"
    return f"{subject}: adopted the existing hook {uuid}: {what}"


def _change(name: str, old: object, new: object) -> str:
    if old == new:
        return f"{name} changed behind {printable(str(old))}"
    return f"{name} {printable_value(old)} => {printable_value(new)}"
