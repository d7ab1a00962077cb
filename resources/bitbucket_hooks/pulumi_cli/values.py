"""What documents and events have in common: states, messages, names. No secret gets past here."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bitbucket_hooks.model.urls import veiled
from bitbucket_hooks.pulumi_cli.run import SECRET, UNKNOWN, Diagnostic, Kind, State

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_IS_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # the engine's mark of one
_UNKNOWNS: Final = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)  # sdk/go/common/resource/plugin/rpc.go
_ALWAYS_SECRET: Final = frozenset({"secret", "secretFingerprint"})
_SEVERITIES: Final = frozenset({"error", "warning", "info"})
_COLOUR: Final = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*m")
_VALUE: Final = re.compile(r" value \{.*\} has a problem", re.DOTALL)
_OF_TYPE: Final = re.compile(r"^\S+ resource '[^']*' has a problem: ")
_ONE_ERROR: Final = re.compile(r"^1 error occurred:\s+\* ")
_PREFIX: Final = re.compile(r"^(error|warning|info): ")
_STOPPED: Final = re.compile(r"(preview|update|refresh|destroy) canceled")


def mapping_of(value: Any) -> Mapping[str, Any]:
    """The value if it is a mapping, else an empty one: what is missing and what is null alike."""
    return value if isinstance(value, Mapping) else {}


def list_of(value: Any) -> Sequence[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else ()


def number_of(value: Any) -> float | None:
    """The value if it is a number; Python's JSON has some that aren't finite, which are none."""
    return value if isinstance(value, (int, float)) and math.isfinite(value) else None


def state_of(value: Any) -> State | None:
    """A resource's state; None where there is none."""
    if not isinstance(value, Mapping):
        return None
    return State(
        id=str(value.get("id") or ""),
        inputs=_properties(value.get("inputs")),
        outputs=_properties(value.get("outputs")),
        protect=bool(value.get("protect")),
        retain=bool(value.get("retainOnDelete")),
    )


def _properties(value: Any) -> dict[str, Any]:
    """The properties without secrets, even where somebody asked the engine to show them."""
    found = {str(key): _clean(item) for key, item in mapping_of(value).items()}
    hidden = {key: SECRET for key in found.keys() & _ALWAYS_SECRET if found[key] != ""}
    return {**found, **hidden}


def _clean(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) == _IS_SECRET:
            return SECRET
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return UNKNOWN if isinstance(value, str) and value in _UNKNOWNS else value


def diagnostic_of(value: Mapping[str, Any]) -> Diagnostic | None:
    """A message that is worth showing; None: it is for debugging, or was passing."""
    message, urn = str(value.get("message", "")), str(value.get("urn") or "")
    severity = str(value.get("severity"))
    if severity == "info#err":  # what a process printed, a language host's own warnings among it
        is_warning = _COLOUR.sub("", message).lstrip().startswith("warning: ")
        severity = "warning" if is_warning else "error"
    if severity not in _SEVERITIES or value.get("ephemeral"):
        return None
    text = message_of(message)
    # a resource's own errors come from its provider, but for those of its declaration
    mistake = severity == "error" and (not urn or " has a problem: " in message)
    return Diagnostic(severity, text, urn, mistake) if text else None


def says_stopped(diagnostic: Diagnostic) -> bool:
    """Whether the engine says with it that somebody stopped the run."""
    is_error = diagnostic.severity == "error"
    return is_error and _STOPPED.fullmatch(diagnostic.message) is not None


def message_of(text: str) -> str:
    """A message in plain words: no colours, no engine's preamble, nothing secret in its urls."""
    text = _PREFIX.sub("", _COLOUR.sub("", text).strip())
    text = _VALUE.sub(" has a problem", _ONE_ERROR.sub("", text))
    return veiled(_OF_TYPE.sub("", text))


def stack_of(urns: Iterable[str]) -> tuple[str, str]:
    """The project's and the stack's name: `urn:pulumi:STACK::PROJECT::TYPE::NAME`."""
    for urn in urns:
        head, _, rest = urn.partition("::")
        if head.startswith("urn:pulumi:") and rest:
            return rest.partition("::")[0], head.removeprefix("urn:pulumi:")
    return "", ""


def kind_of(root: Sequence[str], *, refreshed: bool) -> Kind:
    """What the engine was asked for, by what it did to the stack itself."""
    done = {op for op in root if op != "refresh"}
    if "delete" in done:
        return Kind.DESTROY
    return Kind.REFRESH if refreshed and not done else Kind.UPDATE
