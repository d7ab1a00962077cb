"""Changes in words: a document that any renderer can write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from bitbucket_hooks.model.notes import NoteKind
from bitbucket_hooks.model.settings import TURN
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.pulumi_cli.run import Kind
from bitbucket_hooks.pulumi_cli.values import message_of
from bitbucket_hooks.report.changes import Action, ChangedHook, Changes, Exclusive, Other, Unmanaged
from bitbucket_hooks.report.document import (
    Document,
    Figure,
    Mark,
    ReportEntry,
    Section,
    Statement,
    Text,
    code,
    listed,
    name,
    sentence,
    strong,
    text,
)
from bitbucket_hooks.report.groups import AlikeHooks, grouped
from bitbucket_hooks.report.phrases import Words, lines_of
from bitbucket_hooks.report.warnings import warnings_of

_SECTIONS: Final = (
    (Action.FAILED, "Failed", Mark.FAIL),
    (Action.DELETED, "Deleted", Mark.DELETE),
    (Action.REPLACED, "Replaced", Mark.DELETE),
    (Action.CHANGED, "Changed", Mark.CHANGE),
    (Action.NEW, "New", Mark.ADD),
    (Action.RENAMED, "Renamed", Mark.KEEP),
    (Action.DRIFTED, "Drift", Mark.DRIFT),
)
_NAMED: Final = 3  # of resources that are alike
_OPS: Final = {
    "create": "new",
    "import": "new",
    "update": "changed",
    "delete": "deleted",
    "replace": "replaced",
    "gone": "gone",
    "discard": "no longer managed",
}
_WATCHING: Final = {
    **_OPS,
    "create": "watched from now on for hooks that nothing declares",
    "delete": "no longer watched",
}
_PROVIDER: Final = "pulumi:providers:pulumi-python"


def to_document(changes: Changes, title: str = "") -> Document:
    """Put changes into words, the most important first."""
    words = Words(planned=changes.run.planned)
    return Document(
        title=title or _title(changes),
        context=_context(changes),
        verdict=_verdict(changes, words),
        figures=_figures(changes),
        warnings=warnings_of(changes, words),
        sections=tuple(_sections(changes, words)),
        notes=tuple(_notes(changes)),
    )


def lines_by_resource(changes: Changes) -> dict[str, tuple[Statement, ...]]:
    """What is said of each resource to which something happens, by its URN or its `key`."""
    words = Words(planned=changes.run.planned)
    hooks = {one.urn: lines_of(one, changes, words) for one in changes.hooks if one.changes}
    watched = {one.urn: _exclusive(one, words).lines for one in changes.exclusives if one.changes}
    others = {one.key: (_names_of(one),) for one in changes.others}
    return {**hooks, **watched, **others}


def _title(changes: Changes) -> str:
    stack = changes.run.stack
    return f"Webhooks of {stack}" if stack else "Webhooks"


def _context(changes: Changes) -> str:
    run = changes.run
    what = {Kind.UPDATE: "Update", Kind.REFRESH: "Refresh", Kind.DESTROY: "Destruction"}[run.kind]
    if run.planned:
        what = "Preview" if run.kind is Kind.UPDATE else f"Preview of a {what.lower()}"
    stack = "/".join(part for part in (run.project, run.stack) if part)
    parts = [f"{what} of {stack}" if stack else what]
    parts += [f"{run.seconds:,} s"] if run.seconds else []
    return " · ".join(parts)


def _verdict(changes: Changes, words: Words) -> Text:
    run, counts = changes.run, changes.counts
    if changes.stops and run.ended and not changes.errors:
        stop = words.verb("Policies stop the update", "Policies stopped the update")
        return text(strong(stop), f": {counted(len(changes.stops), 'violation')}.")
    what = f"The {'preview' if run.planned else run.kind.value}"
    if not run.ended:
        rest = "" if run.planned else " of what it didn't get to"
        return text(strong(f"{what} was stopped; nothing is known{rest}."))
    if run.failed:
        return text(strong(f"{what} failed."))
    if not changes.any:
        return _nothing(changes)
    figures = sentence(_figures(changes))
    if run.kind is Kind.REFRESH and counts.drifted:
        same = f"{TURN}={changes.turn.number} " if changes.turn else ""
        repairs = f"`{same}pulumi up --refresh` repairs it."
        noted = "It was noted in the state, the next `pulumi up` repairs it."
        return text(figures, " ", words.verb(repairs, noted), _checked(changes))
    none = text(strong("No hook changes"), ", other resources do.")
    return text(figures or none, _checked(changes))


def _drifted(changes: Changes) -> str:
    run = changes.run
    repaired = not run.planned and run.kind is Kind.UPDATE
    was = "was" if changes.counts.drifted == 1 else "were"
    return f"{was} not as declared" if repaired else "not as declared"


def _nothing(changes: Changes) -> Text:
    """That nothing changes, as far as was looked, and what there is to know all the same."""
    known = changes.counts.known
    hooks = f"all {known:,} hooks are" if known > 1 else "all hooks are"
    found = sentence(_figures(changes))
    why = f": {hooks} as declared." if changes.run.refreshed else " by what the state knows."
    why = " by what was checked." if changes.in_part else why
    return text(strong("Nothing changes"), why, " " if found else "", found, _checked(changes))


def _checked(changes: Changes) -> Text:
    """How much of everything a verdict is about, where that isn't all."""
    turn = changes.turn
    if turn is None:
        return ()
    part = f"{turn.checked:,} of {turn.total:,} {turn.what}"
    return text(" Checked: ", strong(part), f", turn {turn.number:,} of {turn.turns:,}.")


def _figures(changes: Changes) -> tuple[Figure, ...]:
    counts, words = changes.counts, Words(planned=changes.run.planned)
    figures = (
        Figure(Mark.FAIL, counts.failed, "failed"),
        Figure(Mark.DELETE, counts.deleted, words.verb("to delete", "deleted")),
        Figure(Mark.DELETE, counts.replaced, words.verb("to replace", "replaced")),
        Figure(
            Mark.DELETE,
            counts.unmanaged_deleted,
            words.verb("to delete, unmanaged", "deleted, unmanaged"),
        ),
        Figure(Mark.CHANGE, counts.updated, words.verb("to change", "changed")),
        Figure(Mark.ADD, counts.created - counts.unlooked, words.verb("to create", "created")),
        Figure(Mark.ADD, counts.unlooked, words.verb("to create or adopt", "created or adopted")),
        Figure(Mark.ADD, counts.adopted, words.verb("to adopt", "adopted")),
        Figure(Mark.KEEP, counts.renamed, "renamed"),
        Figure(Mark.DRIFT, counts.drifted, _drifted(changes)),
        Figure(Mark.WARN, counts.unmanaged, "unmanaged"),
        Figure(Mark.WARN, counts.unchecked, "unchecked"),
    )
    return tuple(one for one in figures if one.number)


def _sections(changes: Changes, words: Words) -> Iterable[Section]:
    groups = grouped(hook for hook in changes.hooks if hook.changes)
    for action, title, mark in _SECTIONS:
        chosen = [one for one in groups if one.hook.action is action]
        chosen.sort(key=_weight)
        if chosen:
            yield Section(title, tuple(_entry(one, mark, changes, words) for one in chosen))
    watched = [_exclusive(one, words) for one in changes.exclusives if one.reports]
    if watched:
        yield Section("Hooks that nothing declares", tuple(watched))
    if changes.others:
        yield Section("Other resources", tuple(_other(one) for one in changes.others))
    said = _messages(changes)
    if said:
        yield Section("What the run said", said)


def _weight(group: AlikeHooks) -> tuple[int, str]:
    """What concerns the most hooks comes first."""
    hook = group.hook
    drifted = sum(len(one.places) for one in hook.drift)
    sizes = (hook.created, hook.adopted, hook.updated, hook.deleted, hook.replaced, hook.moves)
    return -(sum(map(len, sizes)) + drifted), group.names[0]


def _entry(group: AlikeHooks, mark: Mark, changes: Changes, words: Words) -> ReportEntry:
    names = group.names
    few = [name(one) for one in names[:_NAMED]]
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    url = text(", ", code(group.hook.url)) if group.hook.url else ()
    what = text(listed(few), more, " ", _kind(group.hook, len(names)), url)
    items = tuple(text(code(one)) for one in names) if more else ()
    return ReportEntry(mark, what, lines_of(group.hook, changes, words), items)


def _kind(hook: ChangedHook, number: int) -> str:
    if hook.kind == "WorkspaceHook":
        return "(workspace hooks)" if number > 1 else "(workspace hook)"
    return "(fleet)" if hook.kind == "HookFleet" else "(hooks)" if number > 1 else "(hook)"


def _exclusive(one: Exclusive, words: Words) -> ReportEntry:
    deleted = [each for each in one.unmanaged if each.deleted]
    kept = [each for each in one.unmanaged if not each.deleted]
    lines = []
    if deleted:
        what = f"{counted(len(deleted), 'hook')} {words.verb('will be deleted', 'deleted')}"
        lines.append(Statement(Mark.DELETE, text(strong(what)), _unmanaged_hooks(deleted), "hook"))
    if kept:
        fate = "deleted by the next update" if one.pending else "left alone"
        what = f"{counted(len(kept), 'hook')} that nothing declares, {fate}"
        lines.append(Statement(Mark.WARN, text(what), _unmanaged_hooks(kept), "hook"))
    lines += [Statement(Mark.CHANGE, words.property(change)) for change in one.properties]
    if not lines:
        lines.append(Statement(Mark.KEEP, text(_WATCHING.get(one.op, one.op))))
    mark = Mark.DELETE if deleted else Mark.WARN if kept else Mark.CHANGE
    where = "of a workspace" if one.kind.startswith("Workspace") else "of repositories"
    return ReportEntry(mark, text(name(one.name), f" (all hooks {where})"), tuple(lines))


def _unmanaged_hooks(hooks: Iterable[Unmanaged]) -> tuple[Text, ...]:
    return tuple(text(code(one.told), " ", code(one.uuid)) for one in hooks)


def _other(one: Other) -> ReportEntry:
    mark = {"create": Mark.ADD, "delete": Mark.DELETE, "replace": Mark.DELETE}
    kind = "account (Provider)" if one.type == _PROVIDER else one.type
    names = one.names[:_NAMED]
    more = f" and {len(one.names) - _NAMED:,} more" if len(one.names) > _NAMED else ""
    noun = text(code(kind) if kind == one.type else kind)
    what = text(noun, f", {_OPS.get(one.op, one.op)}: ", listed(code(one) for one in names), more)
    items = tuple(text(code(each)) for each in one.names) if more else ()
    return ReportEntry(mark.get(one.op, Mark.CHANGE), what, items=items)


def _names_of(one: Other) -> Statement:
    items = tuple(text(code(each)) for each in one.names)
    return Statement(Mark.CHANGE, text(_OPS.get(one.op, one.op)), items, "resource")


def _messages(changes: Changes) -> tuple[ReportEntry, ...]:
    """The warnings of the run that nothing else here tells, each once."""
    groups: dict[str, list[str]] = {}
    reported = set(_reported_warnings(changes))
    for one in changes.run.diagnostics:
        if one.severity == "warning" and (one.urn, one.message) not in reported:
            groups.setdefault(one.message, []).append(one.urn.rpartition("::")[2])
    return tuple(_message(message, names) for message, names in groups.items())


def _reported_warnings(changes: Changes) -> Iterator[tuple[str, str]]:
    """The warnings, each with its resource, whose content the report has in another place."""
    watched = {one.urn for one in changes.exclusives if one.unmanaged}
    unsigned = {hook.urn for hook in changes.hooks if hook.becomes_unsigned}
    reported = {NoteKind.UNMANAGED: watched, NoteKind.SECRET_REMOVED: unsigned}
    for note in changes.run.notes or ():
        if note.urn in reported.get(note.kind, ()):
            yield note.urn, message_of(note.values["message"])


def _message(message: str, names: list[str]) -> ReportEntry:
    first, *rest = [line.strip() for line in message.splitlines() if line.strip()]
    of = [one for one in dict.fromkeys(names) if one]
    head = text(listed(name(one) for one in of[:_NAMED]), ": ", code(first)) if of else code(first)
    return ReportEntry(
        Mark.WARN, text(head), tuple(Statement(Mark.KEEP, text(code(line))) for line in rest)
    )


def _notes(changes: Changes) -> Iterable[Text]:
    run, counts = changes.run, changes.counts
    if run.failed or not run.ended:
        return
    if run.planned and 0 < counts.unlooked < counts.created + counts.adopted:
        yield text(
            f"Not looked for: {counted(counts.unlooked, 'new hook')} "
            "(of a secret url, or more than ",
            code("--look"),
            " says); one that exists will be adopted.",
        )
    elif counts.unlooked and run.planned:
        yield text(
            "A preview can't tell which of the new hooks exist already and will be adopted; ",
            code("bitbucket-hooks preview"),
            " looks.",
        )
    elif counts.unlooked:
        yield text(
            "What the engine printed can't tell which of the new hooks were created and which "
            "adopted; ",
            code("bitbucket-hooks up"),
            " tells.",
        )
    if run.planned and run.kind is Kind.UPDATE and not run.refreshed:
        yield text("Drift was not looked for: ", code("--refresh"), " shows it.")
    if changes.in_part:
        yield text("What was not checked is as the state has it: refreshes go in turns.")
    if counts.unshown:
        yield text(_steady(counts.unshown, "resource"))
    elif counts.unchanged and changes.any:
        yield text(_steady(counts.unchanged, "hook"))


def _steady(number: int, noun: str) -> str:
    return f"{counted(number, noun)} {'stays as it is' if number == 1 else 'stay as they are'}."
