"""Sample payloads of all events, of a repository that is made up, from `payloads.json`.

The forms of `repo:push`, `pullrequest:*` and `issue:*` follow the vendor's page "Event payloads"
as it is commonly known; none could be compared with a live delivery. Those of the other events are
plainer: who did it, where, and what the page says of them beyond that.

In that file `"@NAME"` stands for a part, `{"@": "NAME", …}` for a part with other values for some
of its keys, and `${NAME}` for a variable.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Any, Final

_SITE: Final = "https://bitbucket.org"
_API: Final = "https://api.bitbucket.org/2.0"
_PART: Final = "@"


def payload(event: str, workspace: str, repository: str, at: datetime) -> dict[str, Any]:
    """The payload of an event of the catalogue; the same in every call with the same arguments.

    Raises KeyError for an unknown event.
    """
    samples = _samples()
    content = samples["events"][event]
    filled: dict[str, Any] = _fill(content, samples["parts"], _variables(workspace, repository, at))
    return filled


@cache
def _samples() -> Mapping[str, Any]:
    text = files(__package__).joinpath("payloads.json").read_text("utf-8")
    return dict(json.loads(text))


def _fill(value: Any, parts: Mapping[str, Any], variables: Mapping[str, str]) -> Any:
    """A value of the file with its parts and variables in place."""
    if isinstance(value, dict):
        own = {key: _fill(item, parts, variables) for key, item in value.items() if key != _PART}
        return {**_fill(parts[value[_PART]], parts, variables), **own} if _PART in value else own
    if isinstance(value, list):
        return [_fill(item, parts, variables) for item in value]
    if isinstance(value, str) and value.startswith(_PART):
        return _fill(parts[value.removeprefix(_PART)], parts, variables)
    return Template(value).substitute(variables) if isinstance(value, str) else value


def _variables(workspace: str, repository: str, at: datetime) -> dict[str, str]:
    full_name = f"{workspace}/{repository}"
    ids = {
        "sender": "user/Test Sender",
        "author": "user/Test Author",
        "workspace_id": workspace,
        "project_id": f"{workspace}/PLAT",
        "repository_id": full_name,
        "fork_id": f"{full_name}-fork",
    }
    commits = {name: sha256(f"{full_name} {name}".encode()) for name in ("new", "old", "merge")}
    times = {f"ago{minutes}": at - timedelta(minutes=minutes) for minutes in (1, 2, 5, 10)}
    return {
        "workspace": workspace,
        "title": workspace.title(),
        "repository": repository,
        "v2": _API,
        "api": f"{_API}/repositories/{full_name}",
        "site": f"{_SITE}/{full_name}",
        **{
            name: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{_SITE}/{path}"))
            for name, path in ids.items()
        },
        **{name: digest.hexdigest()[:40] for name, digest in commits.items()},
        **{name: time.isoformat(timespec="seconds") for name, time in {**times, "now": at}.items()},
    }
