"""Hooks that two stacks seem to share: by their states, and by what their files declare."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from attrs import frozen

from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.doctor.case import open_case
from bitbucket_hooks.doctor.findings import Finding, error, first, note, ok, unknown, warning
from bitbucket_hooks.inventory.declared import HookInState, declared_in
from bitbucket_hooks.inventory.live import where
from bitbucket_hooks.model.errors import HooksError, printable
from bitbucket_hooks.model.globs import is_glob
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import comparable, origin_shown
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.pulumi_cli.engine import ask
from bitbucket_hooks.stack.entries import Draft, Hidden
from bitbucket_hooks.stack.selection import Selection

_SIDE_BY_SIDE: Final = 4

Listed = Mapping[tuple[str, str], Sequence[Repository]]
"""The repositories of workspaces that were listed, by the API's address and the workspace."""


def exports(
    names: Sequence[str], notify: Callable[[str], None]
) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """The states of stacks as the engine exports them, and the names of those that it can't."""
    done: dict[str, Mapping[str, Any]] = {}
    failed: list[str] = []

    def export(name: str) -> Any:
        try:
            return ask(f"{name} can't be exported", "stack", "export", "--stack", name)
        except HooksError:
            return None

    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        for name, exported in zip(names, pool.map(export, names), strict=True):
            notify(f"exporting states: {len(done) + 1} of {len(names)}")
            if isinstance(exported, dict):
                done[name] = exported
            else:
                failed.append(name)
    return done, failed


def states(exported: Mapping[str, Mapping[str, Any]], failed: Sequence[str]) -> Iterator[Finding]:
    """Hooks that the states of two stacks have."""
    owners: dict[str, dict[str, HookInState]] = defaultdict(dict)
    for name, state in exported.items():
        for hook in declared_in(state):
            owners[hook.uuid].setdefault(name, hook)
    shared = [several for several in owners.values() if len(several) > 1]
    if shared:
        yield error(
            "states",
            f"{len(shared):,} hook{'s' * (len(shared) > 1)} in the states of two stacks: what one "
            "changes or deletes, the other has to repair",
            "Declare each in one stack alone; `pulumi state delete URN` in the other one forgets "
            "it there and leaves the hook.",
            *first([_owned(several) for several in shared]),
        )
    elif len(exported) > 1:
        yield ok("states", f"{len(exported):,} stacks, no hook in the state of two")
    elif not failed:
        yield ok("states", "there is no other stack")
    if failed:
        names = ", ".join(printable(name, 60) for name in failed)
        yield unknown("states", f"can't be exported: {names}", "Try `pulumi stack export`.")


def emptied(state: Mapping[str, Any]) -> Iterator[Finding]:
    """Hooks of a kind that a stack config makes, in the state of one that declares none."""
    there = [hook for hook in declared_in(state) if hook.kind != "Hook"]
    if there:
        yield note(
            "state",
            f"has {counted(len(there), 'hook')} of fleets or workspaces, and the stack config "
            "declares none: an update deletes those that the program doesn't declare itself",
            "Look whether the key bitbucket-hooks:hooks is there, and spelt right.",
        )


def _owned(several: Mapping[str, HookInState]) -> str:
    hook = next(iter(several.values()))
    names = " and ".join(f"{declared.name} of {stack}" for stack, declared in several.items())
    return f"{where(hook.subject)} {hook.uuid}: {names}"


@frozen
class _DeliveryKey:
    """Where a hook of a stack is to deliver from, and to."""

    api: str
    subject: Subject
    url: str


def declarations(names: Sequence[str], listed: Listed) -> Iterator[Finding]:
    """Hooks that the files of two stacks declare: same API, same repository, same url."""
    owners: dict[_DeliveryKey, dict[str, str]] = defaultdict(dict)
    unread: list[str] = []
    hidden = 0
    drafts: list[tuple[str, str, Draft]] = []
    for name in names:
        try:
            drafts += [(name, api, draft) for api, draft in _declared(name)]
        except HooksError:
            unread.append(name)
    known = _named([(api, draft) for _, api, draft in drafts])
    for name, api, draft in drafts:
        if isinstance(draft.values.get("url"), Hidden):
            hidden += 1
            continue
        for subject in _subjects(draft, api, known, listed):
            place = _DeliveryKey(api, subject, comparable(str(draft.values["url"])))
            owners[place].setdefault(name, str(draft.values["name"]))
    yield from _declared_twice(owners, len({name for name, _, _ in drafts}))
    if hidden:
        yield note("declarations", f"{hidden:,} with an encrypted url can't be compared")
    if unread:
        yield unknown("declarations", f"with mistakes: {', '.join(unread)}", _CHECK)


_CHECK: Final = "`bitbucket-hooks check` names them."


def _declared_twice(
    owners: Mapping[_DeliveryKey, Mapping[str, str]], count: int
) -> Iterator[Finding]:
    shared = [(place, several) for place, several in owners.items() if len(several) > 1]
    if shared:
        yield warning(
            "declarations",
            f"{len(shared):,} hook{'s' * (len(shared) > 1)} that two stacks declare: each "
            "adopts the other's, or makes a second one",
            "Leave each to one stack, or give the two different urls.",
            *first(
                [
                    f"{where(place.subject)} {origin_shown(place.url)}: "
                    + " and ".join(f"{hook} of {stack}" for stack, hook in several.items())
                    for place, several in shared
                ]
            ),
        )
    elif count > 1:
        yield ok("declarations", f"{count:,} stacks, none declares a hook of another")


def _declared(name: str) -> Iterator[tuple[str, Draft]]:
    """The entries of a stack with the address of their API. Raises ConfigError."""
    case = open_case(name, None)
    if case.checked is None or case.checked.problems:
        raise HooksError(name)
    apis = {account.name: account.api_url for account in case.accounts()}
    for draft in case.checked.drafts:
        yield apis.get(draft.values.get("account")) or "", draft


def _named(drafts: Iterable[tuple[str, Draft]]) -> Mapping[tuple[str, str], set[str]]:
    """The repositories that any entry names, which is all there is to hold globs against."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for api, draft in drafts:
        named = draft.values.get("repositories") or ()
        found[api, str(draft.values["owner"])].update(slug for slug in named if not is_glob(slug))
    return found


def _subjects(
    draft: Draft, api: str, known: Mapping[tuple[str, str], set[str]], listed: Listed
) -> Iterable[Subject]:
    owner = str(draft.values["owner"])
    if draft.values.get("workspace"):
        return [Subject(owner)]
    there = listed.get((api, owner))
    if there is None and "project" not in draft.values:
        there = [Repository(slug, "", "") for slug in sorted(known.get((api, owner), ()))]
    chosen = Selection(draft).choose(there or ()).slugs
    return [Subject(owner, slug) for slug in chosen]
