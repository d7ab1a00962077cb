"""Holds a new entry against what is live, by the rules that the next `up` goes by."""

from __future__ import annotations

from collections.abc import Sequence

from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.importing.drafting import New
from bitbucket_hooks.importing.grouping import HookGroup, Listed
from bitbucket_hooks.model.errors import ConflictError
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Desired, differences
from bitbucket_hooks.reconcile.adoption import adoptable
from bitbucket_hooks.stack.selection import Selection


def faults(entry: New, listed: Listed, repositories: Sequence[Repository]) -> list[str]:
    """What keeps an entry from being exactly its group: the rules' own words, or ours."""
    if entry.draft.problems:
        return [text.partition(": ")[2] for text in entry.draft.problems]
    group = entry.group
    if not group.workspace:
        selection = Selection(entry.draft).choose(repositories)
        if sorted(selection.slugs) != sorted(map(str, group.slugs)):
            return ["its repositories can't be told exactly"]
    wrong = [subject for subject in group.hooks if not _taken_over(entry, subject, listed)]
    return [f"the hook on {subject} would not be adopted as it is" for subject in wrong[:1]]


def _taken_over(entry: New, subject: Subject, listed: Listed) -> bool:
    """Whether a create finds the hook and has nothing to write."""
    desired = _desired(entry, subject)
    live = {hook.uuid: hook.observed() for hook in listed[subject]}
    try:
        found = adoptable(desired, live, entry.draft.values.get("adopt", "match"), lambda _: False)
    except ConflictError:
        return False
    meant = entry.group.hooks[subject].uuid
    return found is not None and found.uuid == meant and not differences(desired, found)


def _desired(entry: New, subject: Subject) -> Desired:
    values, group = entry.draft.values, entry.group
    secret = values.get("secret", values.get("secretFrom"))
    return Desired.of(subject, values, url=group.kind.address, secret=secret)


def reason(group: HookGroup, wrong: Sequence[str]) -> str:
    """Why hooks are left out, in one sentence."""
    count = len(group.hooks)
    first = next(iter(group.hooks))
    more = f" and {count - 1:,} more" if count > 1 else ""
    uuid = group.hooks[first].uuid
    return f"{first}{more}: the hook {uuid} can't be declared: {'; '.join(wrong)}"
