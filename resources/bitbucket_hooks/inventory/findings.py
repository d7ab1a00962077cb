"""What is worth knowing about each hook: insecure, doubled, inactive, managed or not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from attrs import evolve, frozen

from bitbucket_hooks.inventory.collect import Collected
from bitbucket_hooks.inventory.declared import HookInState
from bitbucket_hooks.inventory.live import Addresses, Live, where
from bitbucket_hooks.model.errors import printable, printable_value
from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import origin_shown, veiled
from bitbucket_hooks.model.webhook import SAME_BUT_SLASH, SAME_TITLE_AND_HOST, canonical_text
from bitbucket_hooks.model.wording import counted, first_names

KINDS: Final = ("insecure", "doubled", "inactive", "drifted", "unmanaged", "shared")
"""Of findings, in the order in which they are shown."""

_FEW: Final = 3


@frozen
class HookFinding:
    """Something about a hook: its kind, which of the kind's cases, and a sentence."""

    kind: str
    code: str
    text: str


@frozen
class Row:
    """A live hook with everything that is known of it."""

    subject: Subject
    project: str
    live: Live
    standing: str
    """`managed`, `drifted`, `unmanaged`, `read-only`; `unknown` without any state."""
    declared: tuple[HookInState, ...]
    findings: tuple[HookFinding, ...]

    def order(self) -> tuple[str, ...]:
        """What rows are sorted by."""
        title = (self.live.description or "").lower()
        return (where(self.subject), title, self.live.url, self.live.uuid)


@frozen
class Inventory:
    """The hooks of a workspace and its repositories."""

    found: Collected
    rows: tuple[Row, ...]
    missing: tuple[HookInState, ...]
    """Hooks that a stack's state has and Bitbucket doesn't."""
    stacks: tuple[str, ...] | None
    """Those whose hooks are known; None: no state was given."""

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
) -> Inventory:
    """Find what there is to find. `declared` is None where no stack's state is known."""
    owners: dict[str, list[HookInState]] = defaultdict(list)
    for hook in declared or ():
        owners[hook.uuid].append(hook)
    doubles = _doubled(found.hooks)
    rows = []
    for subject, hooks in found.hooks.items():
        project = found.projects.get(subject.repository or "", "")
        for live in hooks:
            own = tuple(owners[live.uuid])
            drift = list(_drift(live, own, addresses))
            standing = "unknown" if declared is None else _standing(live, own, drift)
            findings = tuple(_findings(live, doubles[live.uuid], own, drift, standing))
            rows.append(Row(subject, project, live, standing, own, findings))
    there = {row.live.uuid for row in rows} | {refusal.hook for refusal in found.refused}
    gone = [
        hook for hook in declared or () if hook.uuid not in there and hook.subject in found.hooks
    ]
    return Inventory(
        found,
        rows=tuple(sorted(_veiled(rows), key=Row.order)),
        missing=tuple(sorted(gone, key=lambda hook: (where(hook.subject), hook.name))),
        stacks=None if declared is None else tuple({hook.stack: None for hook in declared}),
    )


def _standing(live: Live, owners: Sequence[HookInState], drift: Sequence[HookFinding]) -> str:
    if owners:
        return "drifted" if drift else "managed"
    return "read-only" if live.read_only else "unmanaged"


def _veiled(rows: Sequence[Row]) -> Iterator[Row]:
    """What may be shown: urls within texts too, and of one that a stack has as a secret its host.

    That holds for every hook with that url.
    """
    hidden = {row.live.address for row in rows if any(hook.hides_url for hook in row.declared)}
    for row in rows:
        live = row.live
        text = live.description and veiled(live.description)
        url = origin_shown(live.url) if live.address in hidden else live.url
        yield evolve(row, live=evolve(live, description=text, url=url))


def _findings(
    live: Live,
    doubles: Iterable[HookFinding],
    owners: Sequence[HookInState],
    drift: Iterable[HookFinding],
    standing: str,
) -> Iterator[HookFinding]:
    """Everything that is worth knowing of a hook, in the order of KINDS."""
    if live.url.lower().startswith("http:"):
        yield HookFinding("insecure", "http", "http without TLS: deliveries can be read on the way")
    if live.skip_cert_verification:
        text = "the receiver's certificate isn't checked: somebody on the way can play it"
        yield HookFinding("insecure", "no-certificate-check", text)
    if not live.secret_set:
        text = "no secret: the receiver can't tell deliveries from forged ones"
        yield HookFinding("insecure", "no-secret", text)
    yield from doubles
    if not live.active:
        yield HookFinding("inactive", "inactive", "inactive: nothing is delivered")
    yield from drift
    if standing == "unmanaged":
        yield HookFinding("unmanaged", "unmanaged", "none of the stacks declares it")
    if len(owners) > 1:
        text = f"declared {len(owners)} times: {_names(map(label, owners))}"
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


def _declared_otherwise(name: str, declared: object) -> str:
    if name == "url":
        return "another url"
    if name == "secret":
        return "no secret, one is declared" if declared else "a secret, none is declared"
    return f"{camel(name)}, declared {printable_value(declared)}"


def _doubled(hooks: Mapping[Subject, Sequence[Live]]) -> dict[str, list[HookFinding]]:
    """By uuid, the hooks that deliver an event twice to a url, or may be meant as one hook."""
    found: dict[str, list[HookFinding]] = defaultdict(list)
    covers: Counter[str] = Counter()
    wide = [hook for subject in hooks if not subject.repository for hook in hooks[subject]]
    for subject, listed in hooks.items():
        for hook in listed:
            found[hook.uuid] += [*_near(hook, listed), *_twins(hook, listed)]
            over = [other.uuid for other in wide if _common_events(hook, other)]
            if over and subject.repository:
                text = f"the workspace's hook {_names(over)} delivers to the same url"
                found[hook.uuid].append(HookFinding("doubled", "covered", text))
                covers.update(over)
    for uuid, count in covers.items():
        text = f"delivers to the same url as {counted(count, 'hook')} of repositories"
        found[uuid].append(HookFinding("doubled", "covers", text))
    return found


def _near(hook: Live, listed: Sequence[Live]) -> Iterator[HookFinding]:
    """Hooks of the same subject with other urls that may be meant as one with it."""
    for other in listed:
        why = _resemblance(hook, other) if other.address != hook.address else None
        if why and not (hook.read_only or other.read_only):
            yield HookFinding("doubled", "near", f"may be a double of {other.uuid}: {why}")


def _resemblance(hook: Live, other: Live) -> str | None:
    if hook.near and hook.near == other.near:
        return SAME_BUT_SLASH
    titles = {canonical_text(live.description or "") for live in (hook, other)}
    same = len(titles) == 1 and titles != {""} and hook.host == other.host
    return SAME_TITLE_AND_HOST if same else None


def _twins(hook: Live, listed: Sequence[Live]) -> Iterator[HookFinding]:
    """Hooks of the same subject that deliver an event to the same url."""
    common = {other.uuid: _common_events(hook, other) for other in listed if other is not hook}
    twins = [uuid for uuid, events in common.items() if events]
    if twins:
        events = sorted(set().union(*common.values()))
        text = f"delivers {_names(events)} twice: so does {_names(twins)}"
        yield HookFinding("doubled", "twin", text)


def _common_events(hook: Live, other: Live) -> set[str]:
    """The events that both deliver to one url; what is inactive delivers nothing."""
    if hook.address != other.address or not (hook.active and other.active):
        return set()
    return set(hook.events) & set(other.events)


def _names(names: Iterable[str]) -> str:
    return first_names([printable(name, 100) for name in names], _FEW)
