"""What the engine prints, as a `Run`: the document of `--json`, or events, one JSON value each.

`pulumi preview --json` and `refresh --preview-only --json` print one document when they are
through. `pulumi up`, `refresh` and `destroy` with `--json`, and `--event-log FILE` (which needs
`PULUMI_DEBUG_COMMANDS=true`), give an event a line; an update that previews first prints the
document before them (engine 3.250, `backend/display/json.go`, `sdk/go/common/apitype/events.go`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import evolve

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.pulumi_cli.event_log import EventLog
from bitbucket_hooks.pulumi_cli.run import ROOT_TYPE, Kind, Run
from bitbucket_hooks.pulumi_cli.values import (
    kind_of,
    list_of,
    mapping_of,
    number_of,
    stack_of,
)

_REMEDY: Final = (
    "Give what `pulumi preview --json`, `pulumi up --json` or `--event-log FILE` wrote, whole."
)
_SPACE: Final = re.compile("[ \t\r\n\ufeff]*")
_URN: Final = re.compile(r"urn:pulumi:[^\"]+")
_DOCUMENT: Final = frozenset({"steps", "diagnostics", "changeSummary", "duration"})


def read(text: str, source: str) -> Run:
    """Take in what the engine printed; what is cut off is of a run that was stopped.

    Raises ConfigError, naming `source`, when it isn't the engine's.
    """
    values, is_cut = _values(text, source)
    if not values and not is_cut:
        raise ConfigError(f"{source} is empty: the run printed nothing", _REMEDY)
    if values and _is_document(values[-1]) and not is_cut:
        return _run_of(_events_of(values[-1]))
    for number, value in enumerate(values, 1):
        if not (_is_event(value) or _is_document(value)):
            raise ConfigError(f"{source}: value {number} is nothing of the engine's", _REMEDY)
    if events := [value for value in values if _is_event(value)]:
        run = _run_of(events)
        return evolve(run, ended=run.ended and not is_cut)
    project, stack = stack_of(_URN.findall(text))
    return Run(Kind.UPDATE, planned=not values, ended=False, project=project, stack=stack)


def _run_of(events: Iterable[Mapping[str, Any]]) -> Run:
    log = EventLog()
    for event in events:
        log.take(event)
    return log.run()


def _values(text: str, source: str) -> tuple[list[Any], bool]:
    """The JSON values, with nothing but space between them, and whether the last is cut off."""
    decoder = json.JSONDecoder()
    found: list[Any] = []
    place = _after_space(text, 0)
    while place < len(text):
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            position = getattr(error, "pos", place)
            is_unterminated = getattr(error, "msg", "").startswith("Unterminated")
            is_cut = is_unterminated or not text[position:].strip()
            if is_cut and (any(map(_is_event, found)) or '"steps":' in text):
                return found, True
            line = text.count("\n", 0, position) + 1
            what = f"it is cut off in line {line}" if is_cut else f"line {line} is no JSON"
            if place == 0 and text[:1] not in "{[":
                what = "this is no JSON"
            raise ConfigError(f"{source}: {what}", _REMEDY) from None
        found.append(value)
        place = _after_space(text, place)
    return found, False


def _after_space(text: str, place: int) -> int:
    return _SPACE.match(text, place).end()  # type: ignore[union-attr]  # it always matches


def _is_document(value: Any) -> bool:
    """Tell a preview's document; that of a stack without resources has but its duration."""
    if not isinstance(value, Mapping) or not value.keys() & _DOCUMENT:
        return False
    return isinstance(value.get("steps", []), (list, type(None)))


def _is_event(value: Any) -> bool:
    return isinstance(value, Mapping) and any(str(key).endswith("Event") for key in value)


def _events_of(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A preview's document as the events of the same preview."""
    steps = [mapping_of(step) for step in list_of(document.get("steps"))]
    root = [str(step.get("op")) for step in steps if _type_of(str(step.get("urn"))) == ROOT_TYPE]
    refreshed = any(step.get("op") == "refresh" for step in steps)
    # the document of a refresh shows what it found as an update or a deletion
    is_refresh = kind_of(root, refreshed=refreshed) is Kind.REFRESH
    for step in steps:
        urn = str(step.get("urn", ""))
        details = mapping_of(step.get("detailedDiff")).items()
        metadata = {
            "op": "refresh" if is_refresh else step.get("op", ""),
            "urn": urn,
            "type": _type_of(urn),
            "old": step.get("oldState"),
            "new": step.get("newState"),
            "detailedDiff": {
                path: {"diffKind": mapping_of(detail).get("kind", "")} for path, detail in details
            },
            "diffs": step.get("diffReasons"),
        }
        yield {"resourcePreEvent": {"metadata": metadata}}
    for diagnostic in list_of(document.get("diagnostics")):
        yield {"diagnosticEvent": diagnostic}
    nanoseconds = number_of(document.get("duration"))
    summary = {
        "isPreview": True,
        "durationSeconds": None if nanoseconds is None else nanoseconds / 1e9,
        "resourceChanges": document.get("changeSummary"),
    }
    yield {"summaryEvent": summary}


def _type_of(urn: str) -> str:
    """The resource's own type: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`."""
    parts = urn.split("::", 3)
    return parts[2].rpartition("$")[2] if len(parts) == 4 else ""  # noqa: PLR2004  # see above
