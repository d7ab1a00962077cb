"""What is worth knowing about each hook: insecure, doubled, inactive, managed or not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, frozen

from bitbucket_hooks.inventory.collect import Collected, NotListed
from bitbucket_hooks.inventory.declared import HookInState
from bitbucket_hooks.inventory.live import Addresses, Live, where
from bitbucket_hooks.model.errors import printable, printable_value
from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import origin_shown, veiled
from bitbucket_hooks.model.webhook import SAME_BUT_SLASH, SAME_TITLE_AND_HOST, canonical_text
from bitbucket_hooks.model.wording import first_names

KINDS: Final = ("insecure", "doubled", "inactive", "drifted", "unmanaged", "shared")
"""Of findings, in the order in which they are told."""

_FEW: Final = 3


@frozen
class HookFinding:
    """Something about a hook: its kind, which of the kind's cases, and a sentence."""

    kind: str
    code: str
    text: str


@frozen
class Row:
    """A live hook with everything that is told of it."""

    subject: Subject
    project: str
    live: Live
    standing: str
    """`managed`, `drifted`, `unmanaged`, `read-only`; `unknown` without any state."""
    declared: tuple[HookInState, ...]
    findings: tuple[HookFinding, ...]


@frozen
class Inventory:
    """Everything that is told."""

    workspace: str
    listed_at: str
    """When it was begun, ISO 8601."""
    rows: tuple[Row, ...]
    missing: tuple[HookInState, ...]
    """Hooks that a stack's state has and Bitbucket doesn't."""
    refused: tuple[NotListed, ...]
    stacks: tuple[str, ...] | None
    """Those whose hooks are known; None: no state was given."""
    listed: int
    total: int
    """Repositories, and the workspace itself, that were to be listed."""
    stopped: str | None
    """Why it isn't complete."""

    def figures(self) -> dict[str, int]:
        """How many there are of what."""
        kinds = Counter(
            kind for row in self.rows for kind in {finding.kind for finding in row.findings}
        )
        known = self.stacks is not None
        return {
            "hooks": len(self.rows),
            "repositories": len({row.subject for row in self.rows if row.subject.repository}),
            "hosts": len({row.live.host for row in self.rows}),
            **({"managed": sum(bool(row.declared) for row in self.rows)} if known else {}),
            **{
                kind: kinds[kind]
                for kind in KINDS
                if known or kind not in ("drifted", "unmanaged", "shared")
            },
            **({"missing": len(self.missing)} if known else {}),
        }


def build_inventory(
    found: Collected,
    addresses: Addresses,
    declared: Sequence[HookInState] | None = None,
    stacks: Iterable[str] = (),
) -> Inventory:
    """Find what there is to find. `declared` is None where no stack's state is known."""
    owners = defaultdict(list)
    for hook in declared or ():
        owners[hook.uuid].append(hook)
    doubles = _doubled(found.hooks)
    rows = [
        _row(subject, live, found, tuple(owners[live.uuid]), doubles[live.uuid], addresses)
        if declared is not None
        else _bare(subject, live, found, doubles[live.uuid])
        for subject, hooks in found.hooks.items()
        for live in hooks
    ]
    rows = _veiled(rows)
    there = {row.live.uuid for row in rows} | {refusal.hook for refusal in found.refused}
    gone = [
        hook for hook in declared or () if hook.uuid not in there and hook.subject in found.hooks
    ]
    return Inventory(
        workspace=found.workspace,
        listed_at=found.begun_at,
        rows=tuple(sorted(rows, key=_order)),
        missing=tuple(sorted(gone, key=lambda hook: (where(hook.subject), hook.name))),
        refused=found.refused,
        stacks=None if declared is None else tuple(dict.fromkeys(stacks)),
        listed=len(found.hooks),
        total=found.total,
        stopped=found.stopped.message if found.stopped else None,
    )


def _order(row: Row) -> tuple[str, ...]:
    live = row.live
    return (where(row.subject), (live.description or "").lower(), live.url, live.uuid)


def _bare(subject: Subject, live: Live, found: Collected, doubles: list[HookFinding]) -> Row:
    findings = [*_insecure(live), *doubles, *_inactive(live)]
    project = found.projects.get(subject.repository or "", "")
    return Row(subject, project, live, "unknown", (), tuple(findings))


def _row(
    subject: Subject,
    live: Live,
    found: Collected,
    owners: tuple[HookInState, ...],
    doubles: list[HookFinding],
    addresses: Addresses,
) -> Row:
    drifted = list(_drift(live, owners, addresses))
    standing = "drifted" if drifted else "managed"
    if not owners:
        standing = "read-only" if live.read_only else "unmanaged"
    more = [*drifted, *_unmanaged(standing), *_shared(owners)]
    bare = _bare(subject, live, found, doubles)
    findings = (*bare.findings, *more)
    return evolve(bare, standing=standing, declared=owners, findings=findings)


def _veiled(rows: Sequence[Row]) -> list[Row]:
    """What may be shown: urls within texts too, and of one that a stack has as a secret its host.

    That holds for every hook with that url.
    """
    hidden = {row.live.address for row in rows if any(hook.hides_url for hook in row.declared)}
    return [evolve(row, live=_shown(row.live, row.live.address in hidden)) for row in rows]


def _shown(live: Live, hides_url: bool) -> Live:
    text = live.description and veiled(live.description)
    return evolve(live, description=text, url=origin_shown(live.url) if hides_url else live.url)


def _insecure(live: Live) -> Iterator[HookFinding]:
    if live.url.lower().startswith("http:"):
        yield HookFinding("insecure", "http", "http without TLS: deliveries can be read on the way")
    if live.skip_cert_verification:
        text = "the receiver's certificate isn't checked: somebody on the way can play it"
        yield HookFinding("insecure", "no-certificate-check", text)
    if not live.secret_set:
        text = "no secret: the receiver can't tell deliveries from forged ones"
        yield HookFinding("insecure", "no-secret", text)


def _inactive(live: Live) -> Iterator[HookFinding]:
    if not live.active:
        yield HookFinding("inactive", "inactive", "inactive: nothing is delivered")


def _unmanaged(standing: str) -> Iterator[HookFinding]:
    if standing == "unmanaged":
        yield HookFinding("unmanaged", "unmanaged", "none of the stacks declares it")


def _shared(owners: Sequence[HookInState]) -> Iterator[HookFinding]:
    if len(owners) > 1:
        text = f"declared {len(owners)} times: {_some([label(owner) for owner in owners])}"
        yield HookFinding("shared", "shared", text)


def label(declared: HookInState) -> str:
    """Name a declaration."""
    return f"{declared.name} of {declared.stack}"


def _drift(
    live: Live, owners: Iterable[HookInState], addresses: Addresses
) -> Iterator[HookFinding]:
    for owner in owners:
        drift = owner.drift(live, addresses)
        if drift:
            text = "; ".join(_declared_otherwise(name, value) for name, value in drift.items())
            yield HookFinding("drifted", "drifted", f"not as {label(owner)} has it: {text}")


def _declared_otherwise(name: str, declared: Any) -> str:
    if name == "url":
        return "another url"
    if name == "secret":
        return "no secret, one is declared" if declared else "a secret, none is declared"
    return f"{camel(name)}, declared {printable_value(declared)}"


def _doubled(hooks: Mapping[Subject, Sequence[Live]]) -> dict[str, list[HookFinding]]:
    """Hooks that deliver an event to the same url twice; one that is inactive delivers nothing."""
    found: dict[str, list[HookFinding]] = defaultdict(list)
    wide: dict[str, list[Live]] = defaultdict(list)
    for subject, listed in hooks.items():
        alike = defaultdict(list)
        for hook in listed:
            if hook.active:
                alike[hook.address].append(hook)
        _note_near(listed, found)
        for address, several in alike.items():
            _note_twins(several, found)
            if subject.repository is None:
                wide[address] += several
    _note_covered(hooks, wide, found)
    return found


def _note_twins(several: Sequence[Live], found: dict[str, list[HookFinding]]) -> None:
    for hook in several:
        twins = [other for other in several if other is not hook and _overlap(hook, other)]
        if twins:
            events = sorted({event for other in twins for event in _overlap(hook, other)})
            text = f"delivers {_some(events)} twice: so does {_some(other.uuid for other in twins)}"
            found[hook.uuid].append(HookFinding("doubled", "twin", text))


def _note_near(listed: Sequence[Live], found: dict[str, list[HookFinding]]) -> None:
    """Of the hooks of one subject, those with different urls that may be meant as one."""
    for hook in listed:
        for other in listed:
            why = _resemblance(hook, other) if other.address != hook.address else None
            if why and not (hook.read_only or other.read_only):
                text = f"may be a double of {other.uuid}: {why}"
                found[hook.uuid].append(HookFinding("doubled", "near", text))


def _resemblance(hook: Live, other: Live) -> str | None:
    if hook.near and hook.near == other.near:
        return SAME_BUT_SLASH
    titles = {canonical_text(live.description or "") for live in (hook, other)}
    same = len(titles) == 1 and titles != {""} and hook.host == other.host
    return SAME_TITLE_AND_HOST if same else None


def _note_covered(
    hooks: Mapping[Subject, Sequence[Live]],
    wide: Mapping[str, Sequence[Live]],
    found: dict[str, list[HookFinding]],
) -> None:
    covers: Counter[str] = Counter()
    for subject, listed in hooks.items():
        for hook in listed if subject.repository else ():
            over = [
                other
                for other in wide.get(hook.address, ())
                if _overlap(hook, other) and hook.active
            ]
            if over:
                names = _some(other.uuid for other in over)
                text = f"the workspace's hook {names} delivers to the same url"
                found[hook.uuid].append(HookFinding("doubled", "covered", text))
                covers.update(other.uuid for other in over)
    for uuid, count in covers.items():
        text = f"delivers to the same url as {count:,} hook{'s' * (count > 1)} of repositories"
        found[uuid].append(HookFinding("doubled", "covers", text))


def _overlap(hook: Live, other: Live) -> set[str]:
    return set(hook.events) & set(other.events)


def _some(names: Iterable[str]) -> str:
    return first_names([printable(name, 100) for name in names], _FEW)
