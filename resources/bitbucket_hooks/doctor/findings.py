"""What a check finds: how bad it is, in words, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Final

from attrs import evolve, field, frozen

from bitbucket_hooks.model.errors import HooksError
from bitbucket_hooks.model.exit_codes import REMOTE_FAILED, USERS_MISTAKE
from bitbucket_hooks.model.masking import Mask
from bitbucket_hooks.pulumi_cli.engine_errors import SEE_DOCTOR

LET_IN: Final = "Mend first what is said of the account, then run this again."

_FEW: Final = 5
_UNKNOWN: Final = "Correct what `pulumi` says, then run this again."
_BROKEN: Final = "Report it: this is a mistake in bitbucket-hooks."


class Level(str, Enum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing to do."""
    WARNING = "warning"
    """Works, and may not for long or not as meant."""
    ERROR = "error"
    UNKNOWN = "unknown"
    """The check couldn't be done."""


@frozen
class Finding:
    """The outcome of one check."""

    check: str
    level: Level
    what: str
    remedy: str = ""
    details: tuple[str, ...] = ()
    remote: bool = field(default=False, kw_only=True)
    """Of an error: whether the remote side failed, rather than somebody here."""


@frozen
class CheckSection:
    """The findings of one family, on one thing."""

    family: str
    about: str
    """Which account or stack; nothing where there is only one."""
    findings: tuple[Finding, ...]


@frozen
class Report:
    """Everything that was found."""

    project: str | None
    stack: str | None
    sections: tuple[CheckSection, ...]

    def counts(self) -> dict[str, int]:
        """How many findings there are of each level."""
        found = Counter(finding.level for section in self.sections for finding in section.findings)
        return {level.value: found[level] for level in Level}

    def exit_code(self, *, strict: bool) -> int:
        """1 when there is something to mend here, else 2 when the remote side failed, else 0.

        `strict` wants warnings and checks that couldn't be done mended too.
        """
        found = [finding for section in self.sections for finding in section.findings]
        errors = [finding for finding in found if finding.level is Level.ERROR]
        doubts = (Level.WARNING, Level.UNKNOWN) if strict else ()
        if any(not finding.remote for finding in errors):
            return USERS_MISTAKE
        if errors:
            return REMOTE_FAILED
        return USERS_MISTAKE if any(finding.level in doubts for finding in found) else 0


def ok(check: str, what: str, *details: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, what, details=details)


def note(check: str, what: str, remedy: str = "", *details: str) -> Finding:
    """Worth knowing."""
    return Finding(check, Level.NOTE, what, remedy, details)


def warning(check: str, what: str, remedy: str, *details: str) -> Finding:
    """Should be mended."""
    return Finding(check, Level.WARNING, what, remedy, details)


def error(check: str, what: str, remedy: str, *details: str, remote: bool = False) -> Finding:
    """Has to be mended."""
    return Finding(check, Level.ERROR, what, remedy, details, remote=remote)


def unknown(check: str, what: str, remedy: str) -> Finding:
    """Couldn't be looked at."""
    return Finding(check, Level.UNKNOWN, what, remedy)


def failure(check: str, failed: HooksError) -> Finding:
    """An error of ours as a finding."""
    remedy = _UNKNOWN if failed.remedy == SEE_DOCTOR else failed.remedy
    return error(check, failed.message, remedy, remote=failed.exit_code == REMOTE_FAILED)


def first(texts: Sequence[str]) -> list[str]:
    """The first few details of many, and how many more there are."""
    more = [f"and {len(texts) - _FEW:,} more"] if len(texts) > _FEW else []
    return [*texts[:_FEW], *more]


def guarded(check: str, run: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Do a check; what goes wrong in it is a finding too, after those that it had made."""
    found: list[Finding] = []
    try:
        found.extend(run())  # when it fails, what was found before is kept
    except HooksError as failed:
        found.append(failure(check, failed))
    except Exception as failed:  # noqa: BLE001 - the other checks go on
        # the class alone: the text of a stranger's error may hold anything
        found.append(unknown(check, f"the check broke ({type(failed).__name__})", _BROKEN))
    return found


def masked(section: CheckSection, mask: Mask) -> CheckSection:
    """The same section without the secrets that are known, whoever put them there."""
    return evolve(
        section,
        findings=tuple(
            evolve(
                finding,
                what=mask.over(finding.what),
                remedy=mask.over(finding.remedy),
                details=tuple(map(mask.over, finding.details)),
            )
            for finding in section.findings
        ),
    )
