"""What a reviewer has to see first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.pulumi_cli.run import ROOT_TYPE, Violation
from bitbucket_hooks.report.changes import Caution, ChangedHook, Changes
from bitbucket_hooks.report.document import (
    WORDED,
    Mark,
    Statement,
    Text,
    code,
    listed,
    name,
    strong,
    text,
)
from bitbucket_hooks.report.phrases import Words
from bitbucket_hooks.report.values import SECRET_LEFT

_NAMED = 5


def warnings_of(changes: Changes, words: Words) -> tuple[Statement, ...]:
    """The warnings, the worst first."""
    return (
        *_of_run(changes),
        *_of_policies(changes),
        *_of_deletions(changes, words),
        *_of_cautions(changes),
        *_of_secrets(changes, words),
        *_of_places(changes),
    )


def _of_run(changes: Changes) -> Iterator[Statement]:
    if not changes.run.ended and not changes.run.planned:
        again = " was done before it was stopped; running it again does what is left"
        yield Statement(Mark.FAIL, text(strong("What stands here"), again))
    failed = {hook.urn for hook in changes.hooks if hook.undone}
    for one in changes.errors:
        lines = _lines(one.message)
        of = one.urn.rpartition("::")[2]
        whose = text(name(of), ": ") if of else ()
        if one.urn not in failed:
            rest = tuple(text(code(line)) for line in lines[1:])
            yield Statement(Mark.FAIL, text(whose, code(lines[0])), rest, WORDED)
    undone = [hook for hook in changes.hooks if hook.undone]
    if undone:
        number = sum(len(hook.undone) for hook in undone)
        again = "; running it again does just what is left"
        yield Statement(
            Mark.FAIL, text(strong(f"{counted(number, 'hook')} failed"), _whose(undone), again)
        )


def _of_policies(changes: Changes) -> Iterator[Statement]:
    """A line for each policy, those first that stop the run; of many hooks it names some."""
    groups: dict[tuple[bool, str, str, str], list[Violation]] = {}
    for one in changes.run.violations:
        first = next(iter(_lines(one.message)), "")
        groups.setdefault((not one.stops, one.policy, one.level, first), []).append(one)
    # the order of the engine's decides within a level
    for (passes, policy, level, first), broken in sorted(groups.items(), key=lambda it: it[0][0]):
        fate = level if passes else "stops the update"
        rest = dict.fromkeys(line for one in broken for line in _lines(one.message)[1:])
        yield Statement(
            Mark.WARN if passes else Mark.FAIL,
            text("Policy ", name(policy), f" violated ({fate})", _by(broken), ": ", code(first)),
            tuple(text(code(line)) for line in rest),
            WORDED,
        )


def _by(broken: Iterable[Violation]) -> Text:
    urns = (one.urn for one in broken if ROOT_TYPE not in one.urn)
    names = [one for one in dict.fromkeys(urn.rpartition("::")[2] for urn in urns) if one]
    return text(" by ", _some(names)) if names else ()


def _lines(message: str) -> list[str]:
    return [line.strip() for line in message.splitlines() if line.strip()]


def _of_deletions(changes: Changes, words: Words) -> Iterator[Statement]:
    verb = words.verb("will be deleted", "deleted")
    deleted = sorted((hook for hook in changes.hooks if hook.deleted), key=_losses)
    if deleted:
        number = sum(len(hook.deleted) for hook in deleted)
        yield Statement(
            Mark.DELETE, text(strong(f"{counted(number, 'hook')} {verb}"), _whose(deleted))
        )
    replaced = [hook for hook in changes.hooks if hook.replaced]
    if replaced:
        number = sum(len(hook.replaced) for hook in replaced)
        what = f"{counted(number, 'hook')} {verb} and made elsewhere"
        yield Statement(Mark.DELETE, text(strong(what), _whose(replaced)))
    doomed = [one for each in changes.exclusives for one in each.unmanaged if one.deleted]
    if doomed:
        what = f"{counted(len(doomed), 'unmanaged hook')} {verb}"
        items = tuple(text(code(one.told), " ", code(one.uuid)) for one in doomed)
        yield Statement(Mark.DELETE, text(strong(what), ", which nothing declares"), items, "hook")


def _losses(hook: ChangedHook) -> tuple[int, str]:
    """What loses the most comes first; the engine's own order is another one each time."""
    return -len(hook.deleted), hook.name


def _of_cautions(changes: Changes) -> Iterator[Statement]:
    texts = {
        Caution.CERTIFICATE: (
            "Certificate check switched off",
            "; anybody on the way can read and fake deliveries",
        ),
        Caution.HTTP: ("http without TLS", "; deliveries can be read on the way"),
        Caution.UNPROTECTED: ("Protection against deletion removed", ""),
    }
    for caution, (what, why) in texts.items():
        hooks = [hook for hook in changes.hooks if caution in hook.cautions]
        if hooks:
            yield Statement(Mark.WARN, text(strong(what), _whose(hooks), why))


def _of_secrets(changes: Changes, words: Words) -> Iterator[Statement]:
    bare = [hook for hook in changes.hooks if any(one.secret_removed for one in hook.drift)]
    if bare:
        since = "; deliveries have been unsigned since"
        yield Statement(Mark.WARN, text(strong("Secret removed by hand"), _whose(bare), since))
    removed = [hook for hook in changes.hooks if hook.becomes_unsigned]
    if removed:
        then = words.verb("deliveries will be unsigned", "deliveries are unsigned")
        remedy = "if that isn't meant, provide the secret, whose variable may not be set"
        yield Statement(
            Mark.WARN, text(strong("Secret removed"), _whose(removed), f"; {then}; {remedy}")
        )
    left = [hook for hook in changes.hooks if hook.secret_change == SECRET_LEFT]
    if left:
        yield Statement(
            Mark.WARN,
            text(
                strong("Secret no longer managed"), _whose(left), "; hooks keep the one they have"
            ),
        )


def _of_places(changes: Changes) -> Iterator[Statement]:
    places = sorted({p for hook in changes.hooks for p in hook.unchecked})
    places += sorted({p for one in changes.exclusives for p in one.unlisted} - set(places))
    if places:
        what = f"{counted(len(places), 'repository')} couldn't be looked at"
        items = tuple(text(code(place)) for place in places)
        yield Statement(
            Mark.WARN, text(strong(what), ": the report has what was last known"), items
        )
    near = [hook for hook in changes.hooks if hook.near]
    if near:
        what = "Live hooks may be the same as new ones"
        why = "; if they are, declare their urls, or delete them"
        yield Statement(Mark.WARN, text(strong(what), _whose(near), why))
    ambiguous = [hook for hook in changes.hooks if hook.ambiguous]
    if ambiguous:
        what = "Several live hooks match a new one, so the update will be refused"
        yield Statement(Mark.FAIL, text(strong(what), _whose(ambiguous)))


def _whose(hooks: Iterable[ChangedHook]) -> Text:
    return text(": ", _some([hook.name for hook in hooks]))


def _some(names: Sequence[str]) -> Text:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return text(listed(name(one) for one in names[:_NAMED]), more)
