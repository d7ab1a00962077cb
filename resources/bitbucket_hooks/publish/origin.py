"""When a report was written, of which commit and in which run of a pipeline."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Final

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.publish.place import PublishContext, find_place
from bitbucket_hooks.report.document import Origin

_DESCRIBE: Final = ("git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
_DESCRIBED: Final = re.compile(r"(?P<hash>[0-9a-f]{40})(?P<dirty>-dirty)?")
_SECONDS: Final = 10


def find_origin(variables: Mapping[str, str] = os.environ) -> Origin:
    """Read it from the variables of Bitbucket Pipelines or GitHub Actions, else from git."""
    try:
        place = find_place(variables=variables)
    except ConfigError:  # whoever publishes the report hears of it
        place = PublishContext()
    now = datetime.now(timezone.utc)
    if place.commit:
        return Origin(now, place.commit.hash, place.commit.page, run=place.link)
    described = _DESCRIBED.fullmatch(variables.get("GITHUB_SHA") or _described())
    if not described:
        return Origin(now, run=place.link)
    return Origin(now, described["hash"], is_dirty=bool(described["dirty"]), run=place.link)


def _described() -> str:
    """The commit of the working folder; "" where there is none, or no git."""
    try:
        done = subprocess.run(
            _DESCRIBE, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
