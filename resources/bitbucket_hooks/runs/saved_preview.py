"""What was reviewed, written down, and held against what would happen now.

Of a url, people see no query, and the file holds none. So that another query isn't applied all the
same, the urls as a whole are in it as a slow, salted fingerprint. Secrets can't be compared: the
engine tells that one changes, not to what.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, TypeGuard

from bitbucket_hooks.filesystem.files import write_whole
from bitbucket_hooks.model.errors import ConfigError, printable, unreadable
from bitbucket_hooks.model.fingerprint import fingerprint
from bitbucket_hooks.model.wording import first_names
from bitbucket_hooks.report import as_json
from bitbucket_hooks.report.changes import Changes
from bitbucket_hooks.report.document import plain
from bitbucket_hooks.report.to_document import lines_by_resource

_VERSION: Final = 2
_COMPARED: Final = ("hooks", "exclusives", "others")
_STAYS: Final = ("known", "unchanged", "existing")  # counts of what nothing happens to
_LINES: Final = "lines"
_DECLARED: Final = {
    **{key: key for key in ("url", "description", "events", "active", "secret")},
    "unlisted": "repositories that can't be looked at",
}
"""What no line may tell, with what it is called."""
_MOST_SHOWN: Final = 200  # characters of a value
_NAMED: Final = 5  # of the places that a line is about


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
    return value


def _is_reviewed(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether it has the shape that `save` gives."""
    changes = value.get("changes") if isinstance(value, dict) else None
    if not isinstance(changes, dict) or value.get("version") != _VERSION:
        return False
    kinds: list[Any] = [changes.get(kind) for kind in _COMPARED]
    return (
        isinstance(value.get("look"), int)
        and all(isinstance(resources, list) for resources in kinds)
        and all(_has_lines(resource) for resources in kinds for resource in resources)
    )


def _has_lines(resource: Any) -> bool:
    lines = resource.get(_LINES) if isinstance(resource, dict) else None
    return isinstance(lines, list) and all(
        isinstance(line, list) and line and all(isinstance(part, str) for part in line)
        for line in lines
    )


def differences(reviewed: Mapping[str, Any], now: Changes) -> list[str]:
    """Say in what the changes of now differ from those that were reviewed; nothing: they don't."""
    stack = (reviewed.get("project"), reviewed.get("stack"))
    if stack != (now.run.project, now.run.stack):
        was = f"{reviewed.get('project')}/{reviewed.get('stack')}"
        return [f"the stack {was} was reviewed, and this is {now.run.project}/{now.run.stack}"]
    before, after = _by_key(reviewed["changes"]), _by_key(_compared(now))
    found = []
    for key in before.keys() | after.keys():
        resource = before.get(key) or after[key]
        name = printable(str(resource.get("name") or resource.get("type")), 100)
        differing = _difference(before.get(key), after.get(key))
        found += [(name, key, f"{name}: {what}") for what in differing]
    urls = reviewed.get("urls")
    if not found and urls is not None and fingerprint(_urls(now), str(urls)) != urls:
        return ["a url differs in a part that isn't shown"]
    return [what for _, _, what in sorted(found, key=itemgetter(0, 1))]


def _urls(changes: Changes) -> str:
    """The urls of the hooks to which something happens, whole, where they are no secrets."""
    urns = {hook.urn for hook in changes.hooks if hook.changes}
    found = {
        step.urn: step.new.inputs.get("url")
        for step in changes.run.steps
        if step.urn in urns and step.new is not None
    }
    return json.dumps(found, sort_keys=True)


def _compared(changes: Changes) -> dict[str, list[dict[str, Any]]]:
    """What happens, and in which words, without what stays and what differs from run to run."""
    rendered = json.loads(json.dumps(as_json.render(changes)))  # as a file has it: lists, no tuples
    statements = lines_by_resource(changes)
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in _COMPARED}
    for kind, resources in found.items():
        for resource in rendered[kind]:
            if resource.get("action", resource.get("op")) in ("unchanged", "same", ""):
                continue
            # what a line says, and then what it is about
            lines = [
                [plain(line.text), *map(plain, line.items)]
                for line in statements.get(_key(resource), ())
            ]
            kept = {key: value for key, value in resource.items() if key not in _STAYS}
            resources.append({**kept, _LINES: lines})
    return found


def _key(resource: Mapping[str, Any]) -> str:
    """A resource's URN, or the `key` of other resources."""
    return str(resource.get("urn") or f"{resource.get('type')} {resource.get('op')}")


def _by_key(changes: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {_key(resource): resource for kind in _COMPARED for resource in changes.get(kind, [])}


def _difference(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> Sequence[str]:
    """In what a resource's changes differ; None: there were, or are, none."""
    if before == now:
        return ()
    if now is None:
        return ("was reviewed, and wouldn't change now",)
    if before is None:
        what = "would change now, and wasn't reviewed"
        return [f"{what}: {line}" for line in _lines_lacking(now, {})] or (what,)
    lines = [f"now also: {line}" for line in _lines_lacking(now, before)]
    lines += [f"no longer: {line}" for line in _lines_lacking(before, now)]
    declared = [
        f"{label} was {_shown(before.get(key))}, and is now {_shown(now.get(key))}"
        for key, label in _DECLARED.items()
        if before.get(key) != now.get(key)
    ]
    return lines or declared or ("differs in what no report shows",)


def _lines_lacking(resource: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """The lines that the other lacks, with the places that the other hasn't in any line."""
    lines = other.get(_LINES, ())
    there = {item for _, *items in lines for item in items}
    for line in resource.get(_LINES, ()):
        if line not in lines:
            text, *all_ = line
            items = [item for item in all_ if item not in there] or all_
            places = f": {first_names(items, _NAMED)}" if items else ""
            yield printable(f"{text}{places}", _MOST_SHOWN)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    words = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    return printable(words, _MOST_SHOWN) or "none"
