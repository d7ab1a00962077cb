"""What is said of one declaration: a line for each thing that happens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeVar

from bitbucket_hooks.model.sync_status import Sync
from bitbucket_hooks.model.webhook import BY_KEY, PROPERTIES
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.report.changes import (
    Action,
    ChangedHook,
    Changes,
    Drift,
    Exclusive,
    Fate,
    Unmanaged,
)
from bitbucket_hooks.report.document import (
    Mark,
    Span,
    Statement,
    Text,
    code,
    codes,
    event_list,
    listed,
    name,
    strong,
    text,
)
from bitbucket_hooks.report.values import HIDDEN_URL, SECRET_LEFT, SECRET_REMOVED, PropertyChange

_LABELS: Final = {
    **{known.key: known.title for known in PROPERTIES.values()},
    "owner": "workspace",
    "onUnmanaged": "what becomes of unmanaged hooks",
    "hooks": "hooks that may be there",
}
_SECRET_HINTS: Final = {
    SECRET_LEFT: ": hooks keep the one they have",
    SECRET_REMOVED: ": deliveries unsigned",
}
OPERATIONS: Final = {
    "create": "new",
    "import": "new",
    "update": "changed",
    "delete": "deleted",
    "replace": "replaced",
    "gone": "gone",
    "discard": "no longer managed",
}
_EXCLUSIVE_OPERATIONS: Final = {
    **OPERATIONS,
    "create": "watched from now on for hooks that nothing declares",
    "delete": "no longer watched",
}
_Value = TypeVar("_Value")


def lines_of(hook: ChangedHook, changes: Changes) -> tuple[Statement, ...]:
    """All that is said of a declaration, what may hurt first."""
    return (
        *_lost(hook, changes),
        *_new(hook, changes),
        *_moved(hook),
        *_changed(hook, changes),
        *(_drift(drift, changes) for drift in hook.drift),
        *(
            _on(Mark.WARN, "could not be looked at", places, text(": ", code(why)))
            for why, places in _places_by(hook.unchecked).items()
        ),
    )


def exclusive_lines(exclusive: Exclusive, changes: Changes) -> tuple[Statement, ...]:
    """All that is said of a resource that says which hooks alone may be there."""
    deleted = [hook for hook in exclusive.unmanaged if hook.deleted]
    kept = [hook for hook in exclusive.unmanaged if not hook.deleted]
    lines = []
    if deleted:
        what = f"{counted(len(deleted), 'hook')} {changes.verb('will be deleted', 'deleted')}"
        lines.append(Statement(Mark.DELETE, text(strong(what)), records(deleted), "hook"))
    if kept:
        fate = "deleted by the next update" if exclusive.pending else "left alone"
        what = f"{counted(len(kept), 'hook')} that nothing declares, {fate}"
        lines.append(Statement(Mark.WARN, text(what), records(kept), "hook"))
    lines += [Statement(Mark.CHANGE, _property(change)) for change in exclusive.properties]
    what = _EXCLUSIVE_OPERATIONS.get(exclusive.op, exclusive.op)
    return tuple(lines) or (Statement(Mark.KEEP, text(what)),)


def records(hooks: Iterable[Unmanaged]) -> tuple[Text, ...]:
    """Hooks that nothing declares, as the items of a statement."""
    return tuple(text(code(hook.record), " ", code(hook.uuid)) for hook in hooks)


def message_lines(message: str) -> list[str]:
    """The lines of a message that say anything."""
    return [line.strip() for line in message.splitlines() if line.strip()]


def _lost(hook: ChangedHook, changes: Changes) -> Iterator[Statement]:
    if hook.failed:
        yield _on(Mark.FAIL, "not done", hook.failed)
    if hook.action is Action.FAILED:
        errors = (error for error in changes.errors if error.urn == hook.urn)
        lines = (line for error in errors for line in message_lines(error.message))
        yield from (Statement(Mark.FAIL, line) for line in codes(lines))
    if hook.deleted:
        yield _on(Mark.DELETE, changes.verb("will be deleted", "deleted"), hook.deleted)
    if hook.replaced:
        verb = changes.verb("will be deleted, to be made", "deleted, made")
        yield _on(Mark.DELETE, f"{verb} again where it is declared now:", hook.replaced)
    if hook.retained:
        yield _on(Mark.KEEP, "no longer managed, and left as it is", hook.retained)


def _new(hook: ChangedHook, changes: Changes) -> Iterator[Statement]:
    if hook.created:
        either = "created" if hook.looked else "created or adopted"
        yield _on(Mark.ADD, changes.verb(f"to be {either}", either), hook.created, _settings(hook))
    verb = changes.verb("will be adopted", "adopted")
    by_changes = _places_by({place: match.changes for place, match in hook.adopted.items()})
    for changed, places in by_changes.items():
        what = listed(map(code, changed)) if changed else text("nothing changes on it")
        uuids = {place: hook.adopted[place].uuid for place in places}
        yield _on(Mark.ADD, verb, uuids, text("; ", what))
    for place, matches in hook.ambiguous.items():
        refused = f" has {len(matches)} live hooks that match, so the update will be refused: "
        uuids_ = listed(code(match.uuid) for match in matches)
        hint = text("; say which with ", code("adopt"), ", or delete the others")
        yield Statement(Mark.FAIL, text(code(place), refused, uuids_, hint))
    for place, several in hook.near.items():
        for near in several:
            what = text(" has ", code(near.uuid), f", which may be the same: {near.why}")
            yield Statement(Mark.WARN, text(code(place), what))


def _moved(hook: ChangedHook) -> Iterator[Statement]:
    stay = "; the live hooks stay as they are"
    for move in hook.moves:
        whole = "renamed from" if move.whole else "adopted from"
        yield _on(Mark.KEEP, text(f"{whole} ", name(move.from_), stay), move.places)
    for gift in hook.given:
        yield _on(Mark.KEEP, text("left to ", name(gift.to), stay), gift.places)


def _settings(hook: ChangedHook) -> Text:
    """What a reviewer wants to know of a new hook."""
    events = text("; events ", event_list(hook.events)) if hook.events else ()
    source = text("; secret from ", code(hook.secret)) if ":" in hook.secret else ()
    secret = {"none": "; no secret declared", "declared": "; with a secret"}.get(hook.secret, "")
    return text(events, source, secret, "" if hook.active else "; inactive")


def _changed(hook: ChangedHook, changes: Changes) -> Iterator[Statement]:
    lines = [_property(change) for change in hook.properties]
    if len(lines) == 1 and hook.updated:
        yield _on(Mark.CHANGE, lines[0], hook.updated)
        return
    if lines and hook.updated:
        verb = changes.verb("will change", "changed")
        yield _on(Mark.CHANGE, f"{counted(len(lines), 'property')} {verb}", hook.updated)
    for line in lines:
        yield Statement(Mark.CHANGE, line)


def _property(change: PropertyChange) -> Text:
    """A property's change."""
    label = _LABELS.get(change.name, change.name)
    if change.gained or change.lost:
        return _gained_and_lost(change, label)
    if change.name == "secret":
        return text("secret ", strong(change.new), _SECRET_HINTS.get(str(change.new), ""))
    if change.name in BY_KEY and isinstance(change.new, bool):
        return text(strong(BY_KEY[change.name].switched(on=change.new)))
    return _old_and_new(change, label)


def _old_and_new(change: PropertyChange, label: str) -> Text:
    old, new = code(change.old), code(change.new)
    if change.new is None:
        return text(f"{label} no longer managed, stays ", old)
    if change.old == change.new == HIDDEN_URL:
        return text(f"the secret {label} ", strong("changes"))
    if change.old == change.new:
        return text(f"{label} changes in a part that isn't shown: ", new)
    return text(f"{label}: ", new) if change.old is None else text(f"{label} ", old, " → ", new)


def _gained_and_lost(change: PropertyChange, label: str) -> Text:
    gains, loses = {"events": ("gains ", "loses ")}.get(change.name, (f"{label}: plus ", "minus "))
    parts = [
        text(verb, listed(map(code, values)))
        for verb, values in ((gains, change.gained), (loses, change.lost))
        if values
    ]
    return listed(parts, "; ")


def _drift(drift: Drift, changes: Changes) -> Statement:
    status, why = drift.status, ""
    what: Span | Text
    repaired = "made again" if status.sync is Sync.GONE else "repaired"
    fate = {
        Fate.REPAIRED: changes.verb(f"will be {repaired}", repaired),
        Fate.RECORDED: "the next update puts it right",
        Fate.OPEN: "still so",
        Fate.MOOT: "nothing to repair",
    }[drift.fate]
    if status.sync in (Sync.GONE, Sync.MISSING, Sync.NOT_UPDATED):
        what = strong("not made yet" if status.sync is Sync.MISSING else status)
        why = "" if status.sync is Sync.GONE else ", an earlier update failed at it"
    elif drift.secret_removed:
        rest = text(" and ", code(status.drift)) if status.drift else ()
        what = text(strong("secret removed by hand"), rest)
    else:
        what = text("changed by hand to ", code(status))
    return _on(Mark.DRIFT, what, drift.places, f"{why}; {fate}")


def _places_by(values: Mapping[str, _Value]) -> dict[_Value, list[str]]:
    """The places together that have the same value."""
    groups: dict[_Value, list[str]] = defaultdict(list)
    for place, value in values.items():
        groups[value].append(place)
    return groups


def _on(
    mark: Mark, what: str | Span | Text, places: Iterable[str], tail: str | Text = ()
) -> Statement:
    """A statement about places, or uuids by place; of one, its name stands in the line."""
    found = sorted(places)
    uuids = places if isinstance(places, Mapping) else {}
    items = tuple(
        text(item, " ", code(uuids[place])) if uuids.get(place) else item
        for place, item in zip(found, codes(found), strict=True)
    )
    where = items[0] if len(found) == 1 else _number_of(found)
    return Statement(mark, text(what, " on ", where, tail), () if len(found) == 1 else items)


def _number_of(places: list[str]) -> Text:
    if not any("/" in place for place in places):
        return text(strong(counted(len(places), "workspace")))
    workspaces = {place.partition("/")[0] for place in places}
    number = strong(counted(len(places), "repository"))
    return text(number, " of ", code(*workspaces)) if len(workspaces) == 1 else text(number)
