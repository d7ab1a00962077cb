"""Hooks that two stacks seem to share: by their states, and by what their files declare."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.doctor.configuration import read_configuration
from bitbucket_hooks.doctor.findings import Finding, error, first, note, ok, unknown, warning
from bitbucket_hooks.doctor.planned import Listed, named_subjects
from bitbucket_hooks.inventory.declared import HookInState, declared_in
from bitbucket_hooks.inventory.live import where
from bitbucket_hooks.model.errors import HooksError, printable
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import comparable, origin_shown
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.pulumi_cli.engine import ask
from bitbucket_hooks.stack.entries import Draft
from bitbucket_hooks.stack.files import Hidden
from bitbucket_hooks.stack.selection import Selection

_SIDE_BY_SIDE: Final = 4


def exports(names: Sequence[str], notify: Callable[[str], None]) -> dict[str, Any]:
    """The states of stacks as the engine exports them; None for one that it can't."""

    def export(name: str) -> Any:
        try:
            return ask(f"{name} can't be exported", "stack", "export", "--stack", name)
        except HooksError:
            return None

    found: dict[str, Any] = {}
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        for name, exported in zip(names, pool.map(export, names), strict=True):
            notify(f"exporting states: {len(found) + 1} of {len(names)}")
            found[name] = exported
    return found


def states(exported: Mapping[str, Any]) -> Iterator[Finding]:
    """Hooks that the states of two stacks have."""
    owners: dict[str, dict[str, HookInState]] = defaultdict(dict)
    for name, state in exported.items():
        for hook in declared_in(state):
            owners[hook.uuid].setdefault(name, hook)
    shared = [hooks for hooks in owners.values() if len(hooks) > 1]
    failed = [printable(name, 60) for name, state in exported.items() if state is None]
    if shared:
        yield error(
            "states",
            f"{counted(len(shared), 'hook')} in the states of two stacks: what one changes or "
            "deletes, the other has to repair",
            "Declare each in one stack alone; `pulumi state delete URN` in the other one forgets "
            "it there and leaves the hook.",
            first([_owners(hooks) for hooks in shared]),
        )
    elif len(exported) - len(failed) > 1:
        yield ok("states", f"{len(exported) - len(failed):,} stacks, no hook in the state of two")
    elif not failed:
        yield ok("states", "there is no other stack")
    if failed:
        what = f"can't be exported: {', '.join(failed)}"
        yield unknown("states", what, "Try `pulumi stack export`.")


def _owners(hooks: Mapping[str, HookInState]) -> str:
    hook = next(iter(hooks.values()))
    names = " and ".join(f"{owned.name} of {stack}" for stack, owned in hooks.items())
    return f"{where(hook.subject)} {hook.uuid}: {names}"


def emptied(state: Any) -> Iterator[Finding]:
    """Hooks of a kind that a stack config makes, in the state of one that declares none."""
    there = [hook for hook in declared_in(state) if hook.kind != "Hook"]
    if there:
        yield note(
            "state",
            f"has {counted(len(there), 'hook')} of fleets or workspaces, and the stack config "
            "declares none: an update deletes those that the program doesn't declare itself",
            "Look whether the key bitbucket-hooks:hooks is there, and spelt right.",
        )


def declarations(names: Sequence[str], listed: Listed) -> Iterator[Finding]:
    """Hooks that the files of two stacks declare: same API, same repository, same url."""
    drafts: list[tuple[str, str, Draft]] = []
    unread: list[str] = []
    for name in names:
        try:
            drafts += [(name, api, draft) for api, draft in _declared(name)]
        except HooksError:
            unread.append(name)
    open_ = [entry for entry in drafts if not isinstance(entry[2].values.get("url"), Hidden)]
    count = len({name for name, _, _ in drafts})
    if shared := _declared_twice(open_, _known(drafts, listed)):
        yield warning(
            "declarations",
            f"{counted(len(shared), 'hook')} that two stacks declare: each adopts the other's, or "
            "makes a second one",
            "Leave each to one stack, or give the two different urls.",
            first(shared),
        )
    elif count > 1:
        yield ok("declarations", f"{count:,} stacks, none declares a hook of another")
    if hidden := len(drafts) - len(open_):
        yield note("declarations", f"{hidden:,} with an encrypted url can't be compared")
    if unread:
        what = f"with mistakes: {', '.join(unread)}"
        yield unknown("declarations", what, "`bitbucket-hooks check` names them.")


def _known(drafts: Iterable[tuple[str, str, Draft]], listed: Listed) -> Listed:
    """The repositories that any entry names, and of workspaces that were listed all there are."""
    named: dict[tuple[str, str], set[str]] = defaultdict(set)
    for _, api, draft in drafts:
        for subject in named_subjects(draft):
            if subject.repository is not None:
                named[api, subject.workspace].add(subject.repository)
    return {
        key: [Repository(slug, "", "") for slug in sorted(slugs)] for key, slugs in named.items()
    } | listed


def _declared_twice(drafts: Iterable[tuple[str, str, Draft]], known: Listed) -> list[str]:
    owners: dict[tuple[str, Subject, str], dict[str, str]] = defaultdict(dict)
    for name, api, draft in drafts:
        owner, url = str(draft.values["owner"]), comparable(str(draft.values["url"]))
        subjects = [Subject(owner)]
        if not draft.values.get("workspace"):
            chosen = Selection(draft).choose(known.get((api, owner), ()))
            subjects = [Subject(owner, slug) for slug in chosen.slugs]
        for subject in subjects:
            owners[api, subject, url].setdefault(name, str(draft.values["name"]))
    return [
        f"{where(subject)} {origin_shown(url)}: "
        + " and ".join(f"{hook} of {stack}" for stack, hook in hooks.items())
        for (_, subject, url), hooks in owners.items()
        if len(hooks) > 1
    ]


def _declared(name: str) -> Iterator[tuple[str, Draft]]:
    """The entries of a stack with the address of their API. Raises HooksError."""
    configuration = read_configuration(name)
    if configuration.checked is None or configuration.checked.problems:
        raise HooksError(name)
    apis = {account.name: account.api_url for account in configuration.accounts}
    for draft in configuration.drafts:
        yield apis.get(draft.account) or "", draft
