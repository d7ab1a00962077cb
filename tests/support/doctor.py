"""What `bitbucket-hooks doctor` finds, by check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs
from click.testing import Result

from support.command import run
from support.fake_pulumi import unmeasured


@attrs.frozen
class Findings:
    """The findings in their order."""

    all: list[dict[str, Any]]

    def levels(self, check: str) -> list[str]:
        """Give how bad the findings of a check are."""
        return [finding["level"] for finding in self.all if finding["check"] == check]

    def lines(self, check: str, *, about: str | None = None) -> list[str]:
        """Give level and words of each finding of a check."""
        return [
            " ".join(
                [finding["level"], finding["what"], *finding["details"], finding["remedy"] or ""]
            ).strip()
            for finding in self.all
            if finding["check"] == check and about in (None, finding["about"])
        ]

    def text(self, check: str) -> str:
        """Give all that is said of a check, on one line."""
        return " ".join(self.lines(check))


def run_doctor(variables: Mapping[str, str], *arguments: str, code: int = 0) -> Result:
    """Run the command and expect an exit code; nothing that it prints holds a canary."""
    result = run("doctor", *arguments, code=code, env={**unmeasured(), **variables})
    assert "canary" not in result.output, result.output
    assert "Traceback" not in result.output
    return result


def examine(variables: Mapping[str, str], *arguments: str, code: int = 0) -> Findings:
    """Run the command for its findings."""
    shown = json.loads(run_doctor(variables, "--json", *arguments, code=code).stdout)
    assert shown["exitCode"] == code
    return Findings(shown["findings"])
