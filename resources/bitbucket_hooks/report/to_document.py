"""Changes in words: a document that any renderer can write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from attrs import evolve

from bitbucket_hooks.model.notes import NoteKind
from bitbucket_hooks.model.resources import PACKAGE
from bitbucket_hooks.model.settings import TURN
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.pulumi_cli.run import Kind
from bitbucket_hooks.pulumi_cli.values import message_of
from bitbucket_hooks.report.changes import Action, ChangedHook, Changes, Exclusive, Other
from bitbucket_hooks.report.document import (
    Document,
    Figure,
    Mark,
    Section,
    Statement,
    Text,
    code,
    codes,
    first_of,
    listed,
    name,
    sentence,
    strong,
    text,
)
from bitbucket_hooks.report.history import name_of
from bitbucket_hooks.report.phrases import OPERATIONS, exclusive_lines, lines_of, message_lines
from bitbucket_hooks.report.values import SECRET_REMOVED
from bitbucket_hooks.report.warnings import warnings_of

_SECTIONS: Final = {
    Action.FAILED: ("Failed", Mark.FAIL),
    Action.DELETED: ("Deleted", Mark.DELETE),
    Action.REPLACED: ("Replaced", Mark.DELETE),
    Action.CHANGED: ("Changed", Mark.CHANGE),
    Action.NEW: ("New", Mark.ADD),
    Action.RENAMED: ("Renamed", Mark.KEEP),
    Action.DRIFTED: ("Drift", Mark.DRIFT),
}
_KINDS: Final = {
    "Hook": ("hook", "hooks"),
    "HookFleet": ("fleet", "fleet"),
    "WorkspaceHook": ("workspace hook", "workspace hooks"),
}
"""What one, and what several, of a kind are called."""
_NAMED: Final = 3  # of resources that are alike
_PROVIDERS: Final = ("pulumi:providers:pulumi-python", f"pulumi:providers:{PACKAGE}")


def to_document(changes: Changes, title: str = "") -> Document:
    """Put changes into words, the most important first."""
    stack = changes.run.stack
    return Document(
        title=title or (f"Webhooks of {stack}" if stack else "Webhooks"),
        context=_context(changes),
        verdict=_verdict(changes),
        figures=_figures(changes),
        warnings=warnings_of(changes),
        sections=tuple(_sections(changes)),
        notes=tuple(_notes(changes)),
    )


def lines_by_resource(changes: Changes) -> dict[str, tuple[Statement, ...]]:
    """What is said of each resource to which something happens, by its URN or its `key`."""
    hooks = {hook.urn: lines_of(hook, changes) for hook in changes.hooks if hook.changes}
    exclusives = {
        exclusive.urn: exclusive_lines(exclusive, changes)
        for exclusive in changes.exclusives
        if exclusive.changes
    }
    others = {
        other.key: (
            Statement(Mark.CHANGE, text(_operation(other)), codes(other.names), "resource"),
        )
        for other in changes.others
    }
    return {**hooks, **exclusives, **others}


def _context(changes: Changes) -> str:
    run = changes.run
    what = {Kind.UPDATE: "Update", Kind.REFRESH: "Refresh", Kind.DESTROY: "Destruction"}[run.kind]
    if run.planned:
        what = "Preview" if run.kind is Kind.UPDATE else f"Preview of a {what.lower()}"
    stack = "/".join(part for part in (run.project, run.stack) if part)
    what = f"{what} of {stack}" if stack else what
    return f"{what} · {run.seconds:,} s" if run.seconds else what


def _verdict(changes: Changes) -> Text:
    run = changes.run
    if changes.stops and run.ended and not changes.errors:
        stop = changes.verb("Policies stop the update", "Policies stopped the update")
        return text(strong(stop), f": {counted(len(changes.stops), 'violation')}.")
    what = f"The {'preview' if run.planned else run.kind.value}"
    if not run.ended:
        rest = "" if run.planned else " of what it didn't get to"
        return text(strong(f"{what} was stopped; nothing is known{rest}."))
    if run.failed:
        return text(strong(f"{what} failed."))
    figures = sentence(_figures(changes))
    if not changes.any:
        nothing = text(strong("Nothing changes"), _why_nothing(changes))
        return text(nothing, " " if figures else "", figures, _checked(changes))
    if run.kind is Kind.REFRESH and changes.counts.drifted:
        same = f"{TURN}={changes.turn.number} " if changes.turn else ""
        repairs = f" `{same}pulumi up --refresh` repairs it."
        noted = " It was noted in the state, the next `pulumi up` repairs it."
        return text(figures, changes.verb(repairs, noted), _checked(changes))
    none = text(strong("No hook changes"), ", other resources do.")
    return text(figures or none, _checked(changes))


def _why_nothing(changes: Changes) -> str:
    """As far as what was looked at."""
    if changes.in_part:
        return " by what was checked."
    if not changes.run.refreshed:
        return " by what the state knows."
    known = changes.counts.known
    return (
        f": all {known:,} hooks are as declared." if known > 1 else ": all hooks are as declared."
    )


def _checked(changes: Changes) -> Text:
    """How much of everything a verdict is about, where that isn't all."""
    turn = changes.turn
    if turn is None:
        return ()
    part = f"{turn.checked:,} of {turn.total:,} {turn.what}"
    return text(" Checked: ", strong(part), f", turn {turn.number:,} of {turn.turns:,}.")


def _figures(changes: Changes) -> tuple[Figure, ...]:
    counts, run, verb = changes.counts, changes.run, changes.verb
    was = "was" if counts.drifted == 1 else "were"
    repaired = f"{was} " if not run.planned and run.kind is Kind.UPDATE else ""
    unmanaged = verb("to delete, unmanaged", "deleted, unmanaged")
    either = verb("to create or adopt", "created or adopted")
    figures = (
        Figure(Mark.FAIL, counts.failed, "failed"),
        Figure(Mark.DELETE, counts.deleted, verb("to delete", "deleted")),
        Figure(Mark.DELETE, counts.replaced, verb("to replace", "replaced")),
        Figure(Mark.DELETE, counts.unmanaged_deleted, unmanaged),
        Figure(Mark.CHANGE, counts.updated, verb("to change", "changed")),
        Figure(Mark.ADD, counts.created - counts.unlooked, verb("to create", "created")),
        Figure(Mark.ADD, counts.unlooked, either),
        Figure(Mark.ADD, counts.adopted, verb("to adopt", "adopted")),
        Figure(Mark.KEEP, counts.renamed, "renamed"),
        Figure(Mark.DRIFT, counts.drifted, f"{repaired}not as declared"),
        Figure(Mark.WARN, counts.unmanaged, "unmanaged"),
        Figure(Mark.WARN, counts.unchecked, "unchecked"),
    )
    return tuple(figure for figure in figures if figure.number)


def _sections(changes: Changes) -> Iterator[Section]:
    groups = _grouped(hook for hook in changes.hooks if hook.changes)
    groups.sort(key=_weight)
    for action, (title, mark) in _SECTIONS.items():
        chosen = [group for group in groups if group[1].action is action]
        if chosen:
            entries = (_entry(names, hook, mark, changes) for names, hook in chosen)
            yield Section(title, tuple(entries))
    exclusives = [found for found in changes.exclusives if found.changes or found.unmanaged]
    if exclusives:
        title = "Hooks that nothing declares"
        yield Section(title, tuple(_exclusive(exclusive, changes) for exclusive in exclusives))
    if changes.others:
        yield Section("Other resources", tuple(map(_other, changes.others)))
    messages = _messages(changes)
    if messages:
        yield Section("What the run said", messages)


def _grouped(hooks: Iterable[ChangedHook]) -> list[tuple[list[str], ChangedHook]]:
    """Bring those together to which the same happens, each on places of its own.

    Gives their names, and all of them as if they were one on many places. Two that read alike on
    one place are two hooks: their urls may differ in what isn't shown.
    """
    alike: dict[tuple[object, ...], list[tuple[list[ChangedHook], set[str]]]] = defaultdict(list)
    for hook in hooks:
        found = {*hook.created, *hook.adopted, *hook.deleted, *hook.replaced, *hook.retained}
        groups = alike[_shape(hook)]
        fitting = next((group for group in groups if found.isdisjoint(group[1])), None)
        if fitting is None:
            fitting = ([], set())
            groups.append(fitting)
        members, places = fitting
        members.append(hook)
        places |= found
    return [
        _joined(sorted(members, key=lambda hook: hook.name))
        for groups in alike.values()
        for members, _ in groups
    ]


def _shape(hook: ChangedHook) -> tuple[object, ...]:
    """All that is said of a hook, but where."""
    if hook.moves or hook.given or hook.ambiguous or hook.near or hook.action is Action.FAILED:
        return (hook.urn,)
    brings = bool(hook.created or hook.adopted or hook.deleted or hook.replaced or hook.retained)
    return (
        hook.kind,
        hook.action,
        (hook.url, hook.events, hook.active, hook.secret) if brings else (),
        hook.properties,
        tuple((drift.status, drift.fate) for drift in hook.drift),
        tuple(sorted({match.changes for match in hook.adopted.values()})),
        hook.cautions,
        bool(hook.created) and hook.looked,
        bool(hook.created),
        bool(hook.deleted),
        bool(hook.updated),
        tuple(sorted(set(hook.unchecked.values()))),
    )


def _joined(hooks: Sequence[ChangedHook]) -> tuple[list[str], ChangedHook]:
    first, urls = hooks[0], {hook.url for hook in hooks}
    merged: dict[str, Any] = {"url": first.url if len(urls) == 1 else ""}
    for key in ("created", "updated", "retained"):
        merged[key] = tuple(sorted({place for hook in hooks for place in getattr(hook, key)}))
    for key in ("adopted", "deleted", "replaced", "unchecked"):
        merged[key] = {
            place: value for hook in hooks for place, value in getattr(hook, key).items()
        }
    merged["drift"] = tuple(
        evolve(same[0], places=tuple(sorted({p for drift in same for p in drift.places})))
        for same in zip(*(hook.drift for hook in hooks), strict=True)
    )
    return [hook.name for hook in hooks], evolve(first, **merged)


def _weight(group: tuple[Sequence[str], ChangedHook]) -> tuple[int, str]:
    """What concerns the most hooks comes first."""
    names, hook = group
    places = (hook.created, hook.adopted, hook.updated, hook.deleted, hook.replaced, hook.moves)
    return -sum(map(len, (*places, *(drift.places for drift in hook.drift)))), names[0]


def _entry(names: Sequence[str], hook: ChangedHook, mark: Mark, changes: Changes) -> Statement:
    single, several = _KINDS[hook.kind]
    kind = several if len(names) > 1 else single
    url = text(", ", code(hook.url)) if hook.url else ()
    what = text(first_of(names, _NAMED), f" ({kind})", url)
    items = codes(names) if len(names) > _NAMED else ()
    return Statement(mark, what, items, "hook", lines_of(hook, changes))


def _exclusive(exclusive: Exclusive, changes: Changes) -> Statement:
    lines = exclusive_lines(exclusive, changes)
    mark = lines[0].mark if exclusive.unmanaged else Mark.CHANGE
    where = "of a workspace" if exclusive.kind.startswith("Workspace") else "of repositories"
    return Statement(mark, text(name(exclusive.name), f" (all hooks {where})"), lines=lines)


def _other(other: Other) -> Statement:
    marks = {"create": Mark.ADD, "delete": Mark.DELETE, "replace": Mark.DELETE}
    kind = "account (Provider)" if other.type in _PROVIDERS else code(other.type)
    what = text(kind, f", {_operation(other)}: ", first_of(other.names, _NAMED, code))
    items = codes(other.names) if len(other.names) > _NAMED else ()
    return Statement(marks.get(other.op, Mark.CHANGE), what, items, "resource")


def _operation(other: Other) -> str:
    return OPERATIONS.get(other.op, other.op)


def _messages(changes: Changes) -> tuple[Statement, ...]:
    """The warnings of the run that nothing else here reports, each once."""
    groups: dict[str, list[str]] = defaultdict(list)
    reported = set(_reported_warnings(changes))
    for message in changes.run.diagnostics:
        if message.severity == "warning" and (message.urn, message.message) not in reported:
            groups[message.message].append(name_of(message.urn))
    return tuple(_message(message, names) for message, names in groups.items())


def _reported_warnings(changes: Changes) -> Iterator[tuple[str, str]]:
    """The warnings, each with its resource, whose content the report has in another place."""
    unmanaged = {exclusive.urn for exclusive in changes.exclusives if exclusive.unmanaged}
    unsigned = {hook.urn for hook in changes.hooks if hook.secret_change == SECRET_REMOVED}
    reported = {NoteKind.UNMANAGED: unmanaged, NoteKind.SECRET_REMOVED: unsigned}
    for note in changes.run.notes or ():
        if note.urn in reported.get(note.kind, ()):
            yield note.urn, message_of(note.values["message"])


def _message(message: str, urn_names: Sequence[str]) -> Statement:
    first, *rest = message_lines(message)
    names = list(dict.fromkeys(filter(None, urn_names)))[:_NAMED]
    whose = text(listed(map(name, names)), ": ") if names else ()
    lines = tuple(Statement(Mark.KEEP, line) for line in codes(rest))
    return Statement(Mark.WARN, text(whose, code(first)), lines=lines)


def _notes(changes: Changes) -> Iterator[Text]:
    run, counts = changes.run, changes.counts
    if run.failed or not run.ended:
        return
    if run.planned and 0 < counts.unlooked < counts.created + counts.adopted:
        new = f"Not looked for: {counted(counts.unlooked, 'new hook')} "
        why = "(of a secret url, or more than "
        yield text(new, why, code("--look"), " says); one that exists will be adopted.")
    elif counts.unlooked and run.planned:
        unknown = "A preview can't tell which of the new hooks exist already and will be adopted; "
        yield text(unknown, code("bitbucket-hooks preview"), " looks.")
    elif counts.unlooked:
        unknown = (
            "What the engine printed can't tell which of the new hooks were created and which "
        )
        yield text(unknown, "adopted; ", code("bitbucket-hooks up"), " tells.")
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
