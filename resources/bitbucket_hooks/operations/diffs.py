"""The diff of a declaration, with the changes of a secret that the engine can't see itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from bitbucket_hooks.filesystem.secret_source import read_secret
from bitbucket_hooks.model.fingerprint import is_fingerprint_of
from bitbucket_hooks.model.notes import NoteKind, note
from bitbucket_hooks.model.state_codec import FINGERPRINT, FOREIGN_SECRET, had_secret
from bitbucket_hooks.operations import engine
from bitbucket_hooks.operations.resource import is_declared
from bitbucket_hooks.operations.results import Change, Diff

Props = Mapping[str, Any]

_REMOVED: Final = (
    "secret removed: deliveries will be unsigned; if that isn't meant, provide the secret, whose "
    "variable may not be set"
)


def diff_of(olds: Props, news: Props, names: Collection[str]) -> Diff:
    """The diff of properties that differ in `names`, or in none; warns when a secret is removed."""
    hidden = _changes_of_secret(olds, news, names) if is_declared(news) else {}
    if not (names or hidden):
        return Diff(changes=False)
    details = {**changes(olds, news, names), **hidden}
    return Diff(changes=True if details else None, details=details, is_hidden=bool(hidden))


def known_secret(desired: str | None, olds: Props, news: Props) -> str | None:
    """The secret that was last sent, as far as it is known: the declared one if unchanged."""
    if news.get("secretFrom"):
        return desired if not _finds_another(olds, desired) else None
    return desired if olds.get("secret") == news.get("secret") else None


def _changes_of_secret(olds: Props, news: Props, names: Collection[str]) -> dict[str, Change]:
    """What becomes of a secret, where the engine's comparison of the inputs doesn't show it.

    An empty secret is another value to it, and no input shows whether `secretFrom` finds another
    value than the one that was last sent.
    """
    source = news.get("secretFrom", "")
    was_none = olds.get("secret") in ("", FOREIGN_SECRET)
    was_set = olds.get("secretSet") or had_secret(olds)
    if news.get("secret") == "" and was_set and not was_none:
        engine.warn(_REMOVED)
        note(NoteKind.SECRET_REMOVED, engine.current_urn(), message=_REMOVED)
        known = next((key for key in ("secret", FINGERPRINT) if olds.get(key)), "secretSet")
        return {known: Change.REMOVED}
    if source and FINGERPRINT not in names and _finds_another(olds, read_secret(source)):
        return {FINGERPRINT: Change.CHANGED}
    return {}


def _finds_another(olds: Props, value: str | None) -> bool:
    known = olds.get(FINGERPRINT)
    return not known or not is_fingerprint_of(known, value or "")


def changes(olds: Props, news: Props, names: Collection[str]) -> dict[str, Change]:
    """What becomes of properties, by their paths; of a mapping, of each key."""
    pairs: dict[str, tuple[Any, Any]] = {}
    for name in names:
        old, new = olds.get(name), news.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            keys = sorted({*old, *new})
            pairs |= {f'{name}["{key}"]': (old.get(key), new.get(key)) for key in keys}
        else:
            pairs[name] = old, new
    found: dict[str, Change] = {}
    for path, pair in pairs.items():
        before, after = (None if value == "" else value for value in pair)
        if before != after:
            kinds = {before is None: Change.ADDED, after is None: Change.REMOVED}
            found[path] = kinds.get(True, Change.CHANGED)
    return found
