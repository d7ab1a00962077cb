"""The form of a webhook: add, edit, and the question before one is deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from markupsafe import Markup
from werkzeug.utils import redirect

from bitbucket_hooks.model.events import Event
from bitbucket_hooks.model.webhook import DEFAULT_EVENTS
from bitbucket_hooks.sandbox import hookstore, settings
from bitbucket_hooks.sandbox.models import StoredHook, new_uuid
from bitbucket_hooks.sandbox.validation import MAX_SECRET
from bitbucket_hooks.sandbox.web import entries, layout, paths
from bitbucket_hooks.sandbox.web.catalogue import events, grouped
from bitbucket_hooks.sandbox.web.entries import FormValues
from bitbucket_hooks.sandbox.web.markup import code, joined, tag, text

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.web.visits import Subject, Visit

Problems = Mapping[str, Sequence[str]]

_LABELS: Final = {"description": "Title", "url": "URL", "events": "Triggers", "secret": "Secret"}
_CERTIFICATE: Final = (
    "Without that check, whoever stands between can pose as your server and read every delivery. "
    "Skip it only for a self-signed certificate, and where nothing is at stake."
)


def add(visit: Visit, subject: Subject) -> Response:
    """Show the form for a new webhook, or make one."""
    if not visit.sends:
        return _page(visit, subject, FormValues())
    known = hookstore.known_events(visit.connection, subject.subject_type)
    entry = FormValues.sent(visit.request, known)
    problems = entry.problems(settings.load(visit.connection), known, has_secret=False)
    if problems:
        return _page(visit, subject, entry, problems=problems)
    hook = StoredHook(new_uuid(), subject.uuid, subject.subject_type, **entry.changes())
    hookstore.insert(visit.connection, hook)
    return redirect(paths.hooks(subject, "created"), 303)


def edit(visit: Visit, subject: Subject, uid: str) -> Response:
    """Show the form of a webhook, or change it."""
    hook = visit.own_hook(subject, uid)
    if not visit.sends:
        return _page(visit, subject, FormValues.of(hook), hook)
    known = hookstore.known_events(visit.connection, subject.subject_type)
    entry = FormValues.sent(visit.request, known)
    current = settings.load(visit.connection)
    problems = entry.problems(current, known, has_secret=hook.secret_set)
    if problems:
        return _page(visit, subject, entry, hook, problems)
    hookstore.update(visit.connection, hook, entry.changes())
    return redirect(paths.hooks(subject, "saved"), 303)


def delete(visit: Visit, subject: Subject, uid: str) -> Response:
    """Ask whether to delete a webhook, or do it."""
    hook = visit.own_hook(subject, uid)
    if visit.sends:
        hookstore.delete(visit.connection, hook)
        return redirect(paths.hooks(subject, "deleted"), 303)
    return layout.page(
        "Delete this webhook?",
        tag("p", tag("b", text(layout.named(hook)), class_="name"), " ", code(hook.url)),
        tag("p", "Its history goes with it. This can't be undone.", class_="context"),
        layout.form(
            visit.token,
            paths.of(subject, hook, "delete"),
            layout.button("Delete", kind="danger"),
            tag("a", "Cancel", href=paths.hooks(subject)),
            class_="buttons",
        ),
        trail=layout.above(subject),
    )


def _page(
    visit: Visit,
    subject: Subject,
    entry: FormValues,
    hook: StoredHook | None = None,
    problems: Problems | None = None,
) -> Response:
    problems = problems or {}
    action = paths.of(subject, hook, "edit") if hook else paths.new(subject)
    return layout.page(
        "Edit webhook" if hook else "Add webhook",
        tag("p", text(subject.full_name), class_="context"),
        _summary(problems),
        layout.form(
            visit.token,
            action,
            _text("description", "title", entry.title, problems),
            _text("url", "url", entry.url, problems),
            _secret(entry, problems, has_secret=hook is not None and hook.secret_set),
            _switches(entry),
            _triggers(entry, events(visit.connection, subject.subject_type), problems),
            tag(
                "p",
                layout.button("Save"),
                tag("a", "Cancel", href=paths.hooks(subject)),
                class_="buttons",
            ),
            class_="hook",
        ),
        trail=layout.above(subject),
        status=400 if problems else 200,
    )


def _summary(problems: Problems) -> Markup | None:
    """Lead to each wrong field; the keyboard begins here."""
    if not problems:
        return None
    items = [
        tag("li", tag("a", text(f"{_LABELS[name]}: {told}"), href=f"#{name}"))
        for name, many in problems.items()
        for told in many
    ]
    head = tag("h2", "It was not saved")
    return tag(
        *("div", head, tag("ul", *items)),
        role="alert",
        class_="first",
        tabindex="-1",
        autofocus=True,
    )


def _told(name: str, problems: Problems) -> Markup | None:
    many = problems.get(name)
    if not many:
        return None
    return tag("p", text(" ".join(many)), class_="problem", id=f"{name}-problem")


def _text(name: str, field: str, value: str, problems: Problems) -> Markup:
    is_wrong = name in problems
    return tag(
        "div",
        tag("label", _LABELS[name], for_=name),
        tag(
            "input",
            id=name,
            name=field,
            value=value,
            autocomplete="off",
            type="url" if name == "url" else "text",
            placeholder="https://example.com/hooks" if name == "url" else None,
            spellcheck="false",
            aria_invalid="true" if is_wrong else None,
            aria_describedby=f"{name}-problem" if is_wrong else None,
        ),
        _told(name, problems),
        class_="field",
    )


def _secret(entry: FormValues, problems: Problems, *, has_secret: bool) -> Markup:
    hint = (
        f"Signs each delivery (X-Hub-Signature); at most {MAX_SECRET} characters. "
        "It is not shown again."
    )
    described = "secret-hint secret-problem" if "secret" in problems else "secret-hint"
    fates = [
        (entries.KEEP, "Keep the one that is set"),
        (entries.REPLACE, "Replace it"),
        (entries.REMOVE, "Remove it: deliveries are no longer signed"),
    ]
    return tag(
        "fieldset",
        tag("legend", "Secret"),
        *(_choice("fate", value, name, entry.fate == value) for value, name in fates if has_secret),
        tag("label", "New secret" if has_secret else "Secret", for_="secret", class_="unseen"),
        tag(
            "div",
            tag(
                "input",
                id="secret",
                name="secret",
                type="password",
                spellcheck="false",
                # Not a password of the person: browsers keep their hands off.
                autocomplete="new-password",
                placeholder="a new secret" if has_secret else "none",
                aria_invalid="true" if "secret" in problems else None,
                aria_describedby=described,
            ),
            tag("button", "Generate", type="button", id="generate", class_="button", hidden=True),
            class_="beside",
        ),
        _told("secret", problems),
        tag("p", hint, id="secret-hint", class_="context"),
    )


def _choice(name: str, value: str, label: str, is_chosen: bool) -> Markup:
    one = f"{name}-{value}"
    chosen = tag("input", type="radio", name=name, value=value, id=one, checked=is_chosen)
    return tag("p", chosen, tag("label", label, for_=one), class_="choice")


def _switch(name: str, label: str, is_on: bool, hint: str = "") -> Markup:
    described = f"{name}-hint" if hint else None
    box = tag(
        "input",
        type="checkbox",
        name=name,
        id=name,
        checked=is_on,
        aria_describedby=described,
    )
    told = tag("p", hint, id=described, class_="hint") if hint else None
    return tag("div", tag("p", box, tag("label", label, for_=name), class_="choice"), told)


def _switches(entry: FormValues) -> Markup:
    return tag(
        "fieldset",
        tag("legend", "Status"),
        _switch("active", "Active", entry.active),
        _switch("skip", "Skip certificate verification", entry.skip, _CERTIFICATE),
        _switch(
            "history",
            "Enable history",
            entry.history,
            "Keeps the latest 100 requests and their answers, to be looked at here.",
        ),
    )


def _triggers(entry: FormValues, known: list[Event], problems: Problems) -> Markup:
    keys = {each.event for each in known}
    gone = [
        Event(event, "No longer in the catalogue", event, event)
        for event in entry.events
        if event not in keys
    ]
    chosen = entry.events if entry.full else DEFAULT_EVENTS
    groups = joined(
        *(
            tag(
                "fieldset",
                tag("legend", text(category)),
                *(_event(each, each.event in chosen) for each in group),
            )
            for category, group in grouped([*known, *gone])
        )
    )
    return tag(
        "fieldset",
        tag("legend", "Triggers", id="events", tabindex="-1"),
        _choice("triggers", "push", "Repository push", not entry.full),
        _choice("triggers", "full", "Choose from a full list of triggers", entry.full),
        tag("div", groups, class_="full"),
        _told("events", problems),
        class_="triggers",
    )


def _event(event: Event, is_chosen: bool) -> Markup:
    one = f"event-{event.event}"
    box = tag("input", type="checkbox", name="events", value=event.event, id=one, checked=is_chosen)
    label = tag("label", text(event.label), for_=one, title=event.event)
    return tag("p", box, label, class_="choice")
