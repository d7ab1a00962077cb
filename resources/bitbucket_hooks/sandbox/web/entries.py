"""What the form of a webhook holds, and what becomes of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

import attrs

from bitbucket_hooks.model.webhook import DEFAULT_EVENTS
from bitbucket_hooks.sandbox import validation

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from bitbucket_hooks.sandbox.models import StoredHook
    from bitbucket_hooks.sandbox.settings import SandboxSettings

KEEP: Final = "keep"
REPLACE: Final = "replace"
REMOVE: Final = "remove"

_TYPED: Final = 'You typed a new secret: choose "Replace it", or empty the field.'
_UNTYPED: Final = 'Type the new secret, or choose "Remove it".'
_AGAIN: Final = "It isn't kept in this form: enter it once more."


@attrs.frozen
class FormValues:
    """The fields as somebody filled them in. The secret is never shown again."""

    title: str = ""
    url: str = ""
    active: bool = True
    skip: bool = False
    history: bool = False
    full: bool = False
    """Whether the triggers are chosen from the full list."""
    events: tuple[str, ...] = DEFAULT_EVENTS
    fate: str = REPLACE
    """What becomes of the secret: a new hook's is replaced, by nothing when none is typed."""
    secret: str = attrs.field(default="", repr=False)

    @classmethod
    def of(cls, hook: StoredHook) -> FormValues:
        """Give the fields of a hook that is there."""
        return cls(
            hook.description,
            hook.url,
            hook.active,
            hook.skip_cert_verification,
            hook.history_enabled,
            set(hook.events) != set(DEFAULT_EVENTS),
            hook.events,
            KEEP if hook.secret_set else REPLACE,
        )

    @classmethod
    def sent(cls, request: Request, known: Collection[str]) -> FormValues:
        """Read a form; the events are put in the catalogue's order, unknown ones last."""
        form = request.form
        full = form.get("triggers") == "full"
        chosen = form.getlist("events")
        unknown = [event for event in chosen if event not in known]
        ordered = [*(event for event in known if event in chosen), *dict.fromkeys(unknown)]
        return cls(
            form.get("title", ""),
            form.get("url", "").strip(),
            "active" in form,
            "skip" in form,
            "history" in form,
            full,
            tuple(ordered) if full else DEFAULT_EVENTS,
            form.get("fate", REPLACE),
            form.get("secret", ""),
        )

    def changes(self) -> dict[str, Any]:
        """Give the properties of the hook as the form wants them."""
        wanted: dict[str, Any] = {
            "description": self.title,
            "url": self.url,
            "active": self.active,
            "skip_cert_verification": self.skip,
            "history_enabled": self.history,
            "events": self.events,
        }
        if self.fate != KEEP:
            wanted["secret"] = self.secret or None if self.fate == REPLACE else None
        return wanted

    def problems(
        self, settings: SandboxSettings, known: Collection[str], *, has_secret: bool
    ) -> dict[str, list[str]]:
        """Tell what is wrong, field by field; in the values, the same as the API does."""
        changes = self.changes()
        found = validation.problems_of({**changes, "events": list(self.events)}, settings, known)
        if self.secret and self.fate != REPLACE:
            found["secret"] = [_TYPED]
        elif has_secret and self.fate == REPLACE and not self.secret:
            found["secret"] = [_UNTYPED]
        if found and self.secret:
            found.setdefault("secret", [_AGAIN])
        return found
