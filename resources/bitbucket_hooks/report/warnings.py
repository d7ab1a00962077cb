"""What a reviewer has to see first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.pulumi_cli.run import ROOT_TYPE, Violation
from bitbucket_hooks.report.changes import Caution, ChangedHook, Changes
from bitbucket_hooks.report.document import (
    WORDED,
    Mark,
    Statement,
    code,
    codes,
    first_of,
    name,
    strong,
    text,
)
from bitbucket_hooks.report.history import name_of
from bitbucket_hooks.report.phrases import message_lines, records
from bitbucket_hooks.report.values import SECRET_LEFT, SECRET_REMOVED

_NAMED: Final = 5
_CAUTIONS: Final = {
    Caution.CERTIFICATE: (
        "Certificate check switched off",
        "; anybody on the way can read and fake deliveries",
    ),
    Caution.HTTP: ("http without TLS", "; deliveries can be read on the way"),
    Caution.UNPROTECTED: ("Protection against deletion removed", ""),
}


def warnings_of(changes: Changes) -> tuple[Statement, ...]:
    """The warnings, the worst first."""
    return (
        *_failures(changes),
        *_violations(changes),
        *_deletions(changes),
        *_of_declarations(changes),
        *_unknown(changes),
    )


def _failures(changes: Changes) -> Iterator[Statement]:
    if not changes.run.ended and not changes.run.planned:
        again = " was done before it was stopped; running it again does what is left"
        yield Statement(Mark.FAIL, text(strong("What stands here"), again))
    failed = [hook for hook in changes.hooks if hook.failed]
    urns = {hook.urn for hook in failed}
    for error in changes.errors:
        if error.urn not in urns:
            first, *rest = message_lines(error.message)
            whose = text(name(name_of(error.urn)), ": ") if error.urn else ()
            yield Statement(Mark.FAIL, text(whose, code(first)), codes(rest), WORDED)
    number = sum(len(hook.failed) for hook in failed)
    why = "; running it again does just what is left"
    yield from _naming(Mark.FAIL, f"{counted(number, 'hook')} failed", failed, why)


def _violations(changes: Changes) -> Iterator[Statement]:
    """A line for each policy, those first that stop the run; of many hooks it names some."""
    groups: dict[tuple[bool, str, str, str], list[Violation]] = defaultdict(list)
    for violation in changes.run.violations:
        first = next(iter(message_lines(violation.message)), "")
        key = (not violation.stops, violation.policy, violation.level, first)
        groups[key].append(violation)
    # the order of the engine's decides within a level
    for (passes, policy, level, first), broken in sorted(groups.items(), key=lambda it: it[0][0]):
        fate = level if passes else "stops the update"
        rest = (line for violation in broken for line in message_lines(violation.message)[1:])
        urns = (violation.urn for violation in broken if ROOT_TYPE not in violation.urn)
        names = list(dict.fromkeys(filter(None, map(name_of, urns))))
        by = text(" by ", first_of(names, _NAMED)) if names else ()
        yield Statement(
            Mark.WARN if passes else Mark.FAIL,
            text("Policy ", name(policy), f" violated ({fate})", by, ": ", code(first)),
            codes(dict.fromkeys(rest)),
            WORDED,
        )


def _deletions(changes: Changes) -> Iterator[Statement]:
    verb = changes.verb("will be deleted", "deleted")
    deleted = [hook for hook in changes.hooks if hook.deleted]
    # what loses the most comes first; the engine's own order is another one each time
    deleted.sort(key=lambda hook: (-len(hook.deleted), hook.name))
    number = sum(len(hook.deleted) for hook in deleted)
    yield from _naming(Mark.DELETE, f"{counted(number, 'hook')} {verb}", deleted)
    replaced = [hook for hook in changes.hooks if hook.replaced]
    number = sum(len(hook.replaced) for hook in replaced)
    what = f"{counted(number, 'hook')} {verb} and made elsewhere"
    yield from _naming(Mark.DELETE, what, replaced)
    unmanaged = [hook for exclusive in changes.exclusives for hook in exclusive.unmanaged]
    doomed = [hook for hook in unmanaged if hook.deleted]
    if doomed:
        what = f"{counted(len(doomed), 'unmanaged hook')} {verb}"
        said = text(strong(what), ", which nothing declares")
        yield Statement(Mark.DELETE, said, records(doomed), "hook")


def _of_declarations(changes: Changes) -> Iterator[Statement]:
    """Of what a declaration newly does, and of secrets."""
    hooks = changes.hooks
    for caution, (what, why) in _CAUTIONS.items():
        yield from _naming(Mark.WARN, what, [h for h in hooks if caution in h.cautions], why)
    bare = [hook for hook in hooks if any(drift.secret_removed for drift in hook.drift)]
    since = "; deliveries have been unsigned since"
    yield from _naming(Mark.WARN, "Secret removed by hand", bare, since)
    removed = [hook for hook in hooks if hook.secret_change == SECRET_REMOVED]
    then = changes.verb("deliveries will be unsigned", "deliveries are unsigned")
    remedy = "if that isn't meant, provide the secret, whose variable may not be set"
    yield from _naming(Mark.WARN, "Secret removed", removed, f"; {then}; {remedy}")
    left = [hook for hook in hooks if hook.secret_change == SECRET_LEFT]
    keep = "; hooks keep the one they have"
    yield from _naming(Mark.WARN, "Secret no longer managed", left, keep)


def _unknown(changes: Changes) -> Iterator[Statement]:
    places = sorted({place for hook in changes.hooks for place in hook.unchecked})
    unlisted = {place for exclusive in changes.exclusives for place in exclusive.unlisted}
    places += sorted(unlisted.difference(places))
    if places:
        number = strong(f"{counted(len(places), 'repository')} couldn't be looked at")
        known = ": the report has what was last known"
        yield Statement(Mark.WARN, text(number, known), codes(places))
    near = [hook for hook in changes.hooks if hook.near]
    why = "; if they are, declare their urls, or delete them"
    yield from _naming(Mark.WARN, "Live hooks may be the same as new ones", near, why)
    ambiguous = [hook for hook in changes.hooks if hook.ambiguous]
    what = "Several live hooks match a new one, so the update will be refused"
    yield from _naming(Mark.FAIL, what, ambiguous)


def _naming(
    mark: Mark, what: str, hooks: Sequence[ChangedHook], why: str = ""
) -> Iterator[Statement]:
    """A warning about hooks, by name; none where there are none."""
    if hooks:
        names = first_of([hook.name for hook in hooks], _NAMED)
        yield Statement(mark, text(strong(what), ": ", names, why))
