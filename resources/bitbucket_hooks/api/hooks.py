"""The requests for webhooks, in terms of the model.

Paths, verbs and fields: public API description, unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from attrs import evolve, field, frozen

from bitbucket_hooks.api.errors import AnswerLost, NotFound, UnexpectedAnswer
from bitbucket_hooks.api.whole_listing import read_whole
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.events import Event
from bitbucket_hooks.model.subject import Subject, canonical_uuid, is_slug, path_of
from bitbucket_hooks.model.webhook import (
    PROPERTIES,
    Desired,
    Observed,
    Property,
    SecretChange,
)

if TYPE_CHECKING:
    from bitbucket_hooks.api.client import Client, Page  # it brings requests along


@frozen
class Listing:
    """The hooks of a subject as one reading answered them."""

    hooks: list[Observed] = field(factory=list)
    unreadable: Mapping[str, str] = field(factory=dict)
    """Hooks that have a uuid and a property that no hook can have; by uuid, what is wrong."""


def unreadable_hook(subject: Subject, uuid: str, problem: str) -> UnexpectedAnswer:
    """The error for a hook that Bitbucket lists with a property that no hook can have."""
    return UnexpectedAnswer(
        f"{subject}: the hook {uuid} can't be read: {problem}",
        "Correct it on the page of the repository's webhooks, or delete it there, then run this "
        "again.",
    )


@frozen
class HookApi:
    """Webhooks of repositories and workspaces."""

    connect: Callable[[], Client]
    """Gives the client; only a call asks for it."""

    @property
    def client(self) -> Client:
        """What all calls go through."""
        return self.connect()

    def listing(self, subject: Subject) -> Listing:
        """All hooks of a subject, one request per 100. Raises ApiError.

        A hook that slips through between two pages would be taken for gone, and made again.
        """
        return read_whole(lambda: self._pages(subject))

    def _pages(self, subject: Subject) -> tuple[Listing, bool]:
        """The hooks, and whether these are as many as there are said to be; one page is whole."""
        operation = f"{subject}: listing the hooks"
        pages = list(self.client.paged(_path(subject), operation))
        found = {uuid: hook for page in pages for uuid, hook in _hooks(page, operation)}
        size = pages[-1].size
        hooks = [_of(subject, hook) for hook in found.values() if isinstance(hook, Observed)]
        unreadable = {uuid: what for uuid, what in found.items() if isinstance(what, str)}
        return Listing(hooks, unreadable), len(pages) == 1 or size in (None, len(found))

    def hook(self, subject: Subject, uuid: str) -> Observed:
        """One hook. Raises ApiError; NotFound when it is gone, or so new that reads lag behind."""
        operation = f"{subject}: reading the hook {uuid}"
        return _of(subject, observed(self.client.get(_path(subject, uuid), operation), operation))

    def create(self, desired: Desired, before: Callable[[], None] = lambda: None) -> Observed:
        """Make a hook. Raises ApiError; AnswerLost when it may have been made all the same.

        `before` is called each time before it is sent, and keeps it from that by what it raises.
        """
        operation = f"{desired.subject}: creating the hook"
        change = SecretChange.SET if desired.secret else SecretChange.KEEP
        body = body_of(desired, change)
        answer = self.client.post(_path(desired.subject), operation, body, before)
        try:
            return _of(desired.subject, observed(answer, operation)).completed(desired)
        except UnexpectedAnswer as error:
            uuid = _uuid(answer)
            if uuid is None:
                raise AnswerLost(error.message, error.remedy) from None
            return _as_sent(uuid, desired)  # it was made: to look for it would make another

    def update(self, uuid: str, desired: Desired, change: SecretChange) -> Observed:
        """Replace a hook. Raises ApiError; NotFound when it is gone."""
        operation = f"{desired.subject}: updating the hook {uuid}"
        answer = self.client.put(_path(desired.subject, uuid), operation, body_of(desired, change))
        return _of(desired.subject, observed(answer, operation)).completed(desired)

    def delete(self, subject: Subject, uuid: str) -> None:
        """Remove a hook. Raises ApiError; NotFound when it is gone."""
        self.client.delete(_path(subject, uuid), f"{subject}: deleting the hook {uuid}")

    def can_read_workspace(self, workspace: str) -> bool:
        """Whether this identity sees the workspace at all. Raises ApiError for other failures."""
        path = f"workspaces/{quote(workspace, safe='')}"
        try:
            self.client.get(path, f"workspace {workspace}: reading it")
        except NotFound:
            return False
        return True

    def subject(self, subject: Subject, patience: float) -> Subject:
        """A repository or workspace by its present names, with its uuid. Raises ApiError."""
        operation = f"{subject}: reading it"
        found = _subject(self.client.get(path_of(subject), operation, patience=patience))
        if found is None:
            raise UnexpectedAnswer.of(operation, f"no {subject.kind}")
        return found

    def events(self, kind: str) -> list[Event]:
        """The live catalogue of a kind of subject; needs no credentials. Raises ApiError."""
        operation = f"listing the events of a {kind}"
        # a preview without a network shall not hang on a list that it can do without
        pages = self.client.pages(f"hook_events/{kind}", operation, patience=5)
        return [_event(one, operation) for one in pages]


def _hooks(page: Page, operation: str) -> Iterator[tuple[str, Observed | str]]:
    """By uuid, the hook or what is wrong with it. Raises UnexpectedAnswer without a uuid."""
    for one in page.values:
        uuid = _uuid(one)
        if uuid is None:
            observed(one, operation)
        else:
            yield uuid, _observed_or_problem(one)


def _path(subject: Subject, uuid: str | None = None) -> str:
    return path_of(subject, "hooks") if uuid is None else path_of(subject, "hooks", uuid)


def body_of(desired: Desired, change: SecretChange) -> dict[str, Any]:
    """The whole body, since PUT replaces; only what isn't managed is left out.

    `active` and `skip_cert_verification` are always sent, their server defaults being unknown;
    `secret` left out means unchanged, and null removes it.
    """
    declared = {name: getattr(desired, name) for name in PROPERTIES if name != "secret"}
    body = {name: value for name, value in declared.items() if value is not None}
    body["events"] = list(desired.events)
    if change is not SecretChange.KEEP:
        body["secret"] = desired.secret if change is SecretChange.SET else None
    return body


def observed(value: Mapping[str, Any], operation: str) -> Observed:
    """Read a hook from an answer. Raises UnexpectedAnswer when it isn't one."""
    found = _observed_or_problem(value)
    if isinstance(found, str):
        raise UnexpectedAnswer.of(operation, f"a hook that isn't one ({found})")
    return found


def _observed_or_problem(value: Mapping[str, Any]) -> Observed | str:
    """Read a hook from an answer; a text says why it isn't one."""
    try:
        return Observed(
            uuid=canonical_uuid(_typed(value, "uuid", str)),
            secret_set=_typed(value, "secret_set", bool, default=False),
            **{p.name: _property(value, p) for p in PROPERTIES.values() if p.name != "secret"},
            created_at=_typed(value, "created_at", str, "") or None,
            read_only=_typed(value, "read_only", bool, default=False),
            subject=_subject(value.get("subject")),
        )
    except (TypeError, ValueError) as error:
        return printable(str(error))


def _of(asked: Subject, hook: Observed) -> Observed:
    """A hook without what it says that it hangs on, where that isn't of the kind asked for."""
    is_odd = hook.subject is not None and hook.subject.kind != asked.kind
    return evolve(hook, subject=None) if is_odd else hook


def _subject(value: Any) -> Subject | None:
    """What a hook says that it hangs on; None where it doesn't tell."""
    if not isinstance(value, Mapping) or (uuid := _uuid(value)) is None:
        return None
    workspace, *repository = str(value.get("full_name") or value.get("slug") or "").split("/")
    if len(repository) > 1 or not all(map(is_slug, (workspace, *repository))):
        return None
    return Subject(workspace, next(iter(repository), None), uuid)


def _uuid(value: Mapping[str, Any]) -> str | None:
    """The uuid of a hook or a subject, whatever else is wrong with it."""
    try:
        return canonical_uuid(_typed(value, "uuid", str))
    except (TypeError, ValueError):
        return None


def _as_sent(uuid: str, desired: Desired) -> Observed:
    """A hook that was made, from what was sent."""
    sent = {name: getattr(desired, name) for name in PROPERTIES if name != "secret"}
    return Observed(uuid=uuid, secret_set=bool(desired.secret), **sent)


def _typed(value: Mapping[str, Any], key: str, kind: type, default: Any = None) -> Any:
    found = value.get(key)
    found = default if found is None else found
    if not isinstance(found, kind):
        raise TypeError(f"{key} is no {kind.__name__}")
    # JSON can spell half a character, which nobody else can write
    return found.encode("utf-8", "replace").decode() if isinstance(found, str) else found


def _property(value: Mapping[str, Any], known: Property) -> Any:
    """A hook's property. Raises TypeError for one of another type, or a missing one."""
    if known.undocumented and value.get(known.name) is None:
        return None
    if known.kind is tuple:
        return _texts(value, known.name)
    default = "" if known.managed_when_given and known.kind is str else None
    return _typed(value, known.name, known.kind, default)


def _texts(value: Mapping[str, Any], key: str) -> tuple[str, ...]:
    texts = _typed(value, key, list)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(f"{key} holds something that is no text")
    return tuple(texts)


def _event(value: Mapping[str, Any], operation: str) -> Event:
    try:
        told = {key: _typed(value, key, str, "") for key in ("category", "label", "description")}
        return Event(event=_typed(value, "event", str), **told)
    except TypeError as error:
        raise UnexpectedAnswer.of(
            operation, f"an event that isn't one ({printable(str(error))})"
        ) from None
