"""What was reviewed, written down, and held against what would happen now.

Of a url, people see no query, and the file holds none. So that another query isn't applied all the
same, the urls as a whole are in it as a slow, salted fingerprint. Secrets can't be compared: the
engine tells that one changes, not to what.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bitbucket_hooks.errors import ConfigError, printable, unreadable
from bitbucket_hooks.files import write_whole
from bitbucket_hooks.reconcile.secrets import fingerprint
from bitbucket_hooks.report import as_json
from bitbucket_hooks.report.changes import Changes

_VERSION: Final = 1
_COMPARED: Final = ("hooks", "exclusives", "others")
_MOST_SHOWN: Final = 200  # characters of a value


def save(path: Path, changes: Changes, *, refresh: bool, turn: str | None, look: int) -> None:
    """Write down what a preview showed, and what it looked at. Raises ConfigError."""
    reviewed = {
        "version": _VERSION,
        "project": changes.run.project,
        "stack": changes.run.stack,
        "refresh": refresh,
        "turn": turn,
        "look": look,
        "urls": fingerprint(_urls(changes), None),
        "changes": _compared(changes),
    }
    write_whole(path, json.dumps(reviewed, indent=1, sort_keys=True) + "\n")


def load(path: Path) -> dict[str, Any]:
    """Read what `save` wrote. Raises ConfigError."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:
        value = None
    if not _is_reviewed(value):
        raise ConfigError(
            f"{path} is no reviewed preview",
            "Make it with `bitbucket-hooks preview --save FILE`, of the same version.",
        )
    found: dict[str, Any] = value
    return found


def _is_reviewed(value: Any) -> bool:
    """Whether it has the shape that `save` gives."""
    if not isinstance(value, dict) or value.get("version") != _VERSION:
        return False
    if not isinstance(value.get("look", 0), int) or not isinstance(value.get("changes"), dict):
        return False
    lists = [value["changes"].get(key) for key in _COMPARED]
    return all(isinstance(one, list) for one in lists) and all(
        isinstance(told, dict) for one in lists for told in one
    )


def differences(reviewed: Mapping[str, Any], now: Changes) -> list[str]:
    """Say in what the changes of now differ from those that were reviewed; nothing: they don't."""
    stack = (reviewed.get("project"), reviewed.get("stack"))
    if stack != (now.run.project, now.run.stack):
        was = f"{reviewed.get('project')}/{reviewed.get('stack')}"
        return [f"the stack {was} was reviewed, and this is {now.run.project}/{now.run.stack}"]
    told = _differ(_by_urn(reviewed["changes"]), _by_urn(_compared(now)))
    urls = reviewed.get("urls")
    if not told and urls is not None and fingerprint(_urls(now), str(urls)) != urls:
        return ["a url differs in a part that isn't shown"]
    return told


def _urls(changes: Changes) -> str:
    """The urls of the hooks to which something happens, whole, where they are no secrets."""
    urns = {hook.urn for hook in changes.hooks if hook.changes}
    found = {
        step.urn: step.new.inputs.get("url")
        for step in changes.run.steps
        if step.urn in urns and step.new is not None
    }
    return json.dumps(found, sort_keys=True)


def _compared(changes: Changes) -> dict[str, Any]:
    """What happens, without what stays and without what differs from run to run."""
    told = as_json.render(changes)
    return {key: [one for one in told[key] if _happens(one)] for key in _COMPARED}


def _happens(told: Mapping[str, Any]) -> bool:
    return told.get("action", told.get("op")) not in ("unchanged", "same", "")


def _by_urn(changes: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = {}
    for key in _COMPARED:
        for one in changes.get(key, []):
            found[str(one.get("urn") or (one.get("type"), one.get("op")))] = one
    return found


def _differ(
    before: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    told = [
        f"{_name(before[urn])}: was reviewed, and wouldn't change now"
        for urn in before.keys() - now
    ]
    told += [
        f"{_name(now[urn])}: would change now, and wasn't reviewed" for urn in now.keys() - before
    ]
    for urn in before.keys() & now.keys():
        told += [
            f"{_name(now[urn])}: {key} was {_shown(before[urn].get(key))}, and is now "
            f"{_shown(now[urn].get(key))}"
            for key in sorted({*before[urn], *now[urn]})
            if before[urn].get(key) != now[urn].get(key)
        ]
    return sorted(told)


def _name(told: Mapping[str, Any]) -> str:
    return printable(str(told.get("name") or told.get("type")), 100)


def _shown(value: Any) -> str:
    return printable(json.dumps(value, ensure_ascii=False), _MOST_SHOWN)
