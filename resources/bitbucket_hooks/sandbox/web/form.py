"""The form of a webhook: its fields, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import attrs
from werkzeug.wrappers import Request

from bitbucket_hooks.model.webhook import DEFAULT_EVENTS
from bitbucket_hooks.sandbox.settings import SandboxSettings
from bitbucket_hooks.sandbox.webhook import StoredHook, problems_of

_KEEP: Final = "keep"
_REPLACE: Final = "replace"

_UNWANTED: Final = 'You typed a new secret: choose "Replace it", or empty the field.'
_MISSING: Final = 'Type the new secret, or choose "Remove it".'
_TYPE_AGAIN: Final = "It isn't kept in this form: enter it once more."


_SAME: Final = (  # properties of a hook that are fields of the form
    *("description", "url", "active", "events"),
    *("skip_cert_verification", "history_enabled"),
)


@attrs.frozen
class HookForm:
    """The fields as somebody filled them in. The secret is never shown again."""

    description: str = ""
    url: str = ""
    active: bool = True
    skip_cert_verification: bool = False
    history_enabled: bool = False
    events: tuple[str, ...] = DEFAULT_EVENTS
    full: bool = False
    """Whether the triggers are chosen from the full list."""
    secret_action: str = _REPLACE
    """`keep`, `replace` or `remove`; a new hook's is replaced, by none when none is typed."""
    secret: str = attrs.field(default="", repr=False)

    @classmethod
    def from_hook(cls, hook: StoredHook) -> HookForm:
        """Give the fields of a hook that is there."""
        return cls(
            **{name: getattr(hook, name) for name in _SAME},
            full=set(hook.events) != set(DEFAULT_EVENTS),
            secret_action=_KEEP if hook.secret_set else _REPLACE,
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
            description=form.get("title", ""),
            url=form.get("url", "").strip(),
            active="active" in form,
            skip_cert_verification="skip" in form,
            history_enabled="history" in form,
            events=tuple(ordered) if full else DEFAULT_EVENTS,
            full=full,
            secret_action=form.get("secret_action", _REPLACE),
            secret=form.get("secret", ""),
        )

    def changes(self) -> dict[str, Any]:
        """Give the properties of the hook as the form wants them."""
        wanted: dict[str, Any] = {name: getattr(self, name) for name in _SAME}
        if self.secret_action != _KEEP:
            wanted["secret"] = self.secret if self.secret_action == _REPLACE else None
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
