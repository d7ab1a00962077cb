"""The form of a webhook: its fields, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

import attrs

from bitbucket_hooks.model.webhook import DEFAULT_EVENTS
from bitbucket_hooks.sandbox.webhook import problems_of

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from bitbucket_hooks.sandbox.settings import SandboxSettings
    from bitbucket_hooks.sandbox.webhook import StoredHook

_KEEP: Final = "keep"
_REPLACE: Final = "replace"

_UNWANTED: Final = 'You typed a new secret: choose "Replace it", or empty the field.'
_MISSING: Final = 'Type the new secret, or choose "Remove it".'
_TYPE_AGAIN: Final = "It isn't kept in this form: enter it once more."


@attrs.frozen
class HookForm:
    """The fields as somebody filled them in. The secret is never shown again."""

    title: str = ""
    url: str = ""
    active: bool = True
    skip: bool = False
    history: bool = False
    full: bool = False
    """Whether the triggers are chosen from the full list."""
    events: tuple[str, ...] = DEFAULT_EVENTS
    secret_action: str = _REPLACE
    """`keep`, `replace` or `remove`; a new hook's is replaced, by none when none is typed."""
    secret: str = attrs.field(default="", repr=False)

    @classmethod
    def from_hook(cls, hook: StoredHook) -> HookForm:
        """Give the fields of a hook that is there."""
        return cls(
            hook.description,
            hook.url,
            hook.active,
            hook.skip_cert_verification,
            hook.history_enabled,
            set(hook.events) != set(DEFAULT_EVENTS),
            hook.events,
            _KEEP if hook.secret_set else _REPLACE,
        )

    @classmethod
    def from_request(cls, request: Request, known: Collection[str]) -> HookForm:
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
            form.get("secret_action", _REPLACE),
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
        if self.secret_action != _KEEP:
            wanted["secret"] = (self.secret if self.secret_action == _REPLACE else "") or None
        return wanted

    def problems(
        self, settings: SandboxSettings, known: Collection[str], *, has_secret: bool
    ) -> dict[str, list[str]]:
        """Find what is wrong, field by field; in the values, the same as the API does."""
        changes = self.changes()
        found = problems_of({**changes, "events": list(self.events)}, settings, known)
        if self.secret and self.secret_action != _REPLACE:
            found["secret"] = [_UNWANTED]
        elif has_secret and self.secret_action == _REPLACE and not self.secret:
            found["secret"] = [_MISSING]
        if found and self.secret:
            found.setdefault("secret", [_TYPE_AGAIN])
        return found
