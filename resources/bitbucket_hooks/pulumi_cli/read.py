"""What the engine prints, as a `Run`: the document of `--json`, or events, one JSON value each.

`pulumi preview --json` and `refresh --preview-only --json` print one document when they are
through. `pulumi up`, `refresh` and `destroy` with `--json`, and `--event-log FILE` (which needs
`PULUMI_DEBUG_COMMANDS=true`), give an event a line; an update that previews first prints the
document before them (engine 3.250, `backend/display/json.go`, `sdk/go/common/apitype/events.go`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.pulumi_cli.event_log import run_of_events
from bitbucket_hooks.pulumi_cli.run import ROOT_TYPE, Diagnostic, Kind, Run, Step
from bitbucket_hooks.pulumi_cli.values import (
    diagnostic_of,
    kind_of,
    list_of,
    mapping_of,
    number_of,
    stack_of,
    state_of,
    tells_stop,
)

_REMEDY: Final = (
    "Give what `pulumi preview --json`, `pulumi up --json` or `--event-log FILE` wrote, whole."
)
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
        return run_of_document(values[-1])
    events = []
    for number, value in enumerate(values, 1):
        if _is_event(value):
            events.append(value)
        elif not _is_document(value):
            raise ConfigError(f"{source}: value {number} is nothing of the engine's", _REMEDY)
    if events:
        run = run_of_events(events)
        return evolve(run, ended=run.ended and not is_cut)
    project, stack = stack_of(_URN.findall(text))
    return Run(Kind.UPDATE, planned=not values, ended=False, project=project, stack=stack)


def _values(text: str, source: str) -> tuple[list[Any], bool]:
    """The JSON values, with nothing but space between them, and whether the last is cut off."""
    decoder = json.JSONDecoder()
    found: list[Any] = []
    place, end = _after_space(text, 0), len(text)
    while place < end:
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            is_engines = any(map(_is_event, found)) or '"steps":' in text
            if is_engines and _is_cut(text, error):
                return found, True
            raise ConfigError(f"{source}: {_broken(text, place, error)}", _REMEDY) from None
        found.append(value)
        place = _after_space(text, place)
    return found, False


def _is_cut(text: str, error: Exception) -> bool:
    """Whether the text ends where JSON goes on."""
    is_unterminated = getattr(error, "msg", "").startswith("Unterminated")
    return is_unterminated or not text[getattr(error, "pos", 0) :].strip()


def _broken(text: str, start: int, error: Exception) -> str:
    position = getattr(error, "pos", start)
    line = text.count("\n", 0, position) + 1
    if start == 0 and text[:1] not in "{[":
        return "this is no JSON"
    if _is_cut(text, error):
        return f"it is cut off in line {line}"
    return f"line {line} is no JSON"


def _after_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n\ufeff":
        place += 1
    return place


def _is_document(value: Any) -> bool:
    """Tell a preview's document; that of a stack without resources has but its duration."""
    if not isinstance(value, Mapping) or not value.keys() & _DOCUMENT:
        return False
    return isinstance(value.get("steps", []), (list, type(None)))


def _is_event(value: Any) -> bool:
    return isinstance(value, Mapping) and any(str(key).endswith("Event") for key in value)


def run_of_document(document: Mapping[str, Any]) -> Run:
    """The run that printed a document; it is always a preview."""
    steps = [_step(mapping_of(one)) for one in list_of(document.get("steps"))]
    told = (diagnostic_of(mapping_of(one)) for one in list_of(document.get("diagnostics")))
    diagnostics = tuple(one for one in told if one is not None)
    refreshed = any(step.op == "refresh" for step in steps)
    kind = kind_of([step.op for step in steps if step.type == ROOT_TYPE], refreshed=refreshed)
    if kind is Kind.REFRESH:
        steps = [_as_refresh(step) for step in steps]
    project, stack = stack_of(step.urn for step in steps)
    return Run(
        kind=kind,
        planned=True,
        refreshed=refreshed,
        ended=not any(map(tells_stop, diagnostics)),
        failed=_failed(diagnostics),
        project=project,
        stack=stack,
        seconds=_seconds(document.get("duration")),
        steps=tuple(steps),
        diagnostics=diagnostics,
        tallies=_tallies(document.get("changeSummary")),
    )


def _failed(diagnostics: tuple[Diagnostic, ...]) -> bool:
    return any(one.severity == "error" for one in diagnostics)


def _step(step: Mapping[str, Any]) -> Step:
    old, new = state_of(step.get("oldState")), state_of(step.get("newState"))
    urn = str(step.get("urn", ""))
    details = mapping_of(step.get("detailedDiff")).items()
    return Step(
        op=str(step.get("op", "")),
        urn=urn,
        type=_type_of(urn),
        old=old,
        new=new,
        paths={str(path): str(mapping_of(one).get("kind", "")) for path, one in details}
        or dict.fromkeys(map(str, list_of(step.get("diffReasons"))), "update"),
    )


def _type_of(urn: str) -> str:
    """The resource's own type: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`."""
    parts = urn.split("::", 3)
    return parts[2].rpartition("$")[2] if len(parts) == 4 else ""  # noqa: PLR2004  # see above


def _as_refresh(step: Step) -> Step:
    """The document of a refresh shows what it found as an update or a deletion."""
    return evolve(step, op="refresh")


def _seconds(nanoseconds: Any) -> int | None:
    number = number_of(nanoseconds)
    return None if number is None else round(number / 1e9)


def _tallies(value: Any) -> dict[str, int]:
    return {str(k): v for k, v in mapping_of(value).items() if isinstance(v, int)}
