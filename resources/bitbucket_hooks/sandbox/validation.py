"""What the service refuses in a webhook."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from bitbucket_hooks.sandbox.errors import bad_request, bad_structure, bad_values

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from werkzeug.wrappers import Request

    from bitbucket_hooks.sandbox.settings import SandboxSettings

MAX_SECRET: Final = 128  # public API description
MAX_DESCRIPTION: Final = 1024  # unverified: no maximum is known, this one is lenient
_REQUIRED: Final = ("url", "events")
PROPERTIES: Final[Mapping[str, tuple[type, str]]] = {
    "url": (str, "a string"),
    "description": (str, "a string"),
    "secret": (str, "a string"),
    "events": (list, "an array of strings"),
    "active": (bool, "a boolean"),
    "skip_cert_verification": (bool, "a boolean"),
    "history_enabled": (bool, "a boolean"),
}
"""What may be sent of a hook, each with its type and the words for that."""
_UNCLEAN: Final = re.compile(r"[\x00-\x20\x7f]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")  # half a character, which JSON can spell
_NULLABLE: Final = ("secret", "description")
_PRIVATE_SUFFIXES: Final = (
    *(".local", ".localhost", ".internal", ".intranet", ".lan", ".home.arpa", ".corp"),
    *(".invalid", ".test"),
)


def hook_fields(
    request: Request, settings: SandboxSettings, known: Collection[str]
) -> dict[str, Any]:
    """Read a hook's properties out of a POST or PUT; only those that were sent.

    `known` are the events that the subject type allows. Refuses (400) what the service refuses;
    fields that nobody knows are ignored.
    """
    body = json_object(request)
    sent = {name: body[name] for name in PROPERTIES if name in body}
    _check_structure(sent)
    if problems := problems_of(sent, settings, known):
        raise bad_values(problems)
    if not settings.history_writable:
        sent.pop("history_enabled", None)
    return sent


def sent_json(request: Request) -> Any:
    """Read a body of JSON; None when it is none, or nested deeper than Python reads."""
    try:
        return request.get_json(force=True, silent=True)
    except RecursionError:
        return None


def json_object(request: Request) -> dict[str, Any]:
    """Read a body that has to be a JSON object. Refuses (400) any other."""
    body = sent_json(request)
    if not isinstance(body, dict):
        raise bad_request("The request body is not a JSON object")
    return body


def _check_structure(sent: dict[str, Any]) -> None:
    problems = [
        f'Required field: "{name}" is not present.' for name in _REQUIRED if name not in sent
    ]
    for name, value in sent.items():
        kind, words = PROPERTIES[name]
        if not isinstance(value, kind) and not (value is None and name in _NULLABLE):
            problems.append(f'Field "{name}" is not {words}.')
        elif isinstance(value, str) and _SURROGATE.search(value):
            problems.append(f'Field "{name}" is not valid text.')
    if not all(isinstance(event, str) for event in _list(sent.get("events"))):
        problems.append('Field "events" is not an array of strings.')
    if problems:
        raise bad_structure(problems)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def problems_of(
    sent: Mapping[str, Any], settings: SandboxSettings, known: Collection[str]
) -> dict[str, list[str]]:
    """Tell what the service refuses in the values that were sent of a hook, field by field."""
    checks: dict[str, Callable[[Any], list[str]]] = {
        "url": lambda url: _url_problems(url, settings),
        "events": lambda events: _event_problems(events, known),
        "secret": lambda secret: _length_problems(secret, MAX_SECRET),
        "description": lambda text: _length_problems(text, MAX_DESCRIPTION),
    }
    found = {name: check(sent[name]) for name, check in checks.items() if name in sent}
    return {name: problems for name, problems in found.items() if problems}


def _length_problems(value: str | None, most: int) -> list[str]:
    if len(value or "") <= most:
        return []
    return [f"Ensure this value has at most {most} characters (it has {len(value or '')})."]


def _event_problems(events: list[str], known: Collection[str]) -> list[str]:
    if not events:
        return ["At least one event is required."]
    problems = [f'"{event}" is not a valid event.' for event in events if event not in known]
    if len(set(events)) < len(events):
        problems.append("The events are not unique.")
    return problems


def _url_problems(url: str, settings: SandboxSettings) -> list[str]:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return ["Enter a valid URL."]
    if _UNCLEAN.search(url) or parts.scheme not in ("http", "https") or not host:
        return ["Enter a valid URL."]
    if not settings.allow_private_urls and is_private(host):
        return ["The URL must not lead to a private or internal address."]
    return []


def is_private(host: str) -> bool:
    """Tell whether a host looks internal or unresolvable; nothing is looked up."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.rstrip(".").lower()
        return "." not in name or name.endswith(_PRIVATE_SUFFIXES)
    return not address.is_global
