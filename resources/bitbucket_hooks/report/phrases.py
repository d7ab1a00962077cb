"""What is said of one declaration: a line for each thing that happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from bitbucket_hooks.model.sync_status import Sync
from bitbucket_hooks.model.webhook import BY_KEY, PROPERTIES
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.report.changes import Action, ChangedHook, Changes, Drift, Fate
from bitbucket_hooks.report.document import (
    Mark,
    Statement,
    Text,
    code,
    event_list,
    listed,
    name,
    strong,
    text,
)
from bitbucket_hooks.report.findings import Match
from bitbucket_hooks.report.values import HIDDEN_URL, PropertyChange

_LABELS: Final = {
    **{known.key: known.title for known in PROPERTIES.values()},
    "owner": "workspace",
    "workspace": "workspace",
    "repository": "repository",
    "onUnmanaged": "what becomes of unmanaged hooks",
    "repositories": "repositories",
    "hooks": "hooks that may be there",
}


@frozen
class Words:
    """How things are said of what will happen, or of what has."""

    planned: bool

    def verb(self, will: str, was: str) -> str:
        """The one that fits."""
        return will if self.planned else was

    def property(self, change: PropertyChange) -> Text:
        """A property's change."""
        label = _LABELS.get(change.name, change.name)
        if change.gained or change.lost:
            return _sets(change, label)
        if change.name == "secret":
            return text("secret ", strong(change.new), _secret_hint(change))
        if change.name in BY_KEY and isinstance(change.new, bool):
            return text(strong(BY_KEY[change.name].switched(on=change.new)))
        return _plain(change, label)


def _plain(change: PropertyChange, label: str) -> Text:
    if change.new is None:
        return text(f"{label} no longer managed, stays ", code(change.old))
    if change.old == change.new == HIDDEN_URL:
        return text(f"the secret {label} ", strong("changes"))
    if change.old == change.new:
        return text(f"{label} changes in a part that isn't shown: ", code(change.new))
    if change.old is None:
        return text(f"{label}: ", code(change.new))
    return text(f"{label} ", code(change.old), " → ", code(change.new))


def _secret_hint(change: PropertyChange) -> str:
    hints = {"no longer managed": "hooks keep the one they have", "removed": "deliveries unsigned"}
    return f": {hints[str(change.new)]}" if change.new in hints else ""


def _sets(change: PropertyChange, label: str) -> Text:
    verbs = {"events": ("gains ", "loses ")}.get(change.name, (f"{label}: plus ", "minus "))
    parts = []
    if change.gained:
        parts.append(text(verbs[0], listed(code(one) for one in change.gained)))
    if change.lost:
        parts.append(text(verbs[1], listed(code(one) for one in change.lost)))
    return listed(parts, "; ")


def lines_of(hook: ChangedHook, changes: Changes, words: Words) -> tuple[Statement, ...]:
    """All that is said of a declaration, what may hurt first."""
    return (
        *_failed(hook, changes),
        *_lost(hook, words),
        *_new(hook, words),
        *_changed(hook, words),
        *(_drift(one, words) for one in hook.drift),
        *_unchecked(hook.unchecked),
    )


def _failed(hook: ChangedHook, changes: Changes) -> Iterator[Statement]:
    if hook.action is not Action.FAILED:
        return
    if hook.undone:
        yield _on(Mark.FAIL, "not done", hook.undone)
    for one in changes.errors:
        if one.urn == hook.urn:
            for line in filter(None, map(str.strip, one.message.splitlines())):
                yield Statement(Mark.FAIL, text(code(line)))


def _lost(hook: ChangedHook, words: Words) -> Iterator[Statement]:
    if hook.deleted:
        verb = words.verb("will be deleted", "deleted")
        yield _on(Mark.DELETE, verb, hook.deleted, uuids=hook.deleted)
    if hook.replaced:
        verb = words.verb("will be deleted, to be made", "deleted, made")
        what = f"{verb} again where it is declared now:"
        yield _on(Mark.DELETE, what, hook.replaced, uuids=hook.replaced)
    if hook.retained:
        yield _on(Mark.KEEP, "no longer managed, and left as it is", hook.retained)


def _new(hook: ChangedHook, words: Words) -> Iterator[Statement]:
    if hook.created:
        either = "" if hook.looked else " or adopted"
        verb = words.verb(f"to be created{either}", f"created{either}")
        yield _on(Mark.ADD, verb, hook.created, tail=_settings(hook))
    for changed, places in _alike(hook.adopted).items():
        verb = words.verb("will be adopted", "adopted")
        what = listed(code(one) for one in changed) if changed else text("nothing changes on it")
        tail = text("; ", what)
        uuids = {place: hook.adopted[place].uuid for place in places}
        yield _on(Mark.ADD, verb, places, tail=tail, uuids=uuids)
    for place, matches in hook.ambiguous.items():
        found = listed(code(one.uuid) for one in matches)
        hint = text("; say which with ", code("adopt"), ", or delete the others")
        refused = f" has {len(matches)} live hooks that match, so the update will be refused: "
        yield Statement(Mark.FAIL, text(code(place), refused, found, hint))
    for place, near in hook.near.items():
        for one in near:
            hint = text(" has ", code(one.uuid), f", which may be the same: {one.why}")
            yield Statement(Mark.WARN, text(code(place), hint))
    for move in hook.moves:
        whole = "renamed from" if move.whole else "adopted from"
        whose = text(f"{whole} ", name(move.source), "; the live hooks stay as they are")
        yield _on(Mark.KEEP, whose, move.places)
    for move in hook.given:
        whose = text("left to ", name(move.source), "; the live hooks stay as they are")
        yield _on(Mark.KEEP, whose, move.places)


def _alike(adopted: Mapping[str, Match]) -> dict[tuple[str, ...], list[str]]:
    groups: dict[tuple[str, ...], list[str]] = {}
    for place, match in adopted.items():
        groups.setdefault(match.changes, []).append(place)
    return groups


def _settings(hook: ChangedHook) -> Text:
    """What a reviewer wants to know of a new hook."""
    events = text("; events ", event_list(hook.events)) if hook.events else ()
    source = text("; secret from ", code(hook.secret)) if ":" in hook.secret else ()
    secret = {"none": "; no secret declared", "declared": "; with a secret"}.get(hook.secret, "")
    return text(events, source, secret, "" if hook.active else "; inactive")


def _changed(hook: ChangedHook, words: Words) -> Iterator[Statement]:
    lines = [words.property(change) for change in hook.properties]
    if len(lines) == 1 and hook.updated:
        yield _on(Mark.CHANGE, lines[0], hook.updated)
        return
    if lines and hook.updated:
        what = f"{counted(len(lines), 'property')} {words.verb('will change', 'changed')}"
        yield _on(Mark.CHANGE, what, hook.updated)
    for line in lines:
        yield Statement(Mark.CHANGE, line)


def _drift(drift: Drift, words: Words) -> Statement:
    fate = {
        Fate.REPAIRED: words.verb("will be repaired", "repaired"),
        Fate.RECORDED: words.verb("the next update puts it right", "the next update puts it right"),
        Fate.OPEN: "still so",
        Fate.MOOT: "nothing to repair",
    }[drift.fate]
    status = drift.status
    if status.sync is Sync.GONE:
        again = words.verb("will be made again", "made again")
        fate = again if drift.fate is Fate.REPAIRED else fate
        return _on(Mark.DRIFT, text(strong("gone")), drift.places, tail=text(f"; {fate}"))
    if status.sync in (Sync.MISSING, Sync.NOT_UPDATED):
        left = "not made yet" if status.sync is Sync.MISSING else str(status)
        tail = f", an earlier update failed at it; {fate}"
        return _on(Mark.DRIFT, text(strong(left)), drift.places, tail=text(tail))
    what = text("changed by hand to ", code(str(status)))
    if drift.secret_removed:
        rest = text(" and ", code(status.drift)) if status.drift else ()
        what = text(strong("secret removed by hand"), rest)
    return _on(Mark.DRIFT, what, drift.places, tail=text(f"; {fate}"))


def _unchecked(unchecked: Mapping[str, str]) -> Iterator[Statement]:
    groups: dict[str, list[str]] = {}
    for place, why in unchecked.items():
        groups.setdefault(why, []).append(place)
    for why, places in groups.items():
        yield _on(Mark.WARN, "could not be looked at", places, tail=text(": ", code(why)))


def _on(
    mark: Mark,
    what: str | Text,
    places: Iterable[str],
    *,
    tail: Text = (),
    uuids: Mapping[str, str] | None = None,
) -> Statement:
    """A statement about places; of one, its name stands in the line."""
    found = sorted(places)
    where = text(" on ", _where(found))
    items = tuple(_item(place, (uuids or {}).get(place, "")) for place in found)
    if len(found) == 1:
        uuid = (uuids or {}).get(found[0], "")
        where = text(" on ", code(found[0]), text(" ", code(uuid)) if uuid else ())
        items = ()
    return Statement(mark, text(*([what] if isinstance(what, str) else what), where, tail), items)


def _item(place: str, uuid: str) -> Text:
    return text(code(place), " ", code(uuid)) if uuid else text(code(place))


def _where(places: Sequence[str]) -> Text:
    workspaces = {place.partition("/")[0] for place in places}
    noun = "repository" if any("/" in place for place in places) else "workspace"
    of = text(" of ", code(next(iter(workspaces)))) if len(workspaces) == 1 else text("")
    return text(strong(counted(len(places), noun)), of if noun == "repository" else text(""))
