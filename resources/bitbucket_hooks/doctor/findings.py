"""What a check finds: how bad it is, in words, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import partial
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
    what: str
    remedy: str = ""
    details: tuple[str, ...] = ()
    level: Level = field(kw_only=True)
    remote: bool = field(default=False, kw_only=True)
    """Of an error: whether the remote side failed, rather than somebody here."""

    def masked(self, mask: Mask) -> Finding:
        """The same without the secrets that are known, whoever put them there."""
        details = tuple(map(mask.over, self.details))
        return evolve(
            self, what=mask.over(self.what), remedy=mask.over(self.remedy), details=details
        )


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


ok = partial(Finding, level=Level.OK)
note = partial(Finding, level=Level.NOTE)
warning = partial(Finding, level=Level.WARNING)
error = partial(Finding, level=Level.ERROR)
unknown = partial(Finding, level=Level.UNKNOWN)


def failure(check: str, failed: HooksError) -> Finding:
    """An error of ours as a finding."""
    remedy = _UNKNOWN if failed.remedy == SEE_DOCTOR else failed.remedy
    return error(check, failed.message, remedy, remote=failed.exit_code == REMOTE_FAILED)


def first(texts: Sequence[str]) -> tuple[str, ...]:
    """The first few details of many, and how many more there are."""
    more = [f"and {len(texts) - _FEW:,} more"] if len(texts) > _FEW else []
    return (*texts[:_FEW], *more)


Checks = Mapping[str, Callable[..., Iterable[Finding]]]
"""The checks of a family by name, all with the same parameters."""


def run_checks(checks: Checks, *args: object) -> list[Finding]:
    """Do the checks of a table; what goes wrong in one is a finding too, and the others go on."""
    found: list[Finding] = []
    for name, check in checks.items():
        try:
            found.extend(check(*args))  # when it fails, what was found before is kept
        except HooksError as failed:
            found.append(failure(name, failed))
        except Exception as failed:  # noqa: BLE001 - the other checks go on
            # the class alone: the text of an unknown error may hold anything
            what = f"the check broke ({type(failed).__name__})"
            found.append(unknown(name, what, _BROKEN))
    return found
