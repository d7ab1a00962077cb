"""The requests for webhooks, in terms of the model.

Paths, verbs and fields: public API description, unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from attrs import field, frozen

from bitbucket_hooks.api.errors import AnswerLost, NotFound, UnexpectedAnswer
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
    from bitbucket_hooks.api.client import Client  # it brings requests along


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
    """Gives the client; only a request asks for it."""

    @property
    def client(self) -> Client:
        """What all requests go through."""
        return self.connect()

    def listing(self, subject: Subject) -> Listing:
        """All hooks of a subject, one request per 100. Raises ApiError.

        A hook that slips through between two pages would be taken for gone, and made again.
        """
        operation = f"{subject}: listing the hooks"
        hooks: list[Observed] = []
        unreadable: dict[str, str] = {}
        for value in self.client.whole(path_of(subject, "hooks"), operation):
            try:
                hooks.append(_parse(value, subject))
            except (TypeError, ValueError) as error:
                uuid = _uuid(value)
                if uuid is None:
                    raise _no_hook(operation, error) from None
                unreadable[uuid] = printable(str(error))
        return Listing(hooks, unreadable)

    def hook(self, subject: Subject, uuid: str) -> Observed:
        """One hook. Raises ApiError; NotFound when it is gone, or so new that reads lag behind."""
        operation = f"{subject}: reading the hook {uuid}"
        return _observed(
            self.client.get(path_of(subject, "hooks", uuid), operation), subject, operation
        )

    def create(self, desired: Desired, before: Callable[[], None] = lambda: None) -> Observed:
        """Make a hook. Raises ApiError; AnswerLost when it may have been made all the same.

        `before` is called each time before it is sent, and keeps it from that by what it raises.
        """
        operation = f"{desired.subject}: creating the hook"
        body = _body(desired, SecretChange.SET if desired.secret else SecretChange.KEEP)
        answer = self.client.post(path_of(desired.subject, "hooks"), operation, body, before)
        try:
            return _observed(answer, desired.subject, operation).completed(desired)
        except UnexpectedAnswer as error:
            uuid = _uuid(answer)
            if uuid is None:
                raise AnswerLost(error.message, error.remedy) from None
            # it was made: to search for it would make another
            return Observed(uuid=uuid, secret_set=bool(desired.secret), **_sent(desired))

    def update(self, uuid: str, desired: Desired, change: SecretChange) -> Observed:
        """Replace a hook. Raises ApiError; NotFound when it is gone."""
        subject, operation = desired.subject, f"{desired.subject}: updating the hook {uuid}"
        body = _body(desired, change)
        answer = self.client.put(path_of(subject, "hooks", uuid), operation, body)
        return _observed(answer, subject, operation).completed(desired)

    def delete(self, subject: Subject, uuid: str) -> None:
        """Remove a hook. Raises ApiError; NotFound when it is gone."""
        operation = f"{subject}: deleting the hook {uuid}"
        self.client.delete(path_of(subject, "hooks", uuid), operation)

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
            raise UnexpectedAnswer.got(operation, f"no {subject.kind}")
        return found

    def events(self, kind: str) -> list[Event]:
        """The live catalogue of a kind of subject; needs no credentials. Raises ApiError."""
        operation = f"listing the events of a {kind}"
        # a preview without a network shall not hang on a list that it can do without
        pages = self.client.pages(f"hook_events/{kind}", operation, patience=5)
        return [_event(value, operation) for page in pages for value in page.values]


def _sent(desired: Desired) -> dict[str, Any]:
    """The properties that a hook gets, but for its secret; None for what isn't managed."""
    return {name: getattr(desired, name) for name in PROPERTIES if name != "secret"}


def _body(desired: Desired, change: SecretChange) -> dict[str, Any]:
    """The whole body, since PUT replaces; only what isn't managed is left out.

    `active` and `skip_cert_verification` are always sent, their server defaults being unknown;
    `secret` left out means unchanged, and null removes it.
    """
    body = {name: value for name, value in _sent(desired).items() if value is not None}
    body["events"] = list(desired.events)
    if change is not SecretChange.KEEP:
        body["secret"] = desired.secret if change is SecretChange.SET else None
    return body


def _observed(value: Mapping[str, Any], asked: Subject, operation: str) -> Observed:
    """Read a hook from an answer. Raises UnexpectedAnswer when it isn't one."""
    try:
        return _parse(value, asked)
    except (TypeError, ValueError) as error:
        raise _no_hook(operation, error) from None


def _no_hook(operation: str, error: Exception) -> UnexpectedAnswer:
    return UnexpectedAnswer.got(operation, f"a hook that isn't one ({printable(str(error))})")


def _parse(value: Mapping[str, Any], asked: Subject) -> Observed:
    """Read a hook. Raises TypeError or ValueError with what is wrong."""
    subject = _subject(value.get("subject"))
    return Observed(
        uuid=canonical_uuid(_typed(value, "uuid", str)),
        secret_set=_typed(value, "secret_set", bool, default=False),
        **{p.name: _property(value, p) for p in PROPERTIES.values() if p.name != "secret"},
        created_at=_typed(value, "created_at", str, "") or None,
        read_only=_typed(value, "read_only", bool, default=False),
        subject=subject if subject and subject.kind == asked.kind else None,
    )


def _subject(value: Any) -> Subject | None:
    """What a hook says that it hangs on; None where it doesn't say."""
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


def _property(value: Mapping[str, Any], known: Property) -> Any:
    """A hook's property. Raises TypeError for one of another type, or a missing one."""
    if known.undocumented and value.get(known.name) is None:
        return None
    if known.kind is tuple:
        texts = _typed(value, known.name, list)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError(f"{known.name} holds something that is no text")
        return tuple(texts)
    default = "" if known.managed_when_given and known.kind is str else None
    return _typed(value, known.name, known.kind, default)


def _typed(value: Mapping[str, Any], key: str, kind: type, default: Any = None) -> Any:
    found = value.get(key)
    found = default if found is None else found
    if not isinstance(found, kind):
        raise TypeError(f"{key} is no {kind.__name__}")
    # JSON can spell half a character, which nobody else can write
    return found.encode("utf-8", "replace").decode() if isinstance(found, str) else found


def _event(value: Mapping[str, Any], operation: str) -> Event:
    try:
        texts = {key: _typed(value, key, str, "") for key in ("category", "label", "description")}
        return Event(event=_typed(value, "event", str), **texts)
    except TypeError as error:
        what = f"an event that isn't one ({printable(str(error))})"
        raise UnexpectedAnswer.got(operation, what) from None
